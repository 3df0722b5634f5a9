"""Who may call what, tried out: every RPC and every REST path of a secure mesh, by every kind of caller."""

import asyncio
import logging
import ssl
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import grpc
import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from google.rpc import error_details_pb2, status_pb2

from services import catalog
from services.common.access.claims import ClaimNames
from services.common.access.domain import Reach, Role
from services.issuer import keys
from services.issuer.domain import Grantee, public_file
from services.mesh.contracts import read_contracts
from services.mesh.options import DESCRIPTOR_SET, ROOT, Issuers, RenderOptions, Secure
from tests.support.certificates import Issuer
from tests.support.envoy import running_envoy
from tests.support.mesh import Mesh, eventually, start_beside
from tests.support.ports import free_ports

CONTRACTS = read_contracts(ROOT.joinpath(*DESCRIPTOR_SET))
SERVICES = {service.name: service for service in catalog.SERVICES}
GATEWAY = catalog.GATEWAY.name
METHODS = [
    (service.name, method)
    for service in catalog.SERVICES
    for name in service.proto_services
    for method in CONTRACTS.methods[name]
]
BINDINGS = [(name, method, binding) for name, method in METHODS for binding in method.bindings]
REASONS = {"NO_CREDENTIAL", "UNKNOWN_KEY", "NO_NAME", "NO_ROLE", "ROLE_TOO_LOW", "SCOPE_TOO_SMALL"} | {
    "CALLER_NOT_ALLOWED",
    "NOT_FOR_DEVICES",
}
# What Envoy itself refuses has no reason beside its status.
BAD_TOKEN, LET_IN = "", "let in"
UNAUTHENTICATED = (grpc.StatusCode.UNAUTHENTICATED, 401)
HOUR = timedelta(hours=1)
# A stream that is let in may have nothing to say.
SILENT_S = 0.3
AT_ONCE = 16
# What services call of each other before all else, and not as a stream, whose call does not end.
AT_FIRST = {"GetDirectory", "GetRules", "RegisterConsumer", "ListConsumers"}


@dataclass(frozen=True)
class Who:
    """A caller: what it sends, and what the table makes of it."""

    name: str
    headers: dict[str, str] = field(default_factory=dict)
    role: Role | None = None
    everything: bool = True
    kind: str = "person"

    def outcome(self, access):
        """What has to become of its call to a method of that access; the gate's reason, or that it is let in."""
        if self.kind == "device":
            return "UNKNOWN_KEY" if access.devices else "NOT_FOR_DEVICES"
        if self.kind != "person":
            return {"bad token": BAD_TOKEN, "nobody": "NO_CREDENTIAL"}[self.kind]
        if access.role is None:
            return "CALLER_NOT_ALLOWED"
        if self.role is None or self.role < access.role:
            return "NO_ROLE" if self.role is None else "ROLE_TOO_LOW"
        return "SCOPE_TOO_SMALL" if access.reach is Reach.ALL and not self.everything else LET_IN


class Secured:
    """A secure mesh, its callers, and one channel to each place."""

    def __init__(self, folder, certificates, rest_ports, mesh, beginning):
        self.beginning = beginning
        self.folder, self.certificates, self.rest_ports, self.mesh = folder, certificates, rest_ports, mesh
        self.authority = certificates.authority.certificate
        self.callers = list(self._callers())
        self._channels = {}
        self._at_once = asyncio.Semaphore(AT_ONCE)

    def bearer(self, role=None, factories=("*",), **claims):
        now = datetime.now(UTC)
        issuer = keys.issuer(self.folder, now)
        usual = {"iss": "flet-montrg", "aud": "flet-montrg", "sub": "kim", "exp": now + HOUR}
        said = {"montrg_role": role.name.lower() if role else "none", "montrg_factories": list(factories)}
        token = jwt.encode(usual | said | claims, issuer.key, "ES256", headers={"kid": issuer.key_id})
        return {"authorization": f"Bearer {token}"}

    def _callers(self):
        now = datetime.now(UTC)
        yield Who("nobody", kind="nobody")
        yield Who("expired", self.bearer(Role.ADMIN, exp=now - HOUR), kind="bad token")
        yield Who("of another issuer", self.bearer(Role.ADMIN, iss="https://elsewhere"), kind="bad token")
        yield Who("for others", self.bearer(Role.ADMIN, aud="payroll"), kind="bad token")
        stranger = keys.Issuer(ec.generate_private_key(ec.SECP256R1()), keys.issuer(self.folder, now).key_id)
        forged = stranger.token(Grantee("kim", Role.ADMIN, ("*",)), ClaimNames(), now, HOUR)
        yield Who("of a stranger's key", {"authorization": f"Bearer {forged}"}, kind="bad token")
        yield Who("a device", {"x-api-key": "mk_0123456789abcdef_" + "x" * 43}, kind="device")
        yield Who("without a role", self.bearer())
        for role in Role:
            yield Who(role.name, self.bearer(role), role)
        yield Who("an admin elsewhere", self.bearer(Role.ADMIN, ["Nowhere"]), Role.ADMIN, everything=False)

    def caller(self, name):
        return next(who for who in self.callers if who.name == name)

    def callers_around(self, access):
        """The callers that a path could be open to by mistake: a path is the same call as the RPC, which meets all."""
        role = access.role or Role.ADMIN
        roles = {role.name, Role(max(role - 1, Role.VIEWER)).name}
        return [self.caller(name) for name in ("nobody", "expired", "a device", "an admin elsewhere", *sorted(roles))]

    def by_envoy(self, service):
        """A channel to the port that people call."""
        return self._channel(f"127.0.0.1:{self.rest_ports[service]}", None)

    def by_certificate(self, service, peer):
        """A channel to the process itself, with the certificate of another one."""
        return self._channel(f"127.0.0.1:{self.mesh.port(service)}", peer)

    def _channel(self, address, peer):
        if (address, peer) not in self._channels:
            pair = (None, None)
            if peer is not None:
                certs = self.folder / "certs" / peer
                pair = ((certs / "tls.key").read_bytes(), (certs / "tls.crt").read_bytes())
            credentials = grpc.ssl_channel_credentials(self.authority, *pair)
            self._channels[address, peer] = grpc.aio.secure_channel(address, credentials)
        return self._channels[address, peer]

    async def close(self):
        for channel in self._channels.values():
            await channel.close()

    async def outcome(self, channel, method, headers):
        """Makes a call without content: the gate's reason to refuse it, or that it was let in."""
        async with self._at_once:
            call = channel.unary_stream(method)(b"", metadata=tuple(headers.items()), timeout=10)
            try:
                await asyncio.wait_for(call.read(), SILENT_S * 10 if headers else 10)
            except TimeoutError:
                return LET_IN
            except grpc.aio.AioRpcError as error:
                trailers = dict(error.trailing_metadata() or ())
                return outcome_of(error.code(), trailers.get("grpc-status-details-bin", b""))
            finally:
                call.cancel()
            return LET_IN


def outcome_of(code, details):
    if code not in (grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.PERMISSION_DENIED):
        return LET_IN
    info = error_details_pb2.ErrorInfo()
    for packed in status_pb2.Status.FromString(details).details:
        packed.Unpack(info)
    if code is grpc.StatusCode.UNAUTHENTICATED:
        assert info.reason in {BAD_TOKEN, "NO_CREDENTIAL", "UNKNOWN_KEY", "NO_NAME"}
    else:
        assert info.reason not in {BAD_TOKEN, "NO_CREDENTIAL", "UNKNOWN_KEY", "NO_NAME"}
    # A handler's own reasons, such as OUT_OF_SCOPE, come after the gate.
    return info.reason if info.reason in {*REASONS, BAD_TOKEN} else LET_IN


@pytest.fixture(scope="module")
async def secured(admin_url, tmp_path_factory):
    folder = tmp_path_factory.mktemp("m")
    certificates = Issuer(folder / "certs")
    for name in ("envoy", "edge", "printer"):
        certificates.folder(name)
    keys.issuer(folder, datetime.now(UTC))
    admin_port, *ports = free_ports(len(SERVICES) + 2)
    rest_ports = dict(zip([*SERVICES, GATEWAY], ports, strict=True))
    mesh = Mesh(admin_url, certificates=certificates)
    log, calls = logging.getLogger("services.common.interceptors"), Calls()
    log.addHandler(calls)
    log.setLevel(logging.INFO)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(mesh.close)
        for name in SERVICES:
            if not mesh.runs(name):
                await start_beside(mesh, name)
        options = RenderOptions(
            rest_ports=rest_ports,
            gateway_port=rest_ports[GATEWAY],
            upstreams={name: [("127.0.0.1", mesh.ports[name])] for name in SERVICES},
            admin_port=admin_port,
            secure=Secure(own=folder / "certs" / "envoy", shown=folder / "certs" / "edge", folder=folder),
            issuers=Issuers(public_file(folder)),
        )
        stack.enter_context(running_envoy(options, folder))
        made = Secured(folder, certificates, rest_ports, mesh, calls)
        stack.push_async_callback(made.close)
        async with client_of(folder, made.authority) as client:
            for port in ports:
                await eventually(lambda port=port: is_ready(client, port))
        await eventually(lambda: has_ended(AT_FIRST, calls))
        log.removeHandler(calls)
        yield made


def client_of(folder, authority):
    (folder / "authority.pem").write_bytes(authority)
    trust = ssl.create_default_context(cafile=str(folder / "authority.pem"))
    return httpx.AsyncClient(verify=trust, timeout=20)


class Calls(logging.Handler):
    """What has become of the calls between services, by their methods' names."""

    def __init__(self):
        super().__init__()
        self.codes = set()

    def emit(self, record):
        self.codes.add((record.method.rpartition("/")[2], record.code))


async def has_ended(names, calls):
    return names <= {method for method, _ in calls.codes}


async def is_ready(client, port):
    return (await client.get(f"https://127.0.0.1:{port}/ready")).status_code == 200


async def differences(calls):
    """Those of the calls of which another thing became than had to."""
    names, wanted, made = zip(*calls, strict=True)
    found = await asyncio.gather(*made)
    return [(name, want, got) for name, want, got in zip(names, wanted, found, strict=True) if want != got]


async def test_what_services_call_of_each_other_is_open_to_them(secured):
    refused = {code for _, code in secured.beginning.codes} & {"PERMISSION_DENIED", "UNAUTHENTICATED"}
    assert not refused, secured.beginning.codes


async def test_each_rpc_lets_in_the_people_whom_the_table_names(secured):
    assert not [m.path for _, m in METHODS if m.client_streaming]
    calls = [
        (
            f"{who.name} {method.path}",
            who.outcome(method.access),
            secured.outcome(secured.by_envoy(service), method.path, who.headers),
        )
        for service, method in METHODS
        for who in secured.callers
    ]
    assert await differences(calls) == []


async def test_each_rpc_at_the_gateway_lets_in_whom_its_own_port_does(secured):
    calls = [
        (
            f"{who.name} {method.path}",
            who.outcome(method.access),
            secured.outcome(secured.by_envoy(GATEWAY), method.path, who.headers),
        )
        for service, method in METHODS
        if method.service in SERVICES[service].contracts
        for who in secured.callers_around(method.access)
    ]
    assert await differences(calls) == []


async def test_each_rpc_lets_in_the_services_that_the_table_names(secured):
    headers = {"x-montrg-claims": "e30", "x-api-key": "x"} | secured.bearer(Role.ADMIN)
    calls = [
        (
            f"{peer} {method.path}",
            LET_IN if peer in method.access.callers else "CALLER_NOT_ALLOWED",
            secured.outcome(secured.by_certificate(service, peer), method.path, headers),
        )
        for service, method in METHODS
        for peer in (*SERVICES, "printer")
        if peer != service
    ]
    assert await differences(calls) == []


@pytest.mark.parametrize("at", ["its own port", "the gateway"])
async def test_each_rest_path_lets_in_the_people_whom_the_table_names(secured, at):
    async with client_of(secured.folder, secured.authority) as client:

        async def status(service, binding, headers):
            path = binding.path
            for variable in binding.variables:
                path = path.replace(f"{{{variable}}}", "1")
            port = secured.rest_ports[GATEWAY if at == "the gateway" else service]
            url = f"https://127.0.0.1:{port}{path}"
            content = "{}" if binding.body else None
            async with secured._at_once, client.stream(binding.verb, url, headers=headers, content=content) as answer:
                if answer.headers["content-type"] != "text/event-stream":
                    await answer.aread()  # or the connection could not be used again
                if answer.status_code not in (401, 403):
                    return LET_IN
                found = answer.json()
                assert found["code"] == {401: 16, 403: 7}[answer.status_code]
                assert ("www-authenticate" in answer.headers) == (answer.status_code == 401)
                reason = next((d["reason"] for d in found["details"] if "reason" in d), BAD_TOKEN)
                return reason if reason in {*REASONS, BAD_TOKEN} else LET_IN

        calls = [
            (
                f"{who.name} {binding.verb} {binding.path}",
                who.outcome(method.access),
                status(service, binding, who.headers),
            )
            for service, method, binding in BINDINGS
            for who in secured.callers_around(method.access)
        ]
        assert await differences(calls) == []


async def test_what_every_server_brings_with_it_is_refused_to_those_who_show_nothing(secured):
    reflection = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
    channelz = "/grpc.channelz.v1.Channelz/GetServers"
    health = "/grpc.health.v1.Health/Check"
    wanted = {
        ("nobody", health): LET_IN,
        ("nobody", reflection): "NO_CREDENTIAL",
        ("nobody", channelz): "NO_CREDENTIAL",
        ("nobody", "/montrg.x.v1.X/Y"): "NO_CREDENTIAL",
        ("expired", reflection): BAD_TOKEN,
        ("a device", reflection): "NOT_FOR_DEVICES",
        ("a device", "/montrg.x.v1.X/Y"): "NOT_FOR_DEVICES",
        ("without a role", reflection): "NO_ROLE",
        ("VIEWER", reflection): LET_IN,
        ("ENGINEER", channelz): "ROLE_TOO_LOW",
        ("ADMIN", channelz): LET_IN,
        ("VIEWER", "/montrg.x.v1.X/Y"): LET_IN,
    }
    calls = [
        (f"{who} {method} {name}", want, secured.outcome(secured.by_envoy(name), method, secured.caller(who).headers))
        for (who, method), want in wanted.items()
        for name in SERVICES
    ]
    assert await differences(calls) == []


async def test_what_is_for_everybody_needs_nothing(secured):
    async with client_of(secured.folder, secured.authority) as client:
        for port in secured.rest_ports.values():
            for path in ("/health", "/ready", "/docs", "/openapi.json"):
                assert (await client.get(f"https://127.0.0.1:{port}{path}")).status_code == 200
        for path in ("/", "/settings.json", "/docs/documents.json", "/openapi/alert.json"):
            # A browser may still send an old token to the page at which a new one is given.
            for headers in (secured.caller("nobody").headers, secured.caller("expired").headers):
                answer = await client.get(f"https://127.0.0.1:{secured.rest_ports[GATEWAY]}{path}", headers=headers)
                assert answer.status_code == 200
                assert path != "/settings.json" or answer.json()["profile"] == "secure"


async def test_who_has_read_a_list_has_not_read_it_for_others(secured):
    url = f"https://127.0.0.1:{secured.rest_ports['thresholds']}/api/v1/thresholds/"
    async with client_of(secured.folder, secured.authority) as client:
        for who, status in (("VIEWER", 200), ("nobody", 401), ("VIEWER", 200), ("without a role", 403)):
            assert (await client.get(url, headers=secured.caller(who).headers)).status_code == status
