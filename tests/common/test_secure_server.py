"""A service's process in the secure profile: its port, the one for probes, and how it calls its neighbours."""

import asyncio
from contextlib import asynccontextmanager

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from services import catalog
from services.cli.main import main
from services.common.channels import Target, connect
from services.common.server import App, serve
from services.common.settings import Environment, SettingsError, read_service_settings
from services.common.tls import Certificates
from tests.support.certificates import Issuer
from tests.support.ports import free_port

NAME, HOST = "location", catalog.service("location").host


@pytest.fixture
def issuer(tmp_path):
    return Issuer(tmp_path)


class Empty:
    """A service without methods, which keeps what its wiring is given; its database is away."""

    def __init__(self):
        self.app = App(NAME, self.wire)

    @asynccontextmanager
    async def wire(self, context, server):
        self.context = context
        yield


@asynccontextmanager
async def serving(**more):
    empty = Empty()
    environment = Environment(
        {"MONTRG_DATABASE_URL": "postgresql://a:b@127.0.0.1:9/d", "MONTRG_PORT": "0", "MONTRG_GRACE_S": "0"} | more
    )
    async with serve(empty.app, read_service_settings(NAME, environment), environment) as port:
        yield port, empty.context


def secure(folder, **more):
    return {"MONTRG_PROFILE": "secure", "MONTRG_CERTS_DIR": str(folder), **more}


async def alive(target):
    async with connect(target) as channel:
        answer = await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=3)
        return answer.status == health_pb2.HealthCheckResponse.SERVING


async def test_the_port_takes_mutual_tls_alone(issuer):
    async with serving(**secure(issuer.folder(NAME))) as (port, _):
        assert await alive(Target(f"127.0.0.1:{port}", Certificates(issuer.folder("realtime")), HOST))
        with pytest.raises(grpc.aio.AioRpcError):
            await alive(f"127.0.0.1:{port}")


async def test_what_is_not_served_of_health_is_not_there_and_says_nothing_of_python(issuer):
    certificates = Certificates(issuer.folder("realtime"))
    async with (
        serving(**secure(issuer.folder(NAME))) as (port, _),
        connect(Target(f"127.0.0.1:{port}", certificates, HOST)) as channel,
    ):
        with pytest.raises(grpc.aio.AioRpcError, match="there is no such method") as caught:
            await health_pb2_grpc.HealthStub(channel).List(health_pb2.HealthListRequest(), timeout=3)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_who_probes_needs_no_certificate_and_learns_of_the_health_alone(issuer):
    probe = free_port()
    async with serving(**secure(issuer.folder(NAME), MONTRG_PROBE_PORT=str(probe))):
        assert await alive(f"127.0.0.1:{probe}")
        async with connect(f"127.0.0.1:{probe}") as channel:
            stub = reflection_pb2_grpc.ServerReflectionStub(channel)
            asked = stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await anext(aiter(asked))
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_in_dev_there_is_no_port_for_probes():
    probe = free_port()
    async with serving(MONTRG_PROBE_PORT=str(probe)) as (port, _):
        assert await alive(f"127.0.0.1:{port}")
        with pytest.raises(grpc.aio.AioRpcError):
            await alive(f"127.0.0.1:{probe}")


async def test_neighbours_are_called_with_the_own_certificate_unless_the_pods_envoy_does_so(issuer):
    folder = issuer.folder(NAME)
    async with serving(**secure(folder)) as (_, context):
        direct = context.target("realtime")
        assert (direct.credentials, direct.host) == (context.certificates, "realtime-service")
    async with serving(**secure(folder, MONTRG_EGRESS="sidecar")) as (_, context):
        assert context.target("realtime").credentials is None
    async with serving() as (_, context):
        assert context.target("realtime").credentials is None


@pytest.mark.parametrize(
    "elsewhere", ["realtime-service:8000", "10.0.0.7:50053", "127.0.0.1:1,10.0.0.7:1", "0.0.0.0:1"]
)
async def test_in_plaintext_no_neighbour_is_called_outside_of_the_pod(issuer, elsewhere):
    more = {"MONTRG_EGRESS": "sidecar", "MONTRG_REALTIME_SERVICE_URL": elsewhere}
    async with serving(**secure(issuer.folder(NAME), **more)) as (_, context):
        with pytest.raises(SettingsError, match=r"MONTRG_REALTIME_SERVICE_URL is .* plaintext on the network"):
            context.target("realtime")
    within = {**more, "MONTRG_REALTIME_SERVICE_URL": "localhost:1"}
    async with serving(**secure(issuer.folder(NAME), **within)) as (_, context):
        assert context.target("realtime").credentials is None


async def test_the_health_command_shows_the_services_certificate(issuer, monkeypatch, capsys):
    folder = issuer.folder(NAME)
    async with serving(**secure(folder)) as (port, _):
        for name, value in secure(folder, MONTRG_PORT=str(port)).items():
            monkeypatch.setenv(name, value)
        assert await asyncio.to_thread(main, ["health", NAME]) == 1
    assert capsys.readouterr().out == f"{NAME} is not ready\n", "its database is away, and it says so"
