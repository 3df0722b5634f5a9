"""Runs the whole mesh on one machine: PostgreSQL, migrations, the services, Envoy, and the replay."""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from sqlalchemy.engine import make_url

from services import catalog
from services.common.migrations.upgrade import upgrade
from services.local.children import ChildError, Command
from services.local.postgres import EmbeddedPostgres
from services.local.processes import Supervisor
from services.local.roles import role_passwords
from services.mesh.options import ROOT, RenderOptions
from services.mesh.process import envoy_command, is_ready
from services.mesh.render import write_config
from services.replay.client import import_history
from services.replay.record import read_record

POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class UpOptions:
    """What `montrg up` is told.

    Attributes:
        data_dir: where everything that must survive is kept.
        database_url: the admin's address of the user's own PostgreSQL; None starts the embedded one.
        replay: whether the recorded readings are sent.
        say: where the lines for the person go.
        progress: is told how many rows of the history are imported, and of how many.
    """

    data_dir: Path
    database_url: str | None
    replay: bool
    say: Callable[[str], None]
    progress: Callable[[int, int], None]


async def up(options: UpOptions) -> None:
    """Runs until SIGINT or SIGTERM. ChildError says what could not start, and the remedy."""
    began = time.monotonic()
    require_free_ports()
    async with Supervisor(options.say, grace=10) as supervisor:
        admin_url = await _database(supervisor, options)
        options.data_dir.mkdir(parents=True, exist_ok=True)  # after PostgreSQL, which opens it to its own user
        passwords = role_passwords(options.data_dir / "roles.json")
        await upgrade(admin_url, passwords)
        options.say("database   migrated")
        await asyncio.gather(
            _envoy(supervisor, options),
            *(supervisor.start(_service(s, admin_url, passwords, options)) for s in catalog.SERVICES),
        )
        await asyncio.gather(*(_healthy(service) for service in catalog.SERVICES))
        options.say(f"mesh       healthy after {time.monotonic() - began:.1f} s")
        if options.replay:
            await _replay(supervisor, options)
        options.say(_addresses(options))
        await supervisor.wait()
    options.say("stopped; the data are kept")


def require_free_ports() -> None:
    """Raises ChildError if something listens on a port that the mesh needs."""
    for service in catalog.SERVICES:
        for port in (service.rest_port, service.grpc_port):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    raise ChildError(
                        f"port {port} of {service.name} is taken: stop what listens there"
                        f" (`ss -ltnp 'sport = :{port}'` names it), perhaps another `make up`"
                    )


async def _database(supervisor: Supervisor, options: UpOptions) -> str:
    if options.database_url:
        options.say("database   your own, MONTRG_DATABASE_URL")
        return options.database_url
    server = EmbeddedPostgres(options.data_dir / "postgres", log=options.data_dir / "logs" / "postgres.log")
    await supervisor.start(server)
    options.say("database   embedded PostgreSQL runs")
    return server.admin_url


def _service(service: catalog.Service, admin_url: str, passwords: dict[str, str], options: UpOptions) -> Command:
    login = make_url(admin_url).set(username=service.role, password=passwords[service.name])
    variables = {
        "MONTRG_DATABASE_URL": login.render_as_string(hide_password=False),
        "MONTRG_HOST": "127.0.0.1",
        "MONTRG_PORT": str(service.grpc_port),
    }
    for name in service.calls:
        variables[f"{name.upper()}_SERVICE_URL"] = f"127.0.0.1:{catalog.service(name).grpc_port}"
    return Command(
        name=service.name,
        argv=(sys.executable, "-m", f"services.{service.name}"),
        log=options.data_dir / "logs" / f"{service.name}.log",
        env=os.environ | variables,
        cwd=ROOT,
        until_ready=lambda: _serving(service),
    )


async def _serving(service: catalog.Service) -> None:
    """Returns once the service's own gRPC health check says SERVING."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{service.grpc_port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest(service=service.contracts[0])
        while True:
            try:
                answer = await stub.Check(request, timeout=1)
            except grpc.aio.AioRpcError:
                await asyncio.sleep(POLL_S)
                continue
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                return
            await asyncio.sleep(POLL_S)


async def _envoy(supervisor: Supervisor, options: UpOptions) -> None:
    config = options.data_dir / "envoy.yaml"
    rendered = RenderOptions(root=ROOT, access_log=options.data_dir / "logs" / "access.log")
    write_config(rendered, config)

    async def ready() -> None:
        while not await asyncio.to_thread(is_ready, rendered.admin_port):  # noqa: ASYNC110  another process has no event
            await asyncio.sleep(POLL_S)

    log = options.data_dir / "logs" / "envoy.log"
    await supervisor.start(
        Command("envoy", tuple(envoy_command(config)), log=log, env=os.environ, cwd=ROOT, until_ready=ready)
    )


async def _healthy(service: catalog.Service) -> None:
    """Returns once Envoy answers 200 for the service's health."""
    request = f"GET /health HTTP/1.1\r\nHost: {service.name}\r\nConnection: close\r\n\r\n".encode()
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", service.rest_port)
        writer.write(request)
        status = await reader.readline()
        writer.close()
        if b" 200 " in status:
            return
        await asyncio.sleep(POLL_S)


async def _replay(supervisor: Supervisor, options: UpOptions) -> None:
    state = options.data_dir / "replay.json"
    record = read_record()
    sent: Awaitable[int] = import_history(record, state, options.progress)
    count = await sent
    if count:
        note = f"{record.without_values} row without values left out"
        options.say(f"replay     {count:,} readings of a year imported as history ({note})")
    command = (sys.executable, "-m", "services.replay", str(state))
    log = options.data_dir / "logs" / "replay.log"
    await supervisor.start(Command("replay", command, log=log, env=os.environ, cwd=ROOT))
    options.say("replay     a heat wave, live: one reading every 10 s from each of three stations")


def _addresses(options: UpOptions) -> str:
    width = max(len(s.title) for s in catalog.SERVICES)
    lines = [
        f"  {s.title:<{width}}  http://127.0.0.1:{s.rest_port}/docs   REST, gRPC and gRPC-Web" for s in catalog.SERVICES
    ]
    realtime, thresholds = (f"http://127.0.0.1:{catalog.service(n).rest_port}" for n in ("realtime", "thresholds"))
    body = '{"threshold_type": "humidity", "level": "red", "min_value": 95}'
    return "\n".join(
        [
            "",
            *lines,
            "",
            "Try:",
            f"  curl {realtime}/api/v1/realtime/",
            f"  curl {thresholds}/api/v1/thresholds/",
            f"  curl -X POST -H 'content-type: application/json' -d '{body}' {thresholds}/api/v1/thresholds/",
            "",
            "This is the dev profile: no login, reachable from this machine only.",
            f"Logs and data: {options.data_dir}. Ctrl-C stops everything.",
        ]
    )
