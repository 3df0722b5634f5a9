"""`montrg up` in the secure profile: its sockets, what is spoken there, certificates under load, and kills."""

import asyncio
import contextlib
import os
import socket
import ssl
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import asyncpg
import grpc
import httpx
import psutil
import pytest
from montrg.location.v1 import sensor_service_pb2 as pb2
from montrg.location.v1 import sensor_service_pb2_grpc as pb2_grpc

from services.catalog import SERVICES, service
from services.certs import folder
from services.certs.authority import KeyPair, issue, utc_now
from services.certs.local import of_service
from services.common.channels import Target, connect
from services.common.identities import TRUST_DOMAIN
from services.common.renewing_channel import LOOK_EVERY_S
from services.common.tls import Certificates
from services.local.postgres import EmbeddedPostgres
from services.mesh.options import ROOT
from tests.support.mesh import eventually
from tests.support.ports import mesh_on_free_ports
from tests.support.soak import kills
from tests.support.sslyze import OLD, SSLYZE, found_by, scanning
from tests.support.told import MAIL, NAME, NOTE, PATH, records, told_words
from tests.support.up import RECOVERY_S, running_up

SETTINGS = mesh_on_free_ports(MONTRG_PROFILE="secure")
REST = {each.name: SETTINGS.rest_port(each) for each in SERVICES}
GRPC = {each.name: SETTINGS.grpc_ports(each)[each.name] for each in SERVICES}
LOCATION = service("location")
PATHS = {
    "thresholds": "thresholds/",
    "location": "locations/",
    "realtime": "realtime/",
    "aggregation": "aggregation/pcv_temperature/?start_date=2026",
    "alert": "alerts/",
    "alert_history": "alert-history/",
}
ROUNDS = kills(usual=1, share=0.1)
IN_USE_S = 10.0
# A neighbour's channel looks whether its certificate has changed.
LONGER_THAN_A_LOOK_S = LOOK_EVERY_S + 0.2


@pytest.fixture(scope="module")
def up():
    told = {"MONTRG_PROFILE": "secure", "MONTRG_PORT_OFFSET": str(SETTINGS.port_offset), "MONTRG_REPLAY": "off"}
    # Calls without a token follow each other more quickly here than anybody's may.
    # Nobody takes a message: what is said of that is looked at.
    told |= {"MONTRG_WEBHOOK_ALLOW": "127.0.0.0/8", "MONTRG_SMTP_HOST": "127.0.0.1", "MONTRG_SMTP_FROM": "m@m.example"}
    with running_up(**told, MONTRG_RATE_PER_ADDRESS="0") as up:
        yield up


@pytest.fixture(scope="module")
def certs(up):
    return up.folder / "data" / "certs"


@pytest.fixture(scope="module")
def scan(up, certs):
    """sslyze at work beside the other tests, which leave it much of the machine; None where it is not installed."""
    if not SSLYZE.exists():
        yield None
        return
    with scanning((*REST.values(), *GRPC.values()), certs / "envoy", up.folder) as scan:
        yield scan


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
    assert f"curl --cacert {certs / 'ca' / 'ca.crt'} -H " in up.console()


def test_the_documented_sockets_are_open_and_no_others(up):
    network = {
        (c.laddr.ip.removeprefix("::ffff:"), c.laddr.port)  # as gRPC's sockets write an address of IPv4
        for c in _connections(up, "inet")
        if c.status == psutil.CONN_LISTEN or (c.type == socket.SOCK_DGRAM and c.laddr)
    }
    documented = [SETTINGS.gateway_port, *REST.values(), *GRPC.values(), SETTINGS.status_port, SETTINGS.database_port]
    assert network == {("127.0.0.1", port) for port in documented}
    admin = up.folder / "data" / "envoy" / "admin.sock"
    assert {str(c.laddr) for c in _connections(up, "unix") if c.laddr} == {str(admin)}
    assert admin.stat().st_mode & 0o777 == 0o600


def test_every_process_tells_prometheus_its_figures_by_tls(up, certs):
    trust = ssl.create_default_context(cafile=certs / "ca" / "ca.crt")
    with httpx.Client(base_url=f"https://localhost:{SETTINGS.status_port}", verify=trust) as http:
        targets = http.get("/targets").json()
        assert [each["labels"]["service"] for each in targets] == [each.name for each in SERVICES]
        for each in targets:
            answer = http.get("/metrics", params={"process": each["labels"]["process"]})
            assert "process_start_time_seconds" in answer.text


def test_the_gateway_tells_everybody_how_each_service_is_and_the_page_that_they_have_to_sign_in(certs):
    trust = ssl.create_default_context(cafile=certs / "ca" / "ca.crt")
    with httpx.Client(base_url=f"https://localhost:{SETTINGS.gateway_port}", verify=trust) as http:
        well = {"alive": True, "ready": True}
        assert http.get("/health").json() == {"status": "ok", "services": {each.name: well for each in SERVICES}}
        assert http.get("/settings.json").json()["profile"] == "secure"
        assert http.get("/api/v1/alerts/").status_code == 401


def _connections(up, kind):
    """The sockets of all processes of the mesh."""
    own = psutil.Process(up.process.pid)
    found = psutil.net_connections(kind)
    processes = {own.pid, *(child.pid for child in own.children(recursive=True))}
    return [connection for connection in found if connection.pid in processes]


@pytest.mark.parametrize(
    "port",
    [SETTINGS.gateway_port, *REST.values(), SETTINGS.status_port, *GRPC.values()],
    ids=["gateway", *REST, "metrics", *(f"{name}, gRPC" for name in GRPC)],
)
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


async def test_the_database_asks_for_passwords_by_scram_alone(up):
    database = EmbeddedPostgres(up.folder / "data" / "postgres", SETTINGS.database_port)
    connection = await asyncpg.connect(database.admin_url)
    try:
        methods = await connection.fetch("SELECT DISTINCT auth_method FROM pg_hba_file_rules")
        assert [row["auth_method"] for row in methods] == ["scram-sha-256"]
        assert await connection.fetchval("SHOW listen_addresses") == "127.0.0.1"
    finally:
        await connection.close()


@pytest.mark.usefixtures("scan")
async def test_certificates_and_the_authority_change_under_load_and_no_call_fails(up, certs):
    stopped = asyncio.Event()
    answers: Counter[tuple[object, ...]] = Counter()
    load = [asyncio.create_task(work(certs, stopped, answers)) for work in (_rest, _neighbour)]
    places = [(REST["location"], None), (GRPC["location"], certs / "realtime")]
    seen = {_shown(*place) for place in places}
    for words in (("certs", "rotate"), ("certs", "rotate", "--ca")) * ROUNDS:
        await asyncio.to_thread(montrg, up, *words)
        for place in places:  # at each a new one comes into use
            await eventually(lambda place=place, known=frozenset(seen): _shows_another(place, known), IN_USE_S)
            seen.add(await asyncio.to_thread(_shown, *place))
        await asyncio.sleep(LONGER_THAN_A_LOOK_S)
    stopped.set()
    await asyncio.gather(*load)
    print(f"{2 * ROUNDS} rotations, {dict(answers)}")
    assert len(answers) == 2, answers
    assert min(answers.values()) > 50
    assert "starting again" not in up.console()


async def _shows_another(place, known):
    return await asyncio.to_thread(_shown, *place) not in known


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


def test_sslyze_finds_no_old_version_no_weak_cipher_and_no_known_hole(scan):
    if scan is None:
        pytest.skip("sslyze is not installed: make test installs it")
    scanned = found_by(scan)
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


def test_the_health_of_a_service_is_asked_with_its_own_certificate(up, certs):
    environment = {
        "MONTRG_PROFILE": "secure",
        "MONTRG_CERTS_DIR": str(certs / "thresholds"),
        "MONTRG_PORT": str(GRPC["thresholds"]),
    }
    command = [sys.executable, "-m", "services.cli", "health", "thresholds"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "thresholds is ready\n"), done.stderr


def test_no_log_tells_who_does_what_whatever_its_level_is(up, certs):
    logs = up.folder / "data" / "logs"
    montrg(up, "logs", "level", "DEBUG", "--for", "1m")
    up.await_true(lambda: any(record["message"] == "levels" for record in records(logs, "alert")), 3)
    token = montrg(up, "token", "--name", NAME, "--role", "engineer", "--factories", "*").strip()
    trust = ssl.create_default_context(cafile=certs / "ca" / "ca.crt")
    headers = {"authorization": f"Bearer {token}", "x-request-id": "asked-kx34"}

    def ask(method, service, path, **more):
        with httpx.Client(verify=trust, timeout=10, headers=headers | more.pop("headers", {})) as client:
            answer = client.request(method, f"https://localhost:{REST[service]}/api/v1/{path}", **more)
        assert answer.is_success, answer.text
        return answer.json()

    place = {"loc_id": "K-1", "plant": "", "factory": "K", "building": "K", "floor": 1, "area": "K"}
    ask("POST", "location", "locations/", json=place)
    ask("POST", "location", "sensors/", json={"sensor_id": "K", "loc_id": "K-1"})
    key = ask("POST", "location", "device-keys/", json={"name": "gate", "sensor_ids": ["K"]})["secret"]
    send_reading(up, trust, key)
    for channel, recipient in (("email", MAIL), ("webhook", f"https://127.0.0.1:1/{PATH}")):
        body = {"name": NAME, "channel": channel, "recipient": recipient, "factory": "K", "enabled": True}
        made = ask("POST", "alert", "subscriptions/", json=body)
        ask("POST", "alert", f"subscriptions/{made['subscription_id']}:test", json={})
    alert = ask("POST", "alert", "alerts/", json={"loc_id": "K-1", "alert_level": "red", "message": NOTE})
    ask("POST", "alert", f"alerts/{alert['alert_id']}:acknowledge", json={"note": NOTE})
    refused = ask_in_vain(trust, headers, f"alerts?limit=x&factory={NOTE}")
    assert refused == 400
    mine = [record for record in records(logs, "alert") if record.get("request_id") == "asked-kx34"]
    assert "call" in {record["message"] for record in mine}
    assert "message not taken" in {record["message"] for record in records(logs, "alert")}
    assert {"caller": "person", "code": "OK"}.items() <= mine[-1].items()
    assert told_words(logs, token, token.split(".")[1], key) == []
    montrg(up, "logs", "level", "default")


def send_reading(up, trust, key):
    """Sends a reading of sensor K with its new key, of which realtime hears a moment later."""
    row = {"sensor_id": "K", "temperature": 20, "humidity": 50, "capture_time": datetime.now(UTC).isoformat()}
    url = f"https://localhost:{REST['realtime']}/api/v1/realtime/readings"
    with httpx.Client(verify=trust, timeout=10, headers={"x-api-key": key, "x-request-id": "asked-kx34"}) as client:
        up.await_true(lambda: client.post(url, json={"readings": [row]}).is_success, 10)


def ask_in_vain(trust, headers, path):
    """The status of a refused question to the alert service."""
    with httpx.Client(verify=trust, timeout=10, headers=headers) as client:
        return client.get(f"https://localhost:{REST['alert']}/api/v1/{path}").status_code


def test_what_there_is_can_be_listed(up):
    said = montrg(up, "certs", "show")
    assert "spiffe://flet-montrg/realtime" in said
    assert len([line for line in said.splitlines() if line.startswith("ca ")]) == 1 + ROUNDS


@pytest.fixture(scope="module")
def everything_answers(up, certs):
    """Tells whether a person gets a good answer of every service, with a token of before."""
    token = montrg(up, "token", "--name", "kim", "--role", "viewer", "--factories", "*").strip()
    headers = {"authorization": f"Bearer {token}"}

    def check():
        trust = ssl.create_default_context(cafile=certs / "ca" / "ca.crt")
        with httpx.Client(verify=trust, timeout=5, headers=headers) as client:
            with contextlib.suppress(httpx.TransportError):
                answers = [client.get(f"https://localhost:{REST[name]}/api/v1/{path}") for name, path in PATHS.items()]
                return {answer.status_code for answer in answers} == {200}
            return False

    return check


def test_a_killed_service_and_a_killed_envoy_come_back(up, everything_answers):
    for killed in ("realtime", "envoy"):
        up.kill(killed)
        up.await_true(everything_answers, RECOVERY_S)


def test_a_mesh_that_starts_again_has_the_certificates_of_before_and_renews_one_that_has_expired(
    up, certs, everything_answers
):
    edge = _shown(REST["location"])
    assert up.stop() == 0
    files = folder.read(certs / "realtime")
    signer = folder.read(certs / "ca")
    expired = issue(
        KeyPair(signer["ca.crt"], signer["ca.key"]),
        of_service("realtime", TRUST_DOMAIN),
        utc_now(),
        -timedelta(minutes=1),
    )
    folder.replace(certs / "realtime", {**files, "tls.crt": expired.certificate, "tls.key": expired.key})
    up.start()
    assert up.console().count("certs       1 new in ") == 1
    up.await_true(everything_answers, RECOVERY_S)
    assert _shown(REST["location"]) == edge
