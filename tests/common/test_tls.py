"""Mutual TLS between processes: who is let in and who is not, and certificates that are swapped under load."""

import asyncio
from contextlib import asynccontextmanager

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services import catalog
from services.common import renewing_channel
from services.common.channels import Target, connect
from services.common.settings import Environment, SettingsError, read_service_settings
from services.common.tls import Authorities, Certificates, peer_identity
from tests.support.certificates import Issuer

SERVING = health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)
LOCATION = catalog.service("location")

# For a busy machine.
PATIENCE_S = 30


class Callers(health_pb2_grpc.HealthServicer):  # type: ignore[misc]  # grpc is untyped
    """Says of each call who makes it."""

    def __init__(self):
        self.seen = []

    async def Check(self, request, context):  # noqa: N802  the contract names it
        self.seen.append(peer_identity(context))
        return SERVING

    async def Watch(self, request, context):  # noqa: N802
        for _ in range(int(request.service)):
            yield SERVING
            await asyncio.sleep(0.05)


@pytest.fixture
def issuer(tmp_path):
    return Issuer(tmp_path / "certs")


@asynccontextmanager
async def serving(folder):
    """A server with that certificate: its port, and the callers that it saw."""
    server, callers = grpc.aio.server(options=[("grpc.so_reuseport", 0)]), Callers()
    health_pb2_grpc.add_HealthServicer_to_server(callers, server)
    port = server.add_secure_port("127.0.0.1:0", Certificates(folder).server())
    await server.start()
    try:
        yield port, callers
    finally:
        await server.stop(None)


def target(port, credentials, host=LOCATION.host):
    return Target(f"ipv4:127.0.0.1:{port}", credentials, host)


async def check(where):
    async with connect(where) as channel:
        await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=3)


async def is_refused(where):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await check(where)
    return caught.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_a_neighbour_is_known_by_its_certificate(issuer):
    async with serving(issuer.folder("location")) as (port, callers):
        await check(target(port, Certificates(issuer.folder("realtime"))))
        await check(target(port, Certificates(issuer.folder("envoy"))))
    assert callers.seen == ["realtime", "envoy"]


async def test_plaintext_is_refused(issuer):
    async with serving(issuer.folder("location")) as (port, callers):
        assert await is_refused(f"ipv4:127.0.0.1:{port}")
    assert callers.seen == []


async def test_who_shows_no_certificate_is_refused(issuer):
    folder = issuer.folder("location")
    async with serving(folder) as (port, callers):
        assert await is_refused(target(port, Authorities(folder / "ca.crt")))
    assert callers.seen == []


async def test_a_certificate_of_an_unknown_authority_is_refused(issuer, tmp_path):
    stranger = Issuer(tmp_path / "stranger")
    folder = tmp_path / "stranger" / "realtime"
    stranger.renew(folder, "realtime", trusted=issuer.authority.certificate)
    async with serving(issuer.folder("location")) as (port, callers):
        assert await is_refused(target(port, Certificates(folder)))
    assert callers.seen == []


async def test_an_expired_certificate_is_refused(issuer):
    async with serving(issuer.folder("location")) as (port, callers):
        assert await is_refused(target(port, Certificates(issuer.expired("realtime"))))
    assert callers.seen == []


async def test_a_caller_refuses_a_server_that_is_another_service(issuer):
    async with serving(issuer.folder("thresholds")) as (port, callers):
        assert await is_refused(target(port, Certificates(issuer.folder("realtime"))))
    assert callers.seen == []


async def test_a_caller_refuses_a_server_whose_certificate_is_expired(issuer):
    async with serving(issuer.expired("location")) as (port, callers):
        assert await is_refused(target(port, Certificates(issuer.folder("realtime"))))
    assert callers.seen == []


async def test_a_certificate_of_another_trust_domain_is_nobodys(issuer):
    folder = issuer.folder("realtime", trust_domain="elsewhere")
    async with serving(issuer.folder("location")) as (port, callers):
        await check(target(port, Certificates(folder)))
    assert callers.seen == [None]


async def test_certificates_and_the_authority_are_changed_under_load_and_no_call_fails(issuer, tmp_path, monkeypatch):
    monkeypatch.setattr(renewing_channel, "LOOK_EVERY_S", 0.0)
    own, theirs = issuer.folder("realtime"), issuer.folder("location")
    following = Issuer(tmp_path)
    both = issuer.authority.certificate + following.authority.certificate
    steps = [
        lambda: [issuer.renew(theirs, "location"), issuer.renew(own, "realtime")],
        lambda: [issuer.renew(own, "realtime", trusted=both), issuer.renew(theirs, "location", trusted=both)],
        lambda: [following.renew(own, "realtime", trusted=both), following.renew(theirs, "location", trusted=both)],
        lambda: [following.renew(own, "realtime"), following.renew(theirs, "location")],
    ]
    async with serving(theirs) as (port, callers), connect(target(port, Certificates(own))) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        stream = asyncio.create_task(_read(stub.Watch(health_pb2.HealthCheckRequest(service="40"))))
        for step in steps:
            for _ in range(20):
                await stub.Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE_S)
                await asyncio.sleep(0.01)
            step()
        await stub.Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE_S)
        assert await stream == 40, "what began over an old connection ends over it"
        assert callers.seen == ["realtime"] * 81
        # What is no longer trusted is refused, so the new certificates were in use.
        assert await is_refused(target(port, Certificates(issuer.folder("alert", trusted=both))))


async def _read(stream):
    return len([message async for message in stream])


def test_a_pair_that_does_not_belong_together_is_not_taken(issuer):
    folder, other = issuer.folder("location"), issuer.folder("alert")
    certificates = Certificates(folder)
    before = certificates.pair()
    key = folder / "tls.key"
    key.unlink()
    assert certificates.pair() is before
    key.write_bytes((other / "tls.key").read_bytes())
    assert certificates.pair() is before
    (folder / "tls.crt").unlink()
    (folder / "tls.crt").write_bytes((other / "tls.crt").read_bytes())
    assert certificates.pair().certificate == (other / "tls.crt").read_bytes()


def settings(**more):
    variables = {"MONTRG_DATABASE_URL": "postgresql://a:b@c/d", **more}
    return read_service_settings("location", Environment(variables))


def test_the_profile_is_no_bare_word_of_the_users_shell():
    assert settings(PROFILE="work").profile == "dev"


def test_dev_asks_for_no_certificate():
    assert settings(MONTRG_CERTS_DIR="/nowhere").certs_dir is None


def test_the_secure_profile_names_the_files_that_are_missing(issuer, tmp_path):
    with pytest.raises(SettingsError, match="MONTRG_CERTS_DIR is not set"):
        settings(MONTRG_PROFILE="secure")
    (tmp_path / "tls.crt").touch()
    with pytest.raises(SettingsError, match=r"MONTRG_CERTS_DIR is .*tls.key and ca.crt cannot be read"):
        settings(MONTRG_PROFILE="secure", MONTRG_CERTS_DIR=str(tmp_path))
    folder = issuer.folder("location")
    assert settings(MONTRG_PROFILE="secure", MONTRG_CERTS_DIR=str(folder)).certs_dir == folder
    (tmp_path / "tls.key").write_text("no key")
    (tmp_path / "ca.crt").touch()
    with pytest.raises(SettingsError, match="holds no certificate with its key"):
        Certificates(tmp_path)


@pytest.mark.parametrize(("name", "value"), [("PROFILE", "safe"), ("EGRESS", "proxy"), ("TRUST_DOMAIN", "a/b")])
def test_a_setting_that_is_wrong_is_named(name, value):
    with pytest.raises(SettingsError, match=f"MONTRG_{name} is '{value}'"):
        settings(**{f"MONTRG_{name}": value})
