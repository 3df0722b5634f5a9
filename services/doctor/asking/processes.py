"""Asks each process for its figures: those of this machine themselves, as Envoy may be down; others through Envoy."""

import asyncio
import ssl
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path

import grpc
import httpcore
import orjson
from montrg.operations.v1 import metrics_service_pb2 as pb2
from montrg.operations.v1 import metrics_service_pb2_grpc

from services.catalog import SERVICES, Service
from services.common.channels import Target, connect
from services.common.settings import SettingsError
from services.common.tls import Certificates
from services.doctor.asking.limits import ask
from services.doctor.domain import Unasked
from services.doctor.facts import Envoy
from services.doctor.figures import Figures, Mesh, Process
from services.doctor.where import Where
from services.local.settings import HOST
from services.mesh.admin import Admin

# A process whose database hangs tells what it knows without it, and that takes it some seconds.
ANSWER_S = 7.0
_HEALTH = "envoy_cluster_membership_healthy", "envoy_cluster_membership_total"
_STATS = "/stats/prometheus?filter=membership_(healthy|total)$"


async def ask_processes(where: Where) -> Mesh:
    """Returns every process that there should be, with its figures or why there are none."""
    if where.is_local:
        asked = [
            _local(where, service, name, port)
            for service in SERVICES
            for name, port in where.settings.grpc_ports(service).items()
        ]
        return Mesh(await asyncio.gather(*asked))
    found = await asyncio.gather(*(_behind(where, url) for url in where.status_urls))
    return Mesh([process for processes in found for process in processes])


async def _local(where: Where, service: Service, name: str, port: int) -> Process:
    return Process(name, service.name, await ask(f"{name} on port {port}", _figures(where, service, port), ANSWER_S))


async def _figures(where: Where, service: Service, port: int) -> Figures:
    certs = where.settings.certs_dir(service.name)
    target = Target(f"{HOST}:{port}", Certificates(certs), service.host) if where.is_secure else f"{HOST}:{port}"
    async with connect(target) as channel:
        stub = metrics_service_pb2_grpc.MetricsServiceStub(channel)
        try:
            answer = await stub.GetMetrics(pb2.GetMetricsRequest(), timeout=ANSWER_S)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.UNIMPLEMENTED:  # MONTRG_METRICS=off: it lives all the same
                return Figures("")
            raise
    return Figures(answer.data.decode())


async def _behind(where: Where, url: str) -> Sequence[Process]:
    """Asks the processes of which an Envoy says that they are behind it."""
    targets = await ask(f"the status port {url}", _get(where, f"{url}/targets"), ANSWER_S)
    if isinstance(targets, Unasked):
        return [Process(url, "", targets)]
    labels = [each["labels"] for each in orjson.loads(targets)]
    return await asyncio.gather(*(_remote(where, url, each["process"], each["service"]) for each in labels))


async def _remote(where: Where, url: str, name: str, service: str) -> Process:
    text = await ask(f"{name} behind {url}", _get(where, f"{url}/metrics?process={name}"), ANSWER_S)
    return Process(name, service, text if isinstance(text, Unasked) else Figures(text.decode()))


async def ask_envoy(where: Where) -> Envoy:
    """Returns how the Envoys see the processes behind them; raises where none of them answers."""
    if where.is_local:
        return await asyncio.to_thread(_local_envoy, where)
    texts = await asyncio.gather(*(_get(where, url + _STATS) for url in where.status_urls))
    found: dict[str, tuple[int, int]] = {}
    for text in texts:
        for name, (healthy, total) in _clusters(text.decode()).items():
            before = found.get(name, (0, 0))
            found[name] = (before[0] + healthy, before[1] + total)
    return Envoy("", found)


def _local_envoy(where: Where) -> Envoy:
    from services.local import programs  # which need the packages of the programs

    place = programs.envoy_options(where.settings).admin
    admin = Admin(place)
    text, about = admin.ask("GET", _STATS), admin.ask("GET", "/server_info")
    if text is None or about is None:
        at = place if isinstance(place, Path) else ":".join(map(str, place))
        raise SettingsError(f"there is nobody at its admin interface, {at}")
    return Envoy(orjson.loads(about)["version"].split("/")[1], _clusters(text))


def _clusters(text: str) -> dict[str, tuple[int, int]]:
    figures, names = Figures(text), {service.name for service in SERVICES}
    healthy, total = ({s.labels["envoy_cluster_name"]: int(s.value) for s in figures.samples(name)} for name in _HEALTH)
    return {name: (count, total.get(name, count)) for name, count in healthy.items() if name in names}


async def _get(where: Where, url: str) -> bytes:
    trust = ssl.create_default_context(cafile=where.authorities) if url.startswith("https:") else None
    async with httpcore.AsyncConnectionPool(ssl_context=trust) as pool:
        answer = await pool.request("GET", url)
    if answer.status == HTTPStatus.NOT_IMPLEMENTED:  # a process with MONTRG_METRICS=off
        return b""
    if answer.status != HTTPStatus.OK:
        raise SettingsError(f"{url} answered {answer.status}: {answer.content[:200].decode(errors='replace')}")
    return answer.content
