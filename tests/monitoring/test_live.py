"""A real Prometheus beside a whole mesh: every expression has figures to go by, and each missing part is told."""

import math
import tempfile
from pathlib import Path
from typing import Any

import pytest

from services.catalog import SERVICES
from tests.monitoring import expressions
from tests.monitoring.watched import until, watched_mesh
from tests.support.prometheus import MISSING, PROMETHEUS
from tests.support.soak import kills, turn

pytestmark = pytest.mark.skipif(PROMETHEUS is None, reason=MISSING)

# A soak takes away each part; else two are always taken, and of the others one each day.
IS_LONG = kills(usual=1) > 1
ALWAYS = ("alert", "postgres")
ALL = (*(service.name for service in SERVICES), "postgres", "envoy", "evaluator", "replay", "receiver")
OTHERS = [part for part in ALL if part not in ALWAYS]
PARTS = ALL if IS_LONG else (*ALWAYS, OTHERS[turn(len(OTHERS))])
# By the part that is missed, the alerts that tell it, and for which service; of a service's process it is this one.
ALERTS = {
    "postgres": {("MontrgDatabaseDown", service.name) for service in SERVICES},
    "envoy": {("MontrgEnvoyDown", "")},
    "evaluator": {("MontrgEvaluatorDead", "")},
    "replay": {("MontrgNoReadings", "")},
    "receiver": {("MontrgNotificationsFailing", "")},
}
TOLD_S, OVER_S = 90, 240
# For so long nothing else must come after.
LINGERS_S = 15 if IS_LONG else 2

# Of the secure profile alone.
SECURE = {"montrg_certificate_expiry_timestamp_seconds"}
# Labels whose values come with what happens, which in a healthy mesh is nothing.
COME = {"grpc_code", "level", "alertstate", "severity"}
# Panels that show what has gone wrong, or what is of the secure profile.
IDLE = ("Firing alerts", "Errors by method", "Calls that fail", "Certificates")


@pytest.fixture(scope="module")
def watched():
    """The mesh when Prometheus has asked everybody, and knows of messages that were sent since then."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as another user where the tests run as root
        with watched_mesh(folder) as watched:
            wanted = {("envoy", ""): "up"} | {("montrg", service.name): "up" for service in SERVICES}
            until(lambda: watched.prometheus.targets() == wanted, 20)
            assert watched.prometheus.targets() == wanted
            for _ in range(5):
                watched.alert()
            yield watched


def test_every_series_that_a_rule_or_dashboard_asks_for_is_told_by_somebody(watched):
    asked = [expression for _, expression in (*expressions.of_rules(), *expressions.of_dashboards())]
    wanted = sorted({selector for expression in asked for selector in expressions.selectors(expression)})
    assert len(wanted) > 100
    until(lambda: not untold(watched, wanted), 20)
    assert untold(watched, wanted) == []
    assert untold(watched, [("montrg_sensors", '{factroy!="Ulsan"}')]) != []


def untold(watched, wanted):
    """The selectors of which there is no series; of labels whose values come and go, those that no series has."""
    return [f"{name}{matchers}" for name, matchers in wanted if not is_told(watched, name, matchers)]


def is_told(watched, name, matchers):
    if name in SECURE:
        return True
    used = expressions.labels(matchers)
    if not any(used <= set(labels) for labels, _ in watched.prometheus.query(name)):
        return False
    return bool(used & COME or watched.prometheus.query(name + matchers))


def test_every_panel_and_recording_rule_has_numbers_to_show(watched):
    records = [(name, expression) for name, expression in expressions.of_rules() if name.startswith("montrg:")]
    shown = [*records, *expressions.of_dashboards()]
    wanted = [(name, expression) for name, expression in shown if not name.endswith(IDLE)]
    assert len(wanted) > 80
    until(lambda: not without_numbers(watched, wanted), 20)
    assert without_numbers(watched, wanted) == []


def without_numbers(watched, wanted):
    """Those that give a number for nothing."""
    found = [(name, expression, watched.prometheus.query(expression)) for name, expression in wanted]
    return [(name, expression) for name, expression, series in found if all(math.isnan(value) for _, value in series)]


def test_every_rule_is_evaluated_without_an_error_and_none_fires(watched):
    assert [rule for rule in watched.prometheus.rules() if rule["health"] != "ok"] == []
    assert watched.prometheus.firing() == {}


@pytest.mark.parametrize("part", PARTS)
async def test_a_part_that_is_missed_is_told_and_nothing_else_is(watched, part):
    expected = ALERTS.get(part, {("MontrgProcessDown", part)})
    await watched.take(part)
    try:
        assert until(lambda: set(told(watched, part, expected)) == expected, TOLD_S), watched.prometheus.firing()
        alerts = linger(watched, part, expected)
    finally:
        await watched.give_back(part)
    assert alerts
    assert "error" not in str([alert["annotations"] for alert in alerts])
    # Of the last one a soak alone waits for the end: what failed is remembered for a while.
    if part != PARTS[-1] or IS_LONG:
        assert until(lambda: not told(watched, part, expected), OVER_S), watched.prometheus.firing()
        linger(watched, part, set())


def told(watched, part, allowed):
    """What fires, of what may."""
    if part == "receiver":
        watched.alert()
    firing = watched.prometheus.firing()
    assert set(firing) <= allowed, firing
    return firing


def linger(watched, part, allowed):
    """Sees for a while that nothing else comes, and returns what fired."""
    fired: dict[tuple[str, str], Any] = {}
    until(lambda: fired.update(told(watched, part, allowed)), LINGERS_S)
    return [*fired.values()]
