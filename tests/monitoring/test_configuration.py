"""What Prometheus and Alertmanager are configured with is what these programs take, in every place."""

import json
import re
import shlex
import subprocess

import pytest
import yaml

from services.cli.main import main
from services.local.monitoring import SOURCE, command, configuration
from services.local.settings import read_settings
from services.mesh.options import ROOT
from tests.support.programs import program

PROMTOOL, AMTOOL = program("promtool"), program("amtool")
with_promtool = pytest.mark.skipif(PROMTOOL is None, reason="there is no promtool here; Debian has it in prometheus")
with_amtool = pytest.mark.skipif(
    AMTOOL is None, reason="there is no amtool here; Debian has it in prometheus-alertmanager"
)
PLACES = {
    "a cluster": SOURCE / "prometheus/scrape/kubernetes.yml",
    "a secure cluster": SOURCE.parent / "secure-monitoring/scrape/kubernetes.yml",
    "compose": ROOT / "compose/scrape.yml",
    "secure compose": ROOT / "compose/scrape.secure.yml",
}


def check(*command):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False, timeout=30)
    return done.returncode, done.stdout + done.stderr


@with_promtool
@pytest.mark.parametrize("place", PLACES)
def test_prometheus_takes_the_pieces_put_together(place, tmp_path):
    # Debian's reads no pieces.
    whole = yaml.safe_load((SOURCE / "prometheus/prometheus.yml").read_text(encoding="utf-8"))
    assert whole.pop("scrape_config_files") == ["scrape/*.yml"]
    whole["scrape_configs"] += yaml.safe_load(PLACES[place].read_text(encoding="utf-8"))["scrape_configs"]
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump(whole), encoding="utf-8")
    # The certificates are not here.
    status, said = check(PROMTOOL, "check", "config", "--syntax-only", file)
    assert status == 0, said


@with_promtool
def test_the_command_writes_a_whole_configuration_and_says_how_it_is_used(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MONTRG_PORT_OFFSET", "100")
    folder = tmp_path / "a folder"
    for _ in range(2):  # the second time over the first
        assert main(["monitoring", str(folder)]) == 0
    status, said = check(PROMTOOL, "check", "config", folder / "prometheus.yml")
    assert status == 0, said
    assert said.count("rules found") == 6
    assert "127.0.0.1:30109" in (folder / "prometheus.yml").read_text(encoding="utf-8")
    assert (folder / "dashboards" / "overview.json").is_file()
    *_, argv = map(shlex.split, capsys.readouterr().out.splitlines())
    assert argv == command(folder / "prometheus.yml")


@pytest.mark.parametrize("given", [(), ("--runbooks", "https://wiki.example.com/runbooks/")])
def test_on_one_machine_every_alert_leads_to_a_page_that_can_be_opened(given, tmp_path):
    assert main(["monitoring", str(tmp_path), *given]) == 0
    base = given[1] if given else (ROOT / "docs/runbooks").as_uri() + "/"
    rules = "".join(file.read_text(encoding="utf-8") for file in (tmp_path / "rules").glob("*.yml"))
    urls = re.findall(r"runbook_url: (.+)", rules)
    assert len(urls) > 20
    for url in urls:
        assert url.startswith(base)
        assert (ROOT / "docs/runbooks" / url.removeprefix(base)).is_file()
    board = json.loads((tmp_path / "dashboards/overview.json").read_text(encoding="utf-8"))
    (variable,) = (each for each in board["templating"]["list"] if each["name"] == "runbooks")
    assert f"{variable['current']['value'].rstrip('/')}/" == base


def test_in_the_secure_profile_prometheus_asks_by_tls_and_verifies_who_answers(tmp_path):
    settings = read_settings({"MONTRG_PROFILE": "secure", "MONTRG_DATA_DIR": str(tmp_path)})
    envoy, processes = configuration(settings)["scrape_configs"]
    (found,) = processes["http_sd_configs"]
    assert found["url"] == "https://127.0.0.1:30009/targets"
    for asked in (envoy, processes, found):
        assert asked["tls_config"] == {"ca_file": str(tmp_path / "certs/ca/ca.crt")}
    assert (envoy["scheme"], processes["scheme"]) == ("https", "https")


def test_what_the_command_puts_into_a_file_is_told(tmp_path, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main(["monitoring", str(tmp_path / "file")]) == 1
    assert "is no folder" in capsys.readouterr().err


@with_amtool
def test_alertmanager_takes_its_example_and_tells_by_severity():
    file = SOURCE / "alertmanager/alertmanager.yml"
    status, said = check(AMTOOL, "check-config", file)
    assert status == 0, said
    for labels, receiver in (
        (["severity=critical", "alertname=MontrgDatabaseDown"], "at-once"),
        (["severity=warning", "alertname=MontrgLatencyHigh"], "working-hours"),
        (["severity=none", "alertname=MontrgWatchdog"], "dead-mans-switch"),
    ):
        command = ("config", "routes", "test", f"--config.file={file}", f"--verify.receivers={receiver}", *labels)
        status, said = check(AMTOOL, *command)
        assert status == 0, said
