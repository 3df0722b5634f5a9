"""The command's grammar and what it says of mistakes."""

import subprocess
import sys

import pytest

from services.catalog import SERVICES
from services.cli.main import build_parser, main

COMMANDS = [
    ["up"],
    ["replay"],
    ["serve", SERVICES[0].name],
    ["db", "upgrade"],
    ["db", "wait", SERVICES[0].name],
    ["health", SERVICES[0].name],
    ["envoy", "render"],
    ["certs", "keep"],
]
COMMANDS += [["watch"], ["watch", "--sort", "name", "--floor", "-1", "--once"]]
COMMANDS += [["aggregation", "backfill"], ["aggregation", "verify"]]
COMMANDS += [["envoy", "sidecar", SERVICES[0].name], ["envoy", "edge"]]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_parses_and_has_help(words, capsys):
    assert callable(build_parser().parse_args(words).run)
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args([*words, "--help"])
    assert ended.value.code == 0
    assert f"usage: montrg {words[0]}" in capsys.readouterr().out


def test_the_help_lists_every_command(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    told = capsys.readouterr().out
    assert all(words[0] in told for words in COMMANDS)


def test_an_unknown_service_is_refused_with_the_known_ones(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["serve", "weather"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert all(service.name in told for service in SERVICES)


def test_db_upgrade_without_a_database_names_the_setting(capsys, monkeypatch):
    monkeypatch.delenv("MONTRG_DATABASE_URL", raising=False)
    assert main(["db", "upgrade"]) == 1
    assert "MONTRG_DATABASE_URL is not set" in capsys.readouterr().err


def test_envoy_render_writes_the_file(tmp_path, capsys):
    assert main(["envoy", "render", "--out", str(tmp_path / "envoy.yaml")]) == 0
    assert "static_resources" in (tmp_path / "envoy.yaml").read_text()


def test_help_is_quick_because_nothing_heavy_is_imported():
    code = "import sys, services.cli.main; print(sorted({'grpc', 'sqlalchemy', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_in_an_image_of_one_service_that_one_is_meant(monkeypatch):
    monkeypatch.setenv("MONTRG_SERVICE", "location")
    assert build_parser().parse_args(["serve"]).service == "location"
    assert build_parser().parse_args(["serve", "alert"]).service == "alert"
    monkeypatch.setenv("MONTRG_SERVICE", "")
    with pytest.raises(SystemExit):
        build_parser().parse_args(["serve"])


@pytest.mark.parametrize("floor", ["one", "3000000000"])
def test_a_floor_that_cannot_be_one_is_refused_with_its_option(floor, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["watch", "--floor", floor])
    assert ended.value.code == 2
    assert f"argument --floor: '{floor}' is no floor; give a whole number" in capsys.readouterr().err


def test_what_watch_sorts_by_is_what_there_is():
    from services.watch.tree import ORDERS

    for order in ORDERS:
        assert build_parser().parse_args(["watch", "--sort", order]).sort == order
