"""The programs of the local mesh as children of the supervisor: each service of the catalog, Envoy, the replay."""

import asyncio
import os
import ssl
import sys
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from sqlalchemy.engine import make_url

from services import catalog
from services.catalog import SERVICES, Service
from services.certs.places import EDGE, authorities_file
from services.common.identities import ENVOY
from services.common.settings import DIRECT, Environment, SettingsError
from services.common.telemetry.collector import read_collector
from services.issuer.domain import public_file
from services.local.children import Command
from services.local.settings import HOST, LocalSettings
from services.mesh.admin import Admin
from services.mesh.issuers import read_issuers
from services.mesh.options import ROOT, RenderOptions, Secure
from services.mesh.process import envoy_command
from services.mesh.render import write_config

ENVOY_NAME = "envoy"
POLL_S = 0.05
MOST_SOCKET_PATH = 107
# Names that services also read without a prefix. One that is set in the user's shell for something else must not reach
# six programs at once, so each gets its own under the prefix, which comes first.
_OWN = ("MONTRG_DATABASE_URL", "MONTRG_HOST", "MONTRG_PORT")


def workers(service: Service, settings: LocalSettings, admin_url: str, password: str) -> Sequence[Command]:
    """Returns the commands that run a service, one for each of its ports; each is ready when that takes connections.

    They are logged in as the service's own role.
    """
    return [
        Command(
            name=name,
            argv=(sys.executable, "-m", f"services.{service.name}"),
            log=settings.data_dir / "logs" / f"{name}.log",
            env=service_environment(service, settings, admin_url, password, port),
            cwd=ROOT,
            until_ready=partial(_until_listening, port),
        )
        for name, port in settings.grpc_ports(service).items()
    ]


def service_environment(
    service: Service, settings: LocalSettings, admin_url: str, password: str, port: int
) -> Mapping[str, str]:
    """Returns a worker's environment: the user's, its login and port, and where the services are that it calls."""
    login = make_url(admin_url).set(username=service.role, password=password)
    own = (login.render_as_string(hide_password=False), HOST, str(port))
    secure = {
        "MONTRG_PROFILE": settings.profile,
        "MONTRG_CERTS_DIR": str(settings.certs_dir(service.name)),
        "MONTRG_EGRESS": DIRECT,
        "MONTRG_LOG_LEVELS_FILE": str(settings.log_levels_file),
    }
    neighbours = {
        f"MONTRG_{name.upper()}_SERVICE_URL": ",".join(
            f"{HOST}:{neighbour}" for neighbour in settings.grpc_ports(catalog.service(name)).values()
        )
        for name in service.calls
    }
    # A person may name an address by which others reach it.
    dashboard = {"MONTRG_DASHBOARD_URL": f"{settings.scheme}://{HOST}:{settings.gateway_port}"}
    return dashboard | os.environ | dict(zip(_OWN, own, strict=True)) | secure | neighbours


def envoy_options(settings: LocalSettings) -> RenderOptions:
    """Returns what Envoy's configuration on this machine is rendered from."""
    return RenderOptions(
        rest_ports={service.name: settings.rest_port(service) for service in SERVICES},
        gateway_port=settings.gateway_port,
        time_zone=settings.time_zone,
        upstreams={
            service.name: [(HOST, port) for port in settings.grpc_ports(service).values()] for service in SERVICES
        },
        admin_port=settings.admin_port,
        status_port=settings.status_port,
        secure=_secure(settings),
        issuers=read_issuers(Environment(), public_file(settings.data_dir)) if settings.is_secure else None,
        limits=settings.limits,
        access_log=settings.access_log,
        collector=read_collector(Environment()),
        root=ROOT,
    )


def envoy(settings: LocalSettings) -> Command:
    """Renders Envoy's configuration into the data folder and returns the command; ready when all listeners are open."""
    config = settings.data_dir / "envoy.yaml"
    options = envoy_options(settings)
    write_config(options, config)
    return Command(
        name=ENVOY_NAME,
        argv=tuple(envoy_command(config)),
        log=settings.data_dir / "logs" / "envoy.log",
        # What it takes is rendered: the database's and the mail server's passwords are not for what faces everybody.
        env={name: value for name, value in os.environ.items() if not name.startswith("MONTRG_")},
        cwd=ROOT,
        until_ready=lambda: _until(admin(settings).is_ready),
    )


def admin(settings: LocalSettings) -> Admin:
    """Returns the admin interface of the mesh's Envoy."""
    secure = _secure(settings)
    return Admin(secure.admin_socket if secure else (HOST, settings.admin_port))


def _secure(settings: LocalSettings) -> Secure | None:
    if not settings.is_secure:
        return None
    secure = Secure(
        own=settings.certs_dir(ENVOY),
        shown=settings.certs_dir(EDGE),
        folder=settings.data_dir / "envoy",
        trust_domain=settings.trust_domain,
    )
    if len(os.fsencode(secure.admin_socket)) > MOST_SOCKET_PATH:
        raise SettingsError(
            f"MONTRG_DATA_DIR is {settings.data_dir}, too long for the socket {secure.admin_socket}, whose path may "
            f"have {MOST_SOCKET_PATH} bytes; give a folder with a shorter path"
        )
    return secure


def replay(settings: LocalSettings) -> Command:
    """Returns the command that runs the replay against Envoy's ports, as any client outside the mesh."""
    told = {
        "MONTRG_DATA_DIR": str(settings.data_dir),
        "MONTRG_PROFILE": settings.profile,
        "MONTRG_CA_FILE": str(authorities_file(settings.data_dir)),
        "MONTRG_LOG_LEVELS_FILE": str(settings.log_levels_file),
        "MONTRG_REPLAY_TOLD_PORT": str(settings.told_port or 0),
    }
    targets = {
        f"MONTRG_{service.name.upper()}_SERVICE_URL": f"{HOST}:{settings.rest_port(service)}" for service in SERVICES
    }
    return Command(
        name="replay",
        argv=(sys.executable, "-m", "services.replay"),
        log=settings.data_dir / "logs" / "replay.log",
        env=os.environ | targets | told,
        cwd=ROOT,
    )


async def until_healthy(port: int, settings: LocalSettings) -> None:
    """Returns when `GET /health` on the port answers 200."""
    await _until(lambda: _answers(f"{settings.scheme}://{HOST}:{port}/health", settings))


def _answers(url: str, settings: LocalSettings) -> bool:
    trust = ssl.create_default_context(cafile=authorities_file(settings.data_dir)) if settings.is_secure else None
    try:
        with urllib.request.urlopen(url, timeout=2.0, context=trust) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except OSError:
        return False


async def _until(check: Callable[[], bool]) -> None:
    while not await asyncio.to_thread(check):  # noqa: ASYNC110 - another process sets no event here
        await asyncio.sleep(POLL_S)


async def _until_listening(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(POLL_S)
        else:
            writer.close()
            return
