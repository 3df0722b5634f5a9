"""Each alert rule fires for its own cause, and no other one does: a healthy mesh, of which one thing changes."""

import re
import subprocess

import pytest
import yaml

from services.catalog import SERVICES
from services.local.monitoring import RULES
from services.runbooks import ADDRESS
from tests.monitoring.cases import calls, processes, readings, telling
from tests.monitoring.changes import Case, at_last, change, end, firing, later
from tests.monitoring.healthy import on_one_machine
from tests.monitoring.mutants import AS_IT_IS, mutants, write
from tests.monitoring.promtool import (
    MISSING,
    PROMTOOL,
    Look,
    alerts_found_otherwise,
    changed,
    firing_of,
    looks,
    run,
)
from tests.support.soak import kills, turn

pytestmark = pytest.mark.skipif(PROMTOOL is None, reason=MISSING)

# By the file of the rules.
FILES = {"processes": processes.CASES, "calls": calls.CASES, "readings": readings.CASES, "telling": telling.CASES}
# A soak makes all rules wrong, else a third of each file has its day.
SHARES = 3
WRONG = [(file, share) for file in FILES for share in range(SHARES)]
WRONG = WRONG if kills(usual=1) > 1 else [WRONG[turn(len(WRONG))]]
# The meshes of the cases are too young for windows of half an hour and more.
UNSEEN = re.compile(r".*_(30m|2h)_\w+")


@pytest.mark.parametrize("file", FILES)
def test_what_is_told_when(file, tmp_path):
    cases = FILES[file].items()
    assert run(tmp_path, [(name, changed(case.changes), looks(case)) for name, case in cases]) == ""


@pytest.mark.parametrize(("file", "share"), WRONG)
def test_no_number_of_a_rule_nor_its_for_can_be_wrong_without_a_case_that_shows_it(file, share, tmp_path):
    found = [*mutants(file)][share::SHARES]
    tests = [
        (name, changed(case.changes), [look for mutant in found for look in mutant.looks(case)])
        for name, case in FILES[file].items()
    ]
    files = [RULES / "neighbours.yml", RULES / "recording.yml", write(found, tmp_path)]
    said = run(tmp_path, tests, files, ["montrg-neighbours", "montrg-recording", "mutants"])
    unseen = {mutant.name for mutant in found} - alerts_found_otherwise(said)
    assert {name for name in unseen if not UNSEEN.fullmatch(name)} == {
        mutant.name for mutant in found if mutant.wrong == AS_IT_IS
    }


def test_the_watchdog_always_fires_also_where_nothing_is_known(tmp_path):
    fires = [firing("MontrgWatchdog", "none")]
    seen = [Look(at, firing_of('alertname="MontrgWatchdog"'), fires) for at in (0, 300, 1200)]
    assert run(tmp_path, [("healthy", changed([]), seen), ("nothing", [], seen)]) == ""


def test_an_envoy_in_front_of_everything_hides_all_and_is_told_alone(tmp_path):
    told = at_last(firing("MontrgEnvoyDown", "critical"))
    listed = Case([end(job="montrg"), change("up", later(1, 0))], told)
    # A Prometheus that was begun meanwhile knows of no process.
    unlisted = Case([end(job="montrg"), change("up", None, job="montrg"), change("up", later(0, 0))], told)
    tests = [(str(case), changed(case.changes, on_one_machine()), looks(case)) for case in (listed, unlisted)]
    assert run(tmp_path, tests) == ""


def test_a_healthy_mesh_on_one_machine_has_nothing_to_tell_and_promtool_sees_a_wrong_expectation(tmp_path):
    assert run(tmp_path, [("one", on_one_machine(), looks(Case([])))]) == ""
    wrong = Case([], at_last(firing("MontrgDatabaseDown", "critical")))
    assert "MontrgDatabaseDown" in run(tmp_path, [("one", on_one_machine(), looks(wrong))])


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
    seen = [alerts for cases in FILES.values() for case in cases.values() for alerts in case.looks.values()]
    told = {(each["alertname"], each["severity"]) for alerts in seen for each in alerts}
    of_rules = {(rule["alert"], rule["labels"]["severity"]) for rule in rules() if "alert" in rule}
    by_label = {alert for alert, severity in of_rules if "{{" in severity}
    wanted = {(alert, severity) for alert, severity in of_rules if "{{" not in severity}
    wanted |= {(alert, severity) for alert in by_label for severity in ("critical", "warning")}
    assert told == wanted - {("MontrgWatchdog", "none")}


def test_every_alert_says_what_is_the_matter_and_leads_to_its_runbook():
    for rule in rules():
        if "alert" in rule:
            assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}
            assert rule["annotations"]["runbook_url"] == f"{ADDRESS}/{rule['alert']}.md"


def test_a_service_that_is_gone_is_missed_whichever_it_is():
    (gone,) = (rule["expr"] for rule in rules() if rule.get("alert") == "MontrgServiceGone")
    assert all(f'absent(up{{job="montrg", service="{service.name}"}})' in gone for service in SERVICES)
    assert gone.count("absent(") == len(SERVICES)
