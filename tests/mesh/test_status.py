"""The port on which Prometheus asks: a real Envoy before two processes, one of them not ready, and a pod's by TLS."""

import asyncio
import ssl
from pathlib import Path

import httpx
import pytest

from services import catalog
from services.mesh.options import RenderOptions, Secure
from tests.mesh.backend import NAMES, Backend
from tests.support.certificates import Issuer
from tests.support.envoy import running_envoy
from tests.support.ports import free_ports

LOCATION = catalog.service("location")
OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture(scope="module")
async def mesh(tmp_path_factory):
    """The status port's address and two processes: the second one says that it does not serve."""
    rest, status, admin, *processes = free_ports(5)
    backends = [Backend(port) for port in processes]
    for backend in backends:
        await backend.start()
    for name in NAMES:
        await backends[1].set_serving(name, serving=False)
    options = RenderOptions(
        services=[LOCATION], rest_ports={"location": rest}, status_port=status, admin_port=admin,
        upstreams={"location": [("127.0.0.1", port) for port in processes]},
    )  # fmt: skip
    envoy = running_envoy(options, tmp_path_factory.mktemp("envoy"))
    await asyncio.to_thread(envoy.__enter__)
    yield f"http://127.0.0.1:{status}", backends
    await asyncio.to_thread(envoy.__exit__, None, None, None)
    for backend in backends:
        await backend.stop()


async def test_each_process_tells_its_figures_by_its_name_whether_it_is_ready_or_not(mesh):
    url, backends = mesh
    async with httpx.AsyncClient(base_url=url) as http:
        for name, backend in zip(("location", "location-2"), backends, strict=True):
            answer = await http.get("/metrics", params={"process": name})
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
            assert f"backend_port {float(backend.port)}" in answer.text.splitlines()


async def test_prometheus_chooses_the_format(mesh):
    async with httpx.AsyncClient(base_url=mesh[0]) as http:
        answer = await http.get("/metrics?process=location", headers={"accept": OPENMETRICS})
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


@pytest.mark.parametrize("path", ["/metrics", "/metrics?process=", "/metrics?process=location-3"])
async def test_where_it_is_not_said_which_process_is_meant_they_are_named(mesh, path):
    async with httpx.AsyncClient(base_url=mesh[0]) as http:
        answer = await http.get(path)
    assert answer.status_code == 400
    assert "process: name one" in answer.text
    assert "location, location-2" in answer.text


async def test_prometheus_finds_each_process_at_the_address_that_it_asked_at(mesh):
    async with httpx.AsyncClient(base_url=mesh[0]) as http:
        answer = await http.get("/targets?x=1", headers={"host": "edge:8001"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == [
        {"targets": ["edge:8001"], "labels": {"service": "location", "process": name, "__param_process": name}}
        for name in ("location", "location-2")
    ]


async def test_a_process_that_is_gone_is_503_and_envoy_still_tells_its_own(mesh):
    url, backends = mesh
    await backends[0].stop()
    async with httpx.AsyncClient(base_url=url) as http:
        gone = await http.get("/metrics?process=location")
        own = await http.get("/stats/prometheus?usedonly")
        other = await http.get("/metrics?process=location-2")
    await backends[0].start()
    assert (gone.status_code, own.status_code, other.status_code) == (503, 200, 200)
    assert "envoy_server_live" in own.text


@pytest.mark.parametrize("path", ["/", "/stats", "/quitquitquit", "/montrg.operations.v1.MetricsService/GetMetrics"])
async def test_nothing_else_is_served_there(mesh, path):
    async with httpx.AsyncClient(base_url=mesh[0]) as http:
        assert (await http.get(path)).status_code == 404
        assert (await http.post(path)).status_code == 404


async def test_a_pods_only_process_needs_no_name_and_is_asked_by_mutual_tls(tmp_path):
    folder = Issuer(tmp_path / "certs").folder("location")
    rest, status, process = free_ports(3)
    backend = Backend(process)
    await backend.start(folder)
    options = RenderOptions(
        services=[LOCATION], rest_ports={"location": rest}, status_port=status,
        upstreams={"location": [("127.0.0.1", process)]}, secure=Secure(folder, folder, Path(), knows_neighbours=True),
    )  # fmt: skip
    envoy = running_envoy(options, tmp_path)
    await asyncio.to_thread(envoy.__enter__)
    try:
        trust = ssl.create_default_context(cafile=folder / "ca.crt")
        async with httpx.AsyncClient(base_url=f"https://127.0.0.1:{status}", verify=trust) as http:
            for path in ("/metrics", "/metrics?process=location"):
                assert f"backend_port {float(process)}" in (await http.get(path)).text.splitlines()
            assert (await http.get("/metrics?process=alert")).status_code == 400
    finally:
        await asyncio.to_thread(envoy.__exit__, None, None, None)
        await backend.stop()
