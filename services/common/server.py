"""The bootstrap of every service: build, serve, report health, and stop in order."""

import asyncio
import gc
import logging
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

import grpc
from grpc_channelz.v1 import channelz
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from montrg.operations.v1 import metrics_service_pb2_grpc

from services import catalog
from services.common import logs
from services.common.access.gate import Gate
from services.common.access.wiring import gate_of
from services.common.channels import MAX_MESSAGE_BYTES, Target
from services.common.database import Database
from services.common.interceptors import CallInterceptor, database_is_away
from services.common.settings import DIRECT, SIDECAR, Environment, ServiceSettings, SettingsError, read_service_settings
from services.common.tasks import background
from services.common.telemetry import statements, tracing
from services.common.telemetry.database import DatabaseFigures
from services.common.telemetry.exposition import Exposition
from services.common.telemetry.handler import SERVICE as METRICS
from services.common.telemetry.handler import MetricsHandler
from services.common.telemetry.process import CountedRecords, ProcessFigures, Readiness, watch_the_loop
from services.common.telemetry.samples import Sampler
from services.common.tls import Certificates

log = logging.getLogger(__name__)

READY = "ready"
CHANNELZ = "grpc.channelz.v1.Channelz"
READY_EVERY_S = 1.0
LONGEST_STREAM_S = 600

# Calls and streams under way in one process: what its Envoy lets through, and some for those who ask for its health.
MOST_CALLS = 12_500

_OPTIONS = [
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    # Envoy takes 60 KiB of headers and adds some; a path with a thousand names is longer than gRPC's default of 8.
    ("grpc.max_metadata_size", 80 * 1024),
    # Who connects and says nothing.
    ("grpc.server_handshake_timeout_ms", 10_000),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    # Callers find new replicas when an old connection ends. Streams on it have time to end by themselves.
    ("grpc.max_connection_age_ms", 600_000),
    ("grpc.max_connection_age_grace_ms", (LONGEST_STREAM_S + 60) * 1_000),
]


@dataclass(frozen=True, slots=True)
class Context:
    """What a service's wiring is given.

    Attributes:
        stopping: set at the beginning of a stop. Streams without an end are to end then; others are cut off after the
            grace.
        gate: what lets calls in. A service that devices call gives it what knows their keys.
        certificates: what the process shows its neighbours, and whom it believes; None in dev.
        readiness: what must hold beside the database's answer for the service to be ready.
        samplers: what is asked for figures whenever somebody looks at them.
    """

    settings: ServiceSettings
    environment: Environment
    database: Database
    stopping: asyncio.Event
    gate: Gate
    certificates: Certificates | None = None
    readiness: list[Callable[[], Awaitable[bool]]] = field(default_factory=list)
    samplers: list[Sampler] = field(default_factory=list)

    def add_readiness(self, check: Callable[[], Awaitable[bool]]) -> None:
        """Has the service be ready only while a check is true; it is asked about every second.

        A database that is away means not ready: a check may raise what it raises.
        """
        self.readiness.append(check)

    def add_sampler(self, sampler: Sampler) -> None:
        """Has a sampler asked for figures whenever somebody looks at them."""
        self.samplers.append(sampler)

    def target(self, name: str) -> Target:
        """Returns where a neighbour is and how it is called, by its name in the catalog.

        In the secure profile plaintext goes no further than to the Envoy of the own pod: else it is a SettingsError.
        """
        neighbour = catalog.service(name)
        setting, default = f"{name.upper()}_SERVICE_URL", f"127.0.0.1:{neighbour.grpc_port}"
        address = self.environment.target(setting, default)
        counted = name if self.settings.metrics else ""
        if self.settings.egress == DIRECT:
            return Target(address, self.certificates, neighbour.host, neighbour=counted)
        if self.certificates is not None and not self.environment.is_loopback(setting, default):
            raise SettingsError(
                f"MONTRG_{setting} is {self.environment.text(setting)!r}, and MONTRG_EGRESS is {SIDECAR}: that would "
                f"be plaintext on the network; give the pod's own Envoy, such as {default}, or {DIRECT}"
            )
        return Target(address, neighbour=counted)


@dataclass(frozen=True, slots=True)
class App:
    """One service.

    Attributes:
        name: the catalog's name.
        wire: an async context manager that adds the servicers to the server, and on leaving stops what it started.
    """

    name: str
    wire: Callable[[Context, grpc.aio.Server], AbstractAsyncContextManager[None]]


def run(app: App) -> None:
    """Runs a service until SIGTERM or SIGINT."""
    environment = Environment()
    try:
        settings = read_service_settings(app.name, environment)
        logs.configure(app.name, settings.log_level)
        if settings.metrics:
            logging.getLogger().addHandler(CountedRecords())
        tell_the_last = tracing.setup(settings, environment)
        try:
            asyncio.run(logs.with_levels(app.name, settings.log_levels_file, _main(app, settings, environment)))
        finally:
            tell_the_last()
    except SettingsError as error:
        raise SystemExit(f"{app.name}: {error}") from error


async def _main(app: App, settings: ServiceSettings, environment: Environment) -> None:
    stop = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stop.set)
    async with serve(app, settings, environment) as port:
        _spare_the_collector()
        log.info("serving", extra={"port": port})
        await stop.wait()
        log.info("stopping")


def _spare_the_collector() -> None:
    """Has Python look for garbage less often, and not among what stays for good.

    A batch of 10,000 readings makes as many objects, none in a cycle: by default each would be looked through a dozen
    times, which took a third of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@asynccontextmanager
async def serve(
    app: App, settings: ServiceSettings, environment: Environment, gate: Gate | None = None
) -> AsyncIterator[int]:
    """Serves a service, gives its port, and stops it on leaving. Without a gate it has the one of its profile.

    The order of a stop: streams without an end get one; health says NOT_SERVING; new calls are refused, and those under
    way end or are cut off after the grace; what the wiring runs beside them ends, and others take over what consumers
    held; the database is let go.
    """
    database = Database(settings.database_url, settings.pool_size, settings.service.role)
    if settings.metrics:
        statements.watch(database, database_is_away)
    certificates = Certificates(settings.certs_dir) if settings.certs_dir else None
    gate = gate or gate_of(settings, environment)
    interceptors = [CallInterceptor(gate, counts=settings.metrics)]
    server = grpc.aio.server(interceptors=interceptors, options=_OPTIONS, maximum_concurrent_rpcs=MOST_CALLS)
    checks = health.aio.HealthServicer()
    stopping = asyncio.Event()
    try:
        context = Context(settings, environment, database, stopping, gate, certificates)
        async with app.wire(context, server), _probed(checks, settings):
            readiness = Readiness()
            _add_built_ins(server, checks, context, _exposition(context, readiness))
            port = _add_port(server, settings, certificates)
            await server.start()
            for name in ("", *settings.service.proto_services):
                await checks.set(name, health_pb2.HealthCheckResponse.SERVING)
            wanted = [_answers(database), *context.readiness]
            watching = [watch_the_loop()] if settings.metrics else []
            async with background(_report_readiness(checks, wanted, readiness), *watching):
                try:
                    yield port
                finally:
                    stopping.set()
                    await asyncio.sleep(min(settings.linger_s, settings.grace_s))
                    await checks.enter_graceful_shutdown()
                    await server.stop(settings.grace_s)
    finally:
        await database.close()


def _exposition(context: Context, readiness: Readiness) -> Exposition | None:
    """Returns the figures of the process, if it is to tell them."""
    if not context.settings.metrics:
        return None
    service = context.settings.service.name
    own: list[Sampler] = [
        ProcessFigures(service, readiness, context.certificates),
        DatabaseFigures(context.database, service, database_is_away),
    ]
    return Exposition([*own, *context.samplers], database_is_away)


def _add_built_ins(
    server: grpc.aio.Server, checks: health.aio.HealthServicer, context: Context, exposition: Exposition | None
) -> None:
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    channelz.add_channelz_servicer(server)
    names = [*context.settings.service.proto_services, health.SERVICE_NAME, reflection.SERVICE_NAME, CHANNELZ]
    if exposition is not None:
        metrics_service_pb2_grpc.add_MetricsServiceServicer_to_server(MetricsHandler(exposition), server)
        names.append(METRICS)
    reflection.enable_server_reflection(names, server)


def _add_port(server: grpc.aio.Server, settings: ServiceSettings, certificates: Certificates | None) -> int:
    """Opens the port, which takes mutual TLS alone where there are certificates, and returns it."""
    address = f"{settings.host}:{settings.port}"
    if certificates is None:
        return int(server.add_insecure_port(address))
    return int(server.add_secure_port(address, certificates.server()))


@asynccontextmanager
async def _probed(checks: health.aio.HealthServicer, settings: ServiceSettings) -> AsyncIterator[None]:
    """Tells those who have no certificate, such as a kubelet, how the service is, and nothing else, if they may ask."""
    if not (settings.certs_dir and settings.probe_port):
        yield
        return
    server = grpc.aio.server(options=_OPTIONS)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    server.add_insecure_port(f"{settings.host}:{settings.probe_port}")
    await server.start()
    try:
        yield
    finally:
        await server.stop(None)


def _answers(database: Database) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        await database.ping()
        return True

    return check


async def _report_readiness(
    checks: health.aio.HealthServicer, ready: Sequence[Callable[[], Awaitable[bool]]], told: Readiness
) -> None:
    """Keeps the health of `ready` true to whether all that it takes holds; the other names say the process lives."""
    while True:
        try:
            told.is_ready = all([await check() for check in ready])
        except Exception as error:
            if not database_is_away(error):
                raise
            told.is_ready = False
        states = health_pb2.HealthCheckResponse
        state = states.SERVING if told.is_ready else states.NOT_SERVING
        await checks.set(READY, state)
        await asyncio.sleep(READY_EVERY_S)
