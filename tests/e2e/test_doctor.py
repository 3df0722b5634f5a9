"""`montrg doctor` and `montrg status` beside a whole mesh: it is well, then one thing after the other is not."""

import asyncio
import json
import signal
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest

from services.catalog import SERVICES
from services.cli.main import main
from services.local.postgres import EmbeddedPostgres
from tests.support.ports import mesh_on_free_ports
from tests.support.rest import row
from tests.support.up import RECOVERY_S, running_up

SETTINGS = mesh_on_free_ports()
PORTS = {service.name: SETTINGS.rest_port(service) for service in SERVICES}
PLACE = {"loc_id": "A-1", "factory": "Press", "building": "B1", "floor": 1, "area": "Line 1"}


@pytest.fixture(scope="module")
def up():
    with running_up(MONTRG_PORT_OFFSET=str(SETTINGS.port_offset), MONTRG_REPLAY="off") as up:
        yield up


@pytest.fixture(autouse=True)
def here(up, monkeypatch):
    """Has the commands of a test mean this mesh."""
    monkeypatch.setenv("MONTRG_DATA_DIR", str(up.folder / "data"))
    monkeypatch.setenv("MONTRG_PORT_OFFSET", str(SETTINGS.port_offset))


def send(method, service, path, **body):
    answer = httpx.request(method, f"http://127.0.0.1:{PORTS[service]}/api/v1/{path}", timeout=20, json=body or None)
    assert answer.is_success, answer.text
    return answer.json()


@pytest.fixture(scope="module", autouse=True)
def told(up):
    """A sensor with a reading, and somebody who is told of everything."""
    send("POST", "location", "locations/", **PLACE)
    send("POST", "location", "sensors/", sensor_id="S-1", loc_id="A-1", interval_s=3600)
    read("S-1")
    send(
        "POST",
        "alert",
        "subscriptions/",
        name="all",
        channel="webhook",
        recipient="http://127.0.0.1:9/",
        min_level="red",
    )


def read(sensor_id, moment=None):
    """Sends a reading, once realtime has heard of the sensor."""

    def stored():
        readings = [row(sensor_id, moment, temperature=20)]
        return send("POST", "realtime", "realtime/readings", readings=readings)["accepted"] == 1

    eventually(stored)


def eventually(check):
    for _ in range(RECOVERY_S * 5):
        if check():
            return
        asyncio.run(asyncio.sleep(0.2))
    raise AssertionError("it did not come true in time")


def report(capsys, *words):
    """Returns the exit code, and every finding."""
    capsys.readouterr()
    code = main(["doctor", "--json", *words])
    return code, json.loads(capsys.readouterr().out)["findings"]


def doctor(capsys, *words):
    """Returns the exit code, and what is not well, by the names of the checks."""
    code, findings = report(capsys, *words)
    return code, {each["check"]: each for each in findings if each["level"] in {"warning", "failure"}}


@contextmanager
def stopped(up, name):
    """Has a program with all that it started hang until the block ends."""
    (process,) = up.running(name)
    process.send_signal(signal.SIGSTOP)  # first, so that it starts none that is missed
    family = [process, *process.children(recursive=True)]
    try:
        for each in family[1:]:
            each.send_signal(signal.SIGSTOP)
        yield
    finally:
        for each in reversed(family):
            each.send_signal(signal.SIGCONT)


def is_well(capsys):
    return lambda: main(["doctor", "--strict"]) == 0 or capsys.readouterr().out is None


def test_a_mesh_that_is_well_is_all_ok(capsys):
    eventually(is_well(capsys))
    assert capsys.readouterr().out.splitlines()[-1] == "all is well"


def test_status_shows_every_service_and_what_there_is_on_one_screen(capsys):
    assert main(["status"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < 24
    by_first_word = {line.split()[0]: line for line in lines if line.strip()}
    assert all(by_first_word[service.name].split()[1:5] == ["ready", "1", "of", "1"] for service in SERVICES)
    assert "sends to 6 of 6 processes" in by_first_word["envoy"]
    assert "1 good" in by_first_word["sensors"]
    assert "1 subscriptions" in by_first_word["told"]


def test_status_counts_calls_and_not_those_of_who_looks(capsys):
    assert main(["status", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    rates = {each["name"]: each["requests"] for each in shown["services"]}
    # Neighbours follow each other by streams, and tell the log how far they are.
    assert all(rate < 20 for rate in rates.values())
    assert [each["processes"] for each in shown["services"]] == [1] * len(SERVICES)


def test_a_service_that_hangs_is_the_one_failure(up, capsys):
    with stopped(up, "alert"):
        code, bad = doctor(capsys)
    assert (code, [*bad]) == (2, ["processes"])
    assert bad["processes"]["found"].startswith(f"alert on port {SETTINGS.grpc_ports(SERVICES[4])['alert']}")
    assert "logs/alert.log" in bad["processes"]["remedy"]


def test_an_envoy_that_hangs_is_the_one_failure(up, capsys):
    eventually(is_well(capsys))
    with stopped(up, "envoy"):
        code, bad = doctor(capsys)
    assert (code, [*bad]) == (2, ["envoy"])


def test_a_database_that_does_not_answer_is_the_one_failure(capsys, monkeypatch):
    eventually(is_well(capsys))  # Envoy finds the processes well a moment after it goes on
    monkeypatch.setenv("MONTRG_DATABASE_URL", "postgresql://montrg:x@127.0.0.1:9/montrg")
    code, bad = doctor(capsys)
    assert (code, [*bad]) == (2, ["database"])


def test_a_database_without_the_migrations_is_the_one_failure(up, capsys, monkeypatch):
    eventually(is_well(capsys))
    admin_url = EmbeddedPostgres(up.folder / "data" / "postgres", SETTINGS.database_port).admin_url

    async def make_empty():
        connection = await asyncpg.connect(admin_url)
        await connection.execute("CREATE DATABASE empty")
        await connection.close()

    asyncio.run(make_empty())
    monkeypatch.setenv("MONTRG_DATABASE_URL", admin_url.removesuffix("/montrg") + "/empty")
    code, bad = doctor(capsys)
    assert (code, [*bad]) == (2, ["migrations"])
    assert "alert is at none instead of" in bad["migrations"]["found"]


def test_a_subscription_that_fits_nothing_is_a_warning(up, capsys):
    eventually(is_well(capsys))
    where = {"factory": "Pres", "min_level": "red"}
    made = send("POST", "alert", "subscriptions/", channel="webhook", recipient="http://127.0.0.1:9/", **where)
    assert [*doctor(capsys)[1]] == ["subscriptions"]
    assert doctor(capsys, "--strict")[0] == 1
    code, bad = doctor(capsys)
    send("DELETE", "alert", f"subscriptions/{made['subscription_id']}")
    assert code == 0
    assert "1 of 2 fit no sensor: 2 '' (factory 'Pres')" in bad["subscriptions"]["found"]


def test_a_sensor_that_is_silent_is_a_warning_that_names_it(up, capsys):
    send("POST", "location", "sensors/", sensor_id="S-2", loc_id="A-1", interval_s=1)
    read("S-2", datetime.now(UTC) - timedelta(seconds=9))
    eventually(lambda: doctor(capsys)[1])
    code, bad = doctor(capsys)
    send("PUT", "location", "sensors/S-2", is_active=False)
    assert (code, [*bad]) == (0, ["sensors"])
    assert "1 stale; silent for longest: S-2 for " in bad["sensors"]["found"]


def test_the_figures_are_the_same_through_envoy_s_status_port(capsys, monkeypatch):
    url = f"http://127.0.0.1:{SETTINGS.status_port}"
    monkeypatch.setenv("MONTRG_DATABASE_URL", "postgresql://montrg:x@127.0.0.1:9/montrg")
    findings = {}

    def all_ok():
        _, found = report(capsys, "--url", "http://127.0.0.1", "--status-url", url)
        findings.update({each["check"]: each for each in found})
        asked = ("processes", "envoy", "sensors", "reading log", "outboxes")
        return {findings[name]["level"] for name in asked} == {"ok"}

    eventually(all_ok)  # the sensor that is no longer in use is forgotten a moment later
    assert findings["processes"]["found"] == "all 6 answer"
    assert "6 healthy processes of 6" in findings["envoy"]["found"]


def test_a_database_that_hangs_is_the_one_failure_and_the_cause_of_all_that_is_unknown(up, capsys):
    eventually(is_well(capsys))
    with stopped(up, "postgres"):
        code, findings = report(capsys)
    assert code == 2
    by_level = {level: [each for each in findings if each["level"] == level] for level in ("failure", "unknown")}
    assert [each["check"] for each in by_level["failure"]] == ["database"]
    assert "and refuses no connection: it hangs" in by_level["failure"][0]["found"]
    assert {"thresholds", "evaluator", "subscriptions"} <= {each["check"] for each in by_level["unknown"]}
    assert {each["found"] for each in by_level["unknown"]} == {"the database does not answer within 3 s"}
