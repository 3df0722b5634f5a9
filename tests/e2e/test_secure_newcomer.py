"""The secure profile as a newcomer meets it: what `montrg up` and the documents say is pasted as it stands."""

import asyncio
import json
import os
import re
import secrets
import ssl
import subprocess
import sys
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psutil
import pytest
from playwright.async_api import expect

from services.catalog import SERVICES
from services.mesh.options import ROOT
from tests.support.oidc import running_provider
from tests.support.ports import mesh_on_free_ports
from tests.support.receivers import webhook
from tests.support.rest import row
from tests.support.swagger import authorize, tried_out
from tests.support.up import running_up

SETTINGS = mesh_on_free_ports(MONTRG_PROFILE="secure")
PORTS = {each.name: SETTINGS.rest_port(each) for each in SERVICES}
BIN = Path(sys.executable).parent
# Not to be guessed, so that wherever it is found it came from here.
WEBHOOK_SECRET = secrets.token_urlsafe(24)


class Newcomer:
    """Types at a terminal and calls the mesh, and keeps all that is answered."""

    def __init__(self, up, token=""):
        self.up, self.token = up, token
        self.heard: list[str] = []
        self.shown_once: list[str] = []
        self.authorities = up.folder / "data" / "certs" / "ca" / "ca.crt"
        (up.folder / ".curlrc").write_text("silent\nshow-error\nfail-with-body\nmax-time = 60\n")

    def types(self, lines, *, keep=True):
        """Has a shell do the lines; one that fails ends them and the test."""
        here = {"MONTRG_DATA_DIR": str(self.up.folder / "data"), "MONTRG_PORT_OFFSET": str(SETTINGS.port_offset)}
        env = os.environ | here | {"CURL_HOME": str(self.up.folder), "TOKEN": self.token}
        done = subprocess.run(["bash", "-ec", lines], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{lines}\n{done.stdout}\n{done.stderr}"
        if keep:
            self.heard += [done.stdout, done.stderr]
        return done.stdout

    @asynccontextmanager
    async def client(self):
        trust = ssl.create_default_context(cafile=self.authorities)
        headers = {"authorization": f"Bearer {self.token}"}
        async with httpx.AsyncClient(verify=trust, timeout=20, headers=headers) as client:
            yield client

    async def asks(self, method, service, path, status=200, *, keep=True, **options):
        """Returns the JSON of an answer, which has to have that status."""
        async with self.client() as client:
            answer = await client.request(method, f"https://127.0.0.1:{PORTS[service]}/api/v1/{path}", **options)
        assert answer.status_code == status, answer.text
        if keep:
            self.heard += [answer.text, str(answer.headers)]
        return answer.json()


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    """An organisation's own issuer, at which people sign in to the dashboard."""
    with running_provider(tmp_path_factory.mktemp("provider")) as provider:
        provider.claims = {"name": "Lee", "montrg_role": "viewer", "montrg_factories": ["*"]}
        yield provider


@pytest.fixture(scope="module")
def up(provider):
    told = {
        "MONTRG_PROFILE": "secure",
        "MONTRG_PORT_OFFSET": str(SETTINGS.port_offset),
        "MONTRG_REPLAY": "off",
        "MONTRG_OIDC_ISSUER": provider.issuer,
        "MONTRG_OIDC_JWKS_URL": provider.url,
        "MONTRG_OIDC_CA_FILE": str(provider.authorities),
        "MONTRG_OIDC_CLIENT_ID": "dashboard",
    }
    with running_up(**told, MONTRG_WEBHOOK_ALLOW="127.0.0.0/8", MONTRG_LOG_LEVEL="DEBUG") as up:
        yield up


@pytest.fixture(scope="module")
def newcomer(up):
    """One who has signed in by the line that the console shows."""
    newcomer = Newcomer(up)
    (line,) = re.findall(r"^  (export TOKEN=.*)$", up.console(), re.MULTILINE)
    newcomer.token = newcomer.types(f'{line}\necho "$TOKEN"', keep=False).strip()
    return newcomer


def pasted(up, document, section, language):
    """The code of one language in a section of a document, with the ports and folders of this mesh."""
    text = (ROOT / document).read_text().partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    code = "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    assert code, f"{document} has none"
    for each in SERVICES:
        code = code.replace(f":{each.rest_port}", f":{PORTS[each.name]}")
    return code.replace(".data/", f"{up.folder}/data/").replace(".venv/bin/", f"{BIN}/")


def test_the_lines_on_the_console_work_as_they_are_pasted(newcomer):
    lines = re.findall(r"^  (curl (?:.*\\\n)?.*)$", newcomer.up.console(), re.MULTILINE)
    assert len(lines) == 5
    *_, place = [json.loads(newcomer.types(line)) for line in lines]
    assert place["factory"] == "Press"


def test_what_the_readme_says_of_the_profile_works_as_it_is_typed(newcomer):
    code = pasted(newcomer.up, "README.md", "Secure", "console")
    commands = re.findall(r"^\$ ((?:.*\\\n)*.*)$", code, re.MULTILINE)
    assert commands.pop(0) == "make up PROFILE=secure"
    assert "KR-OSH-2025" in newcomer.types("\n".join(commands))


async def test_a_sensor_is_registered_and_a_breach_seen_told_acknowledged_and_recorded(newcomer):
    place = {"loc_id": "A-1", "factory": "Ulsan", "building": "B1", "floor": 2, "area": "Paint shop"}
    await newcomer.asks("POST", "location", "locations/", 201, json=place)
    await newcomer.asks("POST", "location", "sensors/", 201, json={"sensor_id": "S-1", "loc_id": "A-1"})
    async with webhook() as receiver:
        told = {"channel": "webhook", "recipient": receiver.url, "secret": WEBHOOK_SECRET, "factory": "Ulsan"}
        await newcomer.asks("POST", "alert", "subscriptions/", 201, json=told)
        hot = {"readings": [row("S-1", temperature=36, humidity=70)]}
        assert (await newcomer.asks("POST", "realtime", "realtime/readings", json=hot))["accepted"] == 1
        (message,) = await receiver.received(1)
    assert message.json["alerts"]
    newcomer.heard.append(f"{message.headers} {message.body!r}")
    (seen,) = (await newcomer.asks("GET", "realtime", "realtime/loc_id/A-1"))["measurements"]
    assert seen["metrics"]["pcv_temperature"]["level"] == "red"
    (alert,) = await newcomer.asks("GET", "alert", "alerts/?state=open")
    await newcomer.asks("POST", "alert", f"alerts/{alert['alert_id']}:acknowledge")
    async with asyncio.timeout(60):  # history and audit are told a moment later
        acknowledged: list[str] = []
        records: list[dict[str, str]] = []
        while not acknowledged:
            events = await newcomer.asks("GET", "alert_history", f"alert-history/?alert_id={alert['alert_id']}")
            acknowledged = [event["actor"] for event in events if event["event_type"] == "acknowledged"]
        story = await newcomer.asks("GET", "alert_history", f"alert-history/{alert['alert_id']}")
        while not {record["kind"] for record in records} >= {"location", "sensor", "subscription", "alert"}:
            records = await newcomer.asks("GET", "alert_history", "audit/")
    assert acknowledged == ["me"]
    assert next(event["event_type"] for event in story["events"]) == "raised"
    assert {(record["actor"], record["actor_role"]) for record in records} == {("me", "engineer")}


async def test_a_device_writes_with_its_key_and_who_watches_sees_it(newcomer):
    made = {"name": "gateway", "sensor_ids": ["S-1"]}
    key = (await newcomer.asks("POST", "location", "device-keys/", 201, json=made, keep=False))["secret"]
    newcomer.shown_once.append(key)
    async with newcomer.client() as client:
        base = f"https://127.0.0.1:{PORTS['realtime']}/api/v1/realtime"
        async with client.stream("GET", f"{base}/watch?factory=Ulsan") as events, asyncio.timeout(60):
            lines = events.aiter_lines()
            assert '"SNAPSHOT"' in await anext(lines)
            cooler = {"readings": [row("S-1", temperature=21.25)]}
            device = {"x-api-key": key, "authorization": ""}
            while (answer := await client.post(f"{base}/readings", json=cooler, headers=device)).status_code == 401:
                await asyncio.sleep(0.1)  # within a second realtime knows the key
            assert answer.json()["accepted"] == 1
            while "21.25" not in (line := await anext(lines)):
                pass
    newcomer.heard += [answer.text, line]


def test_the_python_client_of_the_documents_works(newcomer):
    code = pasted(newcomer.up, "docs/security.md", "Clients", "python")
    said = newcomer.types(f"{sys.executable} - <<'END'\n{code}END")
    assert said.startswith("Ulsan 21.")


def test_doctor_finds_nothing_that_fails(newcomer):
    # Just after the start nobody has judged anything yet, and it says so.
    doctor = f"MONTRG_PROFILE=secure {BIN}/montrg doctor"
    report = json.loads(newcomer.types(f"for _ in {{1..20}}; do {doctor} >&2 && break; sleep 1; done; {doctor} --json"))
    levels = {each["check"]: each["level"] for each in report["findings"]}
    assert "unknown" not in levels.values(), report
    assert levels["certificates"] == levels["processes"] == levels["envoy"] == levels["thresholds"] == "ok"


def test_watch_signs_in_and_shows_what_there_is(newcomer):
    shown = newcomer.types(f"MONTRG_PROFILE=secure {BIN}/montrg watch --once")
    assert shown.startswith("● live ")
    assert " place, " in shown


async def test_swagger_ui_tries_an_operation_with_the_token_that_it_is_given(newcomer, open_page):
    page = await open_page(f"https://127.0.0.1:{PORTS['realtime']}/docs", trusting=True)
    await authorize(page, newcomer.token)
    assert await tried_out(page, "operations-RealtimeService-RealtimeService_GetMeasurements") == 200


async def test_the_dashboard_takes_the_token_and_shows_what_there_is(newcomer, open_page, faults):
    faults.expect("401")
    page = await open_page(f"https://127.0.0.1:{SETTINGS.gateway_port}/", trusting=True)
    token = page.get_by_label("Token")
    await token.fill("x.y.z")
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_text("The token does not hold")).to_be_visible()
    await token.fill(newcomer.token)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.locator(".chip")).to_have_text("Live")
    await expect(page.get_by_test_id("hottest-place")).to_be_visible()
    await page.get_by_role("button", name="Sign out").click()
    await expect(token).to_be_visible()


async def test_who_signs_in_at_their_own_issuer_comes_back_to_where_they_were(newcomer, open_page):
    page = await open_page(f"https://127.0.0.1:{SETTINGS.gateway_port}/#/now?kiosk=1", trusting=True)
    await page.get_by_role("button", name="Sign in with").click()
    await expect(page.get_by_test_id("hottest-place")).to_be_visible()
    assert page.url.endswith("/#/now?kiosk=1")
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Sign out")).to_contain_text("Lee")


async def test_history_that_is_sent_later_is_verified_and_made_anew(newcomer):
    now = datetime.now(UTC)
    rows = [row("S-1", now - timedelta(hours=hour), temperature=20 + hour % 9) for hour in range(1, 200)]
    assert (await newcomer.asks("POST", "realtime", "realtime/readings", json={"readings": rows}))["late"] == 199
    montrg = f"MONTRG_PROFILE=secure {BIN}/montrg aggregation"
    assert "hours, days and months are right" in newcomer.types(f"{montrg} verify")
    assert "is done: " in newcomer.types(f"{montrg} backfill")


async def test_who_is_refused_is_told_what_to_do(newcomer):
    def message(answer):
        return answer["message"]

    nobody = Newcomer(newcomer.up)
    nobody.token = "x.y.z"
    assert "`montrg token`" in message(await nobody.asks("GET", "alert", "alerts/", 401))
    viewer = Newcomer(newcomer.up)
    viewer.token = newcomer.types(f"{BIN}/montrg token --name v --role viewer --factories Ulsan", keep=False).strip()
    sensor = {"sensor_id": "S-2", "loc_id": "A-1"}
    assert "takes the role engineer" in message(await viewer.asks("POST", "location", "sensors/", 403, json=sensor))
    private = {"channel": "webhook", "recipient": "http://10.1.2.3/hook"}
    assert "MONTRG_WEBHOOK_ALLOW" in message(await newcomer.asks("POST", "alert", "subscriptions/", 400, json=private))


def secrets_of(newcomer):
    """Every secret of this mesh by what it is: files, one as lines of a key are; and what was told to the newcomer."""
    data = newcomer.up.folder / "data"
    keys = [path for path in data.rglob("*.key") if path.is_file() and not path.is_symlink()]
    assert {path.name for path in keys} == {"ca.key", "tls.key", "issuer.key"}
    found = {str(path): path.read_text().splitlines()[1] for path in keys}
    found |= {f"the role of {name}": word for name, word in json.loads((data / "roles.json").read_text()).items()}
    found["the administrator"] = (data / "postgres" / "password").read_text().strip()
    found |= {"the webhook's": WEBHOOK_SECRET, "a token": newcomer.token.rpartition(".")[2]}
    found |= {f"device key {n}": key.split("_", 2)[2] for n, key in enumerate(newcomer.shown_once)}
    assert all(len(secret) >= 16 for secret in found.values())
    return found


def test_secrets_are_in_files_that_their_owner_alone_reads_and_nowhere_else(newcomer):
    known, data = secrets_of(newcomer), newcomer.up.folder / "data"
    cluster = data / "postgres" / "cluster"
    assert cluster.stat().st_mode & 0o777 == 0o700
    files = [path for path in newcomer.up.folder.rglob("*") if path.is_file() and cluster not in path.parents]
    assert {"realtime.log", "envoy.log", "postgres.log", "console.log"} <= {path.name for path in files}
    found = set()
    for path in files:
        held = {name for name, secret in known.items() if secret.encode() in path.read_bytes()}
        mode = path.stat().st_mode & 0o777
        assert not held or mode == 0o600, f"{path} ({mode:o}) holds {held}"
        assert not held or path.suffix != ".log", f"{path} holds {held}"
        found |= held
    assert found > {"the administrator", *(f"the role of {name}" for name in PORTS)}, "what is there is found"


def test_no_process_shows_a_secret_in_its_arguments(newcomer):
    mesh = psutil.Process(newcomer.up.process.pid)
    lines = [" ".join(process.cmdline()) for process in [mesh, *mesh.children(recursive=True)]]
    assert any("services.realtime" in line for line in lines)
    assert not [(name, line) for name, secret in secrets_of(newcomer).items() for line in lines if secret in line]


def lists():
    """Yields each list that can be asked for without knowing an id, as the documents of the API have them."""
    needed = {"start_date": "2026", "start_time": "2026-11-26T00:00:00Z", "loc_id": "A-1", "sensor_id": "S-1"}
    for service in PORTS:
        document = json.loads((ROOT / "gen" / "openapi" / f"{service}.json").read_text())
        for path, operations in document["paths"].items():
            is_list = path.startswith("/api/v1/") and "get" in operations
            if is_list and "{" not in path and not path.endswith("/watch"):
                parameters = operations["get"].get("parameters", [])
                names = [each["name"] for each in parameters if each.get("required")]
                yield service, path, {name: needed[name] for name in names}


async def test_no_answer_tells_a_secret(newcomer):
    newcomer.token = newcomer.types(f"{BIN}/montrg token --name a --role admin --factories '*'", keep=False).strip()
    async with newcomer.client() as client:
        for service, path, query in lists():
            answer = await client.get(f"https://127.0.0.1:{PORTS[service]}{path}", params=query)
            assert answer.status_code == 200, answer.text
            newcomer.heard += [answer.text, str(answer.headers)]
    heard = "\n".join(newcomer.heard)
    assert "gateway" in heard
    assert not [name for name, secret in secrets_of(newcomer).items() if secret in heard]
