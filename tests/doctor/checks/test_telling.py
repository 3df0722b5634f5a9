"""What is found of who is told and of the limits."""

from dataclasses import replace

import pytest

from services.doctor.checks import telling
from services.doctor.domain import Level
from services.doctor.facts import Limits, Subscriber, Watched
from tests.support.doctor import GONE, only, told

WATCHED = [
    Watched("A-1", "S-1", "Ulsan", "Press", "B1", 1, "Line"),
    Watched("A-2", "S-2", "Ulsan", "Paint", "B1", 2, "Bay"),
]

EVERYTHING = Subscriber(1, "all", "yellow", True)


@pytest.mark.parametrize(
    ("subscribers", "level", "words"),
    [
        ([EVERYTHING], Level.OK, "1 enabled"),
        ([replace(EVERYTHING, factory="Pres")], Level.WARNING, "1 of 1 fit no sensor: 1 'all' (factory 'Pres')"),
        ([replace(EVERYTHING, factory="Pres", enabled=False)], Level.WARNING, "nobody is told of anything"),
        ([replace(EVERYTHING, alert_type="no_data", sensor_id="S-2")], Level.OK, "1 enabled"),
        ([EVERYTHING, replace(EVERYTHING, floor=9)], Level.WARNING, "1 of 2 fit no sensor: 1 'all' (floor 9)"),
        ([], Level.WARNING, "nobody is told of anything"),
        (GONE, Level.UNKNOWN, GONE.cause),
    ],
    ids=["everything", "mistyped", "disabled", "of a sensor", "one of two", "none", "gone"],
)
def test_subscriptions_that_fit_no_sensor_are_named_with_their_matchers(subscribers, level, words):
    found = only(telling.subscriptions(subscribers, WATCHED))
    assert found.level is level
    assert words in found.found


@pytest.mark.parametrize(
    ("subscribers", "levels", "words"),
    [
        ([EVERYTHING], [Level.OK], "each of 2 places"),
        ([replace(EVERYTHING, factory="Press")], [Level.WARNING], "at 1 of 2 places a breach would reach nobody: A-2"),
        ([replace(EVERYTHING, alert_type="no_data")], [Level.WARNING], "at 2 of 2 places"),
        ([replace(EVERYTHING, sensor_id="S-1"), replace(EVERYTHING, area="Bay")], [Level.OK], "each of 2 places"),
        ([], [], ""),
        (GONE, [Level.UNKNOWN], GONE.cause),
    ],
    ids=["everything", "one factory", "of silence alone", "of a sensor and an area", "none", "gone"],
)
def test_places_at_which_a_breach_would_reach_nobody_are_named(subscribers, levels, words):
    found = [*telling.unheard_places(subscribers, WATCHED)]
    assert told(found) == levels
    assert words in "".join(each.found for each in found)


@pytest.mark.parametrize(
    ("facts", "levels"),
    [
        (Limits({"pcv_temperature": 4, "humidity": 1}, [], []), [Level.OK]),
        (Limits({"pcv_temperature": 4}, ["33 to 34 is in no band"], []), [Level.WARNING]),
        (Limits({"pcv_temperature": 4}, ["a gap"], ["an overlap"]), [Level.WARNING, Level.WARNING]),
        (Limits({"humidity": 1}, [], []), [Level.FAILURE]),
        (GONE, [Level.UNKNOWN]),
    ],
    ids=["well", "gap", "both", "none", "gone"],
)
def test_limits_must_be_there_without_gaps_and_overlaps(facts, levels):
    assert told(telling.limits(facts)) == levels
