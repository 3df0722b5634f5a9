"""Each alert rule fires for its own cause, and no other one does: a healthy mesh, of which one thing changes."""

import json
import os
import shutil
import subprocess

import pytest
import yaml

from services.catalog import SERVICES
from services.mesh.options import ROOT
from tests.monitoring.cases import CASES, change, end, firing, later
from tests.monitoring.healthy import STEP_S, healthy, on_one_machine

PROMTOOL = shutil.which("promtool")
RULES = ROOT / "k8s/components/monitoring/prometheus/rules"
pytestmark = pytest.mark.skipif(PROMTOOL is None, reason="there is no promtool here; Debian has it in prometheus")

# What tells the alerts of a rule from each other. Pods are not told apart here.
LABELS = "alertname, severity, service, consumer, outbox, channel, factory, certificate"


def changed(series, changes):
    """The series after the changes."""
    for apply in changes:
        series = apply(series)
    return series


def run(folder, series, expected, at="20m"):
    """Has promtool evaluate the rules over the series; returns what it says against the alerts that are expected."""
    query = f'group by ({LABELS}) (ALERTS{{alertstate="firing", alertname!="MontrgWatchdog"}})'
    samples = [{"labels": _labels(each), "value": 1} for each in expected]
    test = {
        "interval": f"{STEP_S}s",
        "input_series": [{"series": s.selector, "values": s.values} for s in series],
        "promql_expr_test": [{"expr": query, "eval_time": at, "exp_samples": samples}],
    }
    content = {"rule_files": [str(RULES / "*.yml")], "evaluation_interval": f"{STEP_S}s", "tests": [test]}
    file = folder / "test.yml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    command = [str(PROMTOOL), "test", "rules", str(file)]
    # It takes little memory, and a third of its time would go into looking for garbage.
    environment = os.environ | {"GOGC": "off"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _labels(labels):
    return "{" + ", ".join(f"{name}={json.dumps(value)}" for name, value in labels.items()) + "}"


@pytest.mark.parametrize("what", CASES)
def test_what_is_told_when(what, tmp_path):
    changes, expected = CASES[what]
    assert run(tmp_path, changed(healthy(), changes), expected) == ""


def test_an_envoy_in_front_of_everything_hides_all_and_is_told_alone(tmp_path):
    changes = [end(job="montrg"), change("up", later(1, 0))]
    assert run(tmp_path, changed(on_one_machine(), changes), [firing("MontrgEnvoyDown", "critical")]) == ""


def test_a_healthy_mesh_on_one_machine_has_nothing_to_tell_and_promtool_sees_a_wrong_expectation(tmp_path):
    assert run(tmp_path, on_one_machine(), []) == ""
    assert "MontrgDatabaseDown" in run(tmp_path, on_one_machine(), [firing("MontrgDatabaseDown", "critical")])


def test_the_rules_are_what_prometheus_takes_and_promtool_finds_a_mistake(tmp_path):
    def check(*files):
        command = [str(PROMTOOL), "check", "rules", "--lint-fatal", *map(str, files)]
        return subprocess.run(command, capture_output=True, check=False, timeout=30).returncode

    assert check(*RULES.glob("*.yml")) == 0
    wrong = tmp_path / "wrong.yml"
    wrong.write_text((RULES / "calls.yml").read_text().replace("for: 2m", "for: soon"))
    assert check(wrong) != 0


def rules():
    """Every rule of every file."""
    files = (yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(RULES.glob("*.yml")))
    return [rule for file in files for group in file["groups"] for rule in group["rules"]]


def test_every_alert_is_expected_by_some_case_with_each_of_its_severities():
    told = {(each["alertname"], each["severity"]) for _, expected in CASES.values() for each in expected}
    of_rules = {(rule["alert"], rule["labels"]["severity"]) for rule in rules() if "alert" in rule}
    by_label = {alert for alert, severity in of_rules if "{{" in severity}
    wanted = {(alert, severity) for alert, severity in of_rules if "{{" not in severity}
    wanted |= {(alert, severity) for alert in by_label for severity in ("critical", "warning")}
    assert told == wanted - {("MontrgWatchdog", "none")}


def test_every_alert_says_what_is_the_matter_and_leads_to_its_runbook():
    for rule in rules():
        if "alert" in rule:
            assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
            assert rule["annotations"]["runbook_url"] == f"docs/runbooks/{rule['alert']}.md"


def test_a_service_that_is_gone_is_missed_whichever_it_is():
    (gone,) = (rule["expr"] for rule in rules() if rule.get("alert") == "MontrgServiceGone")
    assert all(f'absent(up{{job="montrg", service="{service.name}"}})' in gone for service in SERVICES)
    assert gone.count("absent(") == len(SERVICES)
