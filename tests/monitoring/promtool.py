"""Has promtool evaluate rules over the series of cases, and hears of every look at which they say something else."""

import json
import os
import re
import subprocess
from dataclasses import dataclass

import yaml

from services.local.monitoring import RULES
from tests.monitoring.healthy import STEP_S, healthy
from tests.support.programs import program

PROMTOOL = program("promtool")
MISSING = "there is no promtool here; Debian has it in the package prometheus"
# What tells the alerts of a rule from each other. Pods are not told apart here.
LABELS = "alertname, severity, service, consumer, outbox, channel, factory, certificate"

# Without it, it takes them as they come, and a rule may see what was recorded a step ago.
ORDER = tuple(f"montrg-{name}" for name in ("neighbours", "recording", "processes", "calls", "readings", "telling"))


@dataclass(frozen=True)
class Look:
    """What some query gives at a second: series by their labels, each with the value 1."""

    at_s: int
    query: str
    expected: list[dict[str, str]]

    def to_promtool(self):
        samples = [{"labels": _labels(each), "value": 1} for each in self.expected]
        return {"expr": self.query, "eval_time": f"{self.at_s}s", "exp_samples": samples}


def changed(changes, series=None):
    """The series of a healthy mesh after the changes."""
    series = healthy() if series is None else series
    for apply in changes:
        series = apply(series)
    return series


def looks(case):
    """What fires at each look at a case: all but what always does."""
    query = firing_of('alertname!="MontrgWatchdog"')
    return [Look(at, query, alerts) for at, alerts in case.looks.items()]


def firing_of(matcher):
    """The query for the alerts that fire, of those that a matcher chooses."""
    return f'group by ({LABELS}) (ALERTS{{alertstate="firing", {matcher}}})'


def run(folder, tests, files=(RULES / "*.yml",), order=ORDER):
    """Evaluates the rules over the series of each test, and returns what promtool says of what it found otherwise.

    A test is a name, the series, and the looks at them.
    """
    content = {
        "rule_files": [*map(str, files)],
        "evaluation_interval": f"{STEP_S}s",
        "group_eval_order": [*order],
        "tests": [_test(*test) for test in tests],
    }
    file = folder / "tests.yml"
    file.write_text(yaml.dump(content, Dumper=yaml.CSafeDumper), encoding="utf-8")
    command = [str(PROMTOOL), "test", "rules", str(file)]
    # It takes little memory, and a third of its time would go into looking for garbage.
    environment = os.environ | {"GOGC": "400"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def alerts_found_otherwise(said):
    """The names of alerts of which a query by name gave something else, as promtool says."""
    return set(re.findall(r'expr: .*alertname=\\"(\w+)\\"', said))


def _test(name, series, seen):
    return {
        "name": name,
        "interval": f"{STEP_S}s",
        "input_series": [{"series": s.selector, "values": s.values} for s in series],
        "promql_expr_test": [look.to_promtool() for look in seen],
    }


def _labels(labels):
    return "{" + ", ".join(f"{name}={json.dumps(value)}" for name, value in labels.items()) + "}"
