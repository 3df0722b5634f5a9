"""`montrg up` in the secure profile: which sockets it opens, what is spoken there, and certificates under load."""

import asyncio
import contextlib
import json
import os
import socket
import ssl
import subprocess
import sys
from collections import Counter

import asyncpg
import grpc
import httpx
import psutil
import pytest
from montrg.location.v1 import sensor_service_pb2 as pb2
from montrg.location.v1 import sensor_service_pb2_grpc as pb2_grpc

from services.catalog import SERVICES, service
from services.common.channels import Target, connect
from services.common.tls import Certificates
from services.local.postgres import EmbeddedPostgres
from services.mesh.options import ROOT
from tests.support.ports import mesh_on_free_ports
from tests.support.soak import kills
from tests.support.up import running_up

SETTINGS = mesh_on_free_ports(MONTRG_PROFILE="secure")
REST = {each.name: SETTINGS.rest_port(each) for each in SERVICES}
GRPC = {each.name: SETTINGS.grpc_ports(each)[each.name] for each in SERVICES}
LOCATION = service("location")
ROUNDS = kills(usual=1, share=0.1)

# In surroundings of its own; `make test` installs it.
SSLYZE = ROOT / ".venv" / "sslyze" / "bin" / "sslyze"
SCANS = (
    "sslv2",
    "sslv3",
    "tlsv1",
    "tlsv1_1",
    "tlsv1_2",
    "tlsv1_3",
    "compression",
    "heartbleed",
    "openssl_ccs",
    "reneg",
)
OLD = ("ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1")


@pytest.fixture(scope="module")
def up():
    with running_up(MONTRG_PROFILE="secure", MONTRG_PORT_OFFSET=str(SETTINGS.port_offset), MONTRG_REPLAY="off") as up:
        yield up


@pytest.fixture(scope="module")
def certs(up):
    return up.folder / "data" / "certs"


def montrg(up, *words):
    """Runs the command beside the mesh, as its user does."""
    environment = os.environ | {"MONTRG_DATA_DIR": str(up.folder / "data"), "MONTRG_PROFILE": "secure"}
    command = [sys.executable, "-m", "services.cli", *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_service_is_healthy_over_https(up, certs):
    trust = ssl.create_default_context(cafile=certs / "ca" / "ca.crt")
    for port in REST.values():
        assert httpx.get(f"https://localhost:{port}/health", verify=trust).status_code == 200
    curl = f'curl --cacert {certs / "ca" / "ca.crt"} -H "authorization: Bearer $TOKEN" \'https://127.0.0.1:'
    assert curl in up.console()


def test_the_documented_sockets_are_open_and_no_others(up):
    network = {
        (c.laddr.ip.removeprefix("::ffff:"), c.laddr.port)  # as gRPC's sockets write an address of IPv4
        for c in _connections(up, "inet")
        if c.status == psutil.CONN_LISTEN or (c.type == socket.SOCK_DGRAM and c.laddr)
    }
    documented = [*REST.values(), *GRPC.values(), SETTINGS.database_port]
    assert network == {("127.0.0.1", port) for port in documented}
    admin = up.folder / "data" / "envoy" / "admin.sock"
    assert {str(c.laddr) for c in _connections(up, "unix") if c.laddr} == {str(admin)}
    assert admin.stat().st_mode & 0o777 == 0o600


def _connections(up, kind):
    """The sockets of all processes of the mesh."""
    for process in [psutil.Process(up.process.pid), *psutil.Process(up.process.pid).children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):  # one of PostgreSQL's that does a little work
            yield from process.net_connections(kind)


@pytest.mark.parametrize("port", [*REST.values(), *GRPC.values()], ids=[*REST, *(f"{name}, gRPC" for name in GRPC)])
@pytest.mark.parametrize(
    "words", [b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0" * 9]
)
def test_nothing_is_answered_in_plaintext(up, port, words):
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.settimeout(15)
        connection.sendall(words)
        try:
            said = connection.recv(100)
        except ConnectionResetError:
            said = b""
    assert said[:1] in (b"", b"\x15"), "a TLS alert is all that may be said"


@pytest.fixture(scope="module")
def scanned(up, certs, tmp_path_factory):
    """What sslyze finds at each port."""
    if not SSLYZE.exists():
        pytest.skip("sslyze is not installed: make test installs it")
    found = tmp_path_factory.mktemp("sslyze") / "found.json"
    targets = [f"127.0.0.1:{port}" for port in (*REST.values(), *GRPC.values())]
    own = ("--cert", certs / "envoy" / "tls.crt", "--key", certs / "envoy" / "tls.key")
    scans = [f"--{scan}" for scan in SCANS]
    command = [SSLYZE, *own, *scans, "--mozilla_config=disable", "--quiet", f"--json_out={found}", *targets]
    subprocess.run([str(word) for word in command], check=True, timeout=120, capture_output=True)
    results = json.loads(found.read_text())["server_scan_results"]
    return {result["server_location"]["port"]: result["scan_result"] for result in results}


def test_sslyze_finds_no_old_version_no_weak_cipher_and_no_known_hole(scanned):
    assert scanned.keys() == {*REST.values(), *GRPC.values()}
    for found in scanned.values():
        accepted = {
            version.removesuffix("_cipher_suites"): [
                s["cipher_suite"]["name"] for s in suites["result"]["accepted_cipher_suites"]
            ]
            for version, suites in found.items()
            if version.endswith("_cipher_suites")
        }
        assert not any(accepted[version] for version in OLD)
        assert accepted["tls_1_2"], "it was scanned"
        assert accepted["tls_1_3"]
        for suite in accepted["tls_1_2"]:
            assert suite.startswith("TLS_ECDHE_"), "keys of a recorded talk could be had later"
            assert "_GCM_" in suite or "_CHACHA20_POLY1305_" in suite
        assert not found["tls_compression"]["result"]["supports_compression"]
        assert not found["heartbleed"]["result"]["is_vulnerable_to_heartbleed"]
        assert not found["openssl_ccs_injection"]["result"]["is_vulnerable_to_ccs_injection"]
        assert not found["session_renegotiation"]["result"]["is_vulnerable_to_client_renegotiation_dos"]


async def test_the_database_asks_for_passwords_by_scram_alone(up):
    database = EmbeddedPostgres(up.folder / "data" / "postgres", SETTINGS.database_port)
    connection = await asyncpg.connect(database.admin_url)
    try:
        methods = await connection.fetch("SELECT DISTINCT auth_method FROM pg_hba_file_rules")
        assert [row["auth_method"] for row in methods] == ["scram-sha-256"]
        assert await connection.fetchval("SHOW listen_addresses") == "127.0.0.1"
    finally:
        await connection.close()


async def test_certificates_and_the_authority_change_under_load_and_no_call_fails(up, certs):
    stopped = asyncio.Event()
    answers: Counter[tuple[object, ...]] = Counter()
    load = [asyncio.create_task(work(certs, stopped, answers)) for work in (_rest, _neighbour)]
    seen = set()
    for words in (("certs", "rotate"), ("certs", "rotate", "--ca")) * ROUNDS:
        await asyncio.to_thread(montrg, up, *words)
        await asyncio.sleep(1.5)
        seen.add(await asyncio.to_thread(_shown, REST["location"]))
        seen.add(await asyncio.to_thread(_shown, GRPC["location"], certs / "realtime"))
    stopped.set()
    await asyncio.gather(*load)
    assert len(answers) == 2, answers
    assert min(answers.values()) > 50
    assert len(seen) == 4 * ROUNDS, "each time new certificates came into use at both"
    assert "starting again" not in up.console()


async def _rest(certs, stopped, answers):
    """Calls through Envoy, each time over a new connection; without a token it may be refused, but always alike."""
    while not stopped.is_set():
        trust = ssl.create_default_context(cafile=certs / "ca" / "ca.crt")
        async with httpx.AsyncClient(verify=trust, timeout=10) as client:
            answer = await client.get(f"https://localhost:{REST['location']}/api/v1/locations/")
        answers["REST", answer.status_code] += 1


async def _neighbour(certs, stopped, answers):
    """Calls a service as another one does, over one channel."""
    target = Target(f"ipv4:127.0.0.1:{GRPC['location']}", Certificates(certs / "realtime"), LOCATION.host)
    async with connect(target) as channel:
        stub = pb2_grpc.SensorServiceStub(channel)
        while not stopped.is_set():
            try:
                await stub.GetDirectory(pb2.GetDirectoryRequest(), timeout=10)
            except grpc.aio.AioRpcError as error:
                answers["gRPC", error.code(), error.details()] += 1
            else:
                answers["gRPC", grpc.StatusCode.OK] += 1
            await asyncio.sleep(0.01)


def _shown(port, own=None):
    """The certificate that is shown at a port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if own:
        context.load_cert_chain(own / "tls.crt", own / "tls.key")
    context.set_alpn_protocols(["h2"])
    with socket.create_connection(("127.0.0.1", port), 5) as plain, context.wrap_socket(plain) as shown:
        return shown.getpeercert(binary_form=True)


def test_the_health_of_a_service_is_asked_with_its_own_certificate(up, certs):
    environment = {
        "MONTRG_PROFILE": "secure",
        "MONTRG_CERTS_DIR": str(certs / "thresholds"),
        "MONTRG_PORT": str(GRPC["thresholds"]),
    }
    command = [sys.executable, "-m", "services.cli", "health", "thresholds"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "thresholds is ready\n"), done.stderr


def test_what_there_is_can_be_listed(up):
    said = montrg(up, "certs", "show")
    assert "spiffe://flet-montrg/realtime" in said
    assert len([line for line in said.splitlines() if line.startswith("ca ")]) == 1 + ROUNDS
