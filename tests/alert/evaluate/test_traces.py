"""What becomes of readings, trace by trace: each once as it is, and once with a restart after every step."""

import pytest

from services.alert.evaluate.tuning import SECOND
from tests.alert.evaluate.traces import NOON, Run, lines

TEN = {"interval_s": 10}
TRACES = [
    ("an alert waits until the level has lasted", "heat", TEN, """
        0 35.0
        10 35.5
        49 35.2
        50 35.1 -> raised:red
        60 36.0
        70 30.0 -> cleared:red"""),
    ("a break in it starts the time anew", "heat", TEN, """
        0 35.0
        40 30.0
        50 35.0
        90 35.0
        100 35.0 -> raised:red"""),
    ("an hourly sensor alerts with its first reading", "heat", {"interval_s": 3600}, """
        0 33.0 -> raised:orange
        3600 35.0 -> level_up:red"""),
    ("each level has its own time", "heat", TEN, """
        0 31.0
        20 33.0
        40 35.0
        50 35.0 -> raised:yellow
        60 35.0
        70 35.0 -> level_up:orange
        89 35.0
        90 35.0 -> level_up:red"""),
    ("a level without a wait comes before a higher one that has one", "red later", TEN, """
        0 36.0 -> raised:orange
        280 36.0
        290 36.0 -> level_up:red"""),
    ("levels jump up, and fall at once", "at once", TEN, """
        0 31.0 -> raised:yellow
        10 38.0 -> level_up:critical
        20 33.0 -> level_down:orange
        30 36.0 -> level_up:red
        40 31.0 -> level_down:yellow
        50 30.4 -> cleared:yellow"""),
    ("a level is held half a degree outside its band, no further", "at once", TEN, """
        0 35.0 -> raised:red
        10 34.5
        20 34.9
        30 34.4 -> level_down:orange
        40 32.5
        50 32.4 -> level_down:yellow
        60 30.5
        70 30.4 -> cleared:yellow"""),
    ("a level that falls past the next one is what its band says", "at once", TEN, """
        0 35.0 -> raised:red
        10 32.6 -> level_down:yellow"""),
    ("noise around a limit does not start the time anew", "heat", TEN, """
        0 35.0
        10 34.6
        20 35.1
        30 34.5
        50 34.8 -> raised:red"""),
    ("after an episode comes a new one", "at once", TEN, """
        0 35.0 -> raised:red
        10 30.0 -> cleared:red
        20 31.0 -> raised:yellow"""),
    ("an alert recovers for its off-delay", "at once", TEN | {"off_delay": 300 * SECOND}, """
        0 35.0 -> raised:red
        10 30.0 -> recovering:red
        20 30.0
        309 29.0
        310 29.0 -> cleared:red"""),
    ("what comes back meanwhile is the same episode, no higher than it is", "at once",
     TEN | {"off_delay": 300 * SECOND}, """
        0 35.0 -> raised:red
        10 30.0 -> recovering:red
        20 31.0 -> reactivated:yellow
        30 30.0 -> recovering:yellow
        320 30.0
        330 30.0 -> cleared:yellow"""),
    ("what comes back higher rises when its time is through", "slow", TEN | {"off_delay": 300 * SECOND}, """
        0 33.0
        590 33.0 -> raised:orange
        600 30.0 -> recovering:orange
        610 36.0 -> reactivated:orange
        1190 36.0
        1200 36.0 -> level_up:red"""),
    ("cold counts as heat does, the other way round", "cold", TEN, """
        0 4.0
        50 4.0 -> raised:orange
        60 -1.0
        110 -1.0 -> level_up:red
        120 0.4
        130 0.5 -> level_down:orange
        140 5.4
        150 5.5 -> level_down:yellow
        160 10.4
        170 10.5 -> cleared:yellow"""),
    ("in a gap the higher neighbour's level counts", "gap", TEN, """
        0 32.0
        50 31.0 -> raised:orange
        60 30.6
        70 30.4 -> cleared:orange"""),
    ("a suspect reading raises, and neither lowers nor clears", "at once", TEN | {"suspect_after": 3600 * SECOND}, """
        0 35.0 ! -> raised:red
        10 20.0 !
        20 33.0 !
        30 38.0 ! -> level_up:critical
        40 33.0 -> level_down:orange
        50 20.0 !
        60 20.0 -> cleared:orange"""),
    ("a suspect reading below a limit neither fires nor ends the time", "heat",
     TEN | {"suspect_after": 3600 * SECOND}, """
        0 35.0
        20 20.0 !
        50 20.0 !
        60 35.0 -> raised:red"""),
    ("what comes late is judged and does not page; the first live reading does", "at once", TEN, """
        0 35.0 +901 -> raised:red late
        10 38.0 +1000 -> level_up:critical
        20 38.0 +900 -> live:critical
        30 38.0"""),
    ("what is over before the first live reading never pages", "at once", TEN, """
        0 35.0 +2000 -> raised:red late
        10 30.0 +2000 -> cleared:red
        20 30.0"""),
    ("what rose late in an alert that has paged is told of with the first live reading", "at once", TEN, """
        0 31.0 -> raised:yellow
        10 35.0 +2000 -> level_up:red
        20 35.0 -> live:red"""),
    ("late is more than three intervals, of a slow sensor", "heat", {"interval_s": 3600}, """
        0 35.0 +10800 -> raised:red
        3600 30.0 -> cleared:red
        7200 35.0 +10801 -> raised:red late"""),
    ("a sensor that is stuck for a minute has an alert of its own", "heat", TEN, """
        0 20.0 !
        50 20.0 !
        60 20.0 ! -> raised:yellow
        70 20.0 !
        80 20.0 -> cleared:yellow
        90 20.0 !
        100 20.0
        150 20.0 !"""),
    ("an alert about a sensor and one about its value do not touch each other", "at once", TEN, """
        0 35.0 ! -> raised:red
        60 35.0 ! -> raised:yellow
        70 35.0 -> cleared:yellow
        80 30.0 -> cleared:red"""),
    ("new rules judge what is measured now", "heat", {}, """
        0 34.0 -> raised:orange
        30 rules lower -> level_up:red
        60 34.0
        70 rules higher -> cleared:red"""),
    ("new rules begin what was normal", "heat", {}, """
        0 30.5
        10 rules lower -> raised:orange"""),
    ("new rules that ask for time give it", "heat", TEN, """
        0 30.5
        5 rules lower
        40 30.5
        50 30.5 -> raised:orange"""),
    ("rules that are gone end what they began", "heat", {}, """
        0 34.0 -> raised:orange
        30 rules none -> cleared:orange
        60 34.0"""),
    ("a band that is gone lets its level fall, also by a suspect reading", "heat", {"suspect_after": 3600 * SECOND}, """
        0 36.0 ! -> raised:red
        30 rules no red -> level_down:orange"""),
    ("other rules do not let a suspect reading clear", "heat", {"suspect_after": 3600 * SECOND}, """
        0 36.0 ! -> raised:red
        30 rules higher
        60 20.0 !
        120 36.0 -> cleared:red"""),
    ("the same rules again change nothing", "heat", TEN, """
        0 36.0
        20 rules heat
        50 36.0 -> raised:red
        55 rules heat
        60 34.6
        65 rules heat
        70 30.0 -> cleared:red"""),
]  # fmt: skip


@pytest.mark.parametrize("restarting", [False, True], ids=["whole", "restarting"])
@pytest.mark.parametrize(("rules", "tuning", "trace"), [t[1:] for t in TRACES], ids=[t[0] for t in TRACES])
def test_a_trace_happens_as_it_is_written(rules, tuning, trace, restarting):
    run = Run(rules, restarting=restarting, **tuning)
    for line in lines(trace):
        happened, wanted = run.line(line)
        assert happened == wanted, line


def test_a_silent_sensor_has_an_alert_that_ends_with_the_next_reading_and_touches_no_other():
    run = Run("at once", interval_s=10)
    run.read(0, 35.0)
    journal, happened = run.step(lambda judging: judging.fall_silent(run.watch, run._last, NOON + 31 * SECOND))
    assert happened == "raised:yellow"
    assert journal.episodes[0].raised["message"] == (
        "no reading of s since 2026-07-15T10:00:00Z, where one every 10 s is expected,"
        " at Newark / Terminal B / floor 1 / Ramp"
    )
    assert set(run.watch.alerts) == {"pcv_temperature", "no_data"}
    journal, happened = run.read(40, 35.0)
    assert happened == "cleared:yellow"
    assert journal.episodes[0].fields["clear_reason"] == "data_back"
    assert set(run.watch.alerts) == {"pcv_temperature"}


@pytest.mark.parametrize(
    ("is_silent", "value", "rules", "wanted"),
    [
        (False, 34.0, "orange later", "raised:orange, cleared:orange"),
        (True, 34.0, "orange later", "raised:orange"),
        (True, 34.0, "none", "raised:orange, cleared:orange"),
        (False, 30.5, "lower", "raised:orange"),
        (True, 30.5, "lower", ""),
    ],
)
def test_what_a_silent_sensor_said_long_ago_neither_clears_nor_begins_anything_by_other_rules(
    is_silent, value, rules, wanted
):
    run = Run("heat")
    happened = [run.read(0, value)[1], run.change(900, rules, is_silent=is_silent)[1]]
    assert ", ".join(filter(None, happened)) == wanted


def test_a_silence_that_was_ended_by_hand_is_not_told_of_again():
    run = Run("heat", interval_s=10, restarting=True)
    run.read(0, 20.0)
    run.step(lambda judging: judging.fall_silent(run.watch, run._last, NOON + 31 * SECOND))
    run.watch.forget("no_data")
    assert run.watch.is_silent
    assert not run.watch.is_over
    assert run.read(40, 20.0)[1] == ""
    assert run.watch.is_over


def test_a_sensor_that_is_removed_has_all_its_alerts_ended():
    run = Run("at once", interval_s=10)
    run.read(0, 35.0, quality=3)
    run.read(60, 35.0, quality=3)
    run.step(lambda judging: judging.fall_silent(run.watch, run._last, NOON + 90 * SECOND))
    journal, happened = run.step(lambda judging: judging.remove(run.watch, run._last, NOON + 100 * SECOND))
    assert sorted(happened.split(", ")) == ["cleared:red", "cleared:yellow", "cleared:yellow"]
    assert {episode.fields["clear_reason"] for episode in journal.episodes} == {"sensor_removed"}
    assert run.watch.is_over


def test_what_a_person_ended_is_another_episode_with_the_next_bad_reading():
    run = Run("heat", interval_s=10, restarting=True)
    run.read(0, 35.0)
    run.read(50, 35.0)
    run.watch.forget("pcv_temperature")
    assert [run.read(at, 35.0)[1] for at in (60, 100, 110)] == ["", "", "raised:red"]


def test_an_alert_says_which_limit_was_passed_and_remembers_the_worst():
    run = Run("at once", interval_s=10)
    raised = run.read(0, 35.2)[0].episodes[0].raised
    assert raised["message"] == (
        "pcv_temperature 35.2 °C is red (from 35.0 °C) at Newark / Terminal B / floor 1 / Ramp"
    )
    names = ("threshold_id", "threshold_type", "threshold_level", "threshold_min", "threshold_max", "rule_revision")
    assert [raised[name] for name in names] == [4, "pcv_temperature", "red", 35, 38, 1]
    run.read(10, 39.0)
    fields = run.read(20, 33.5)[0].episodes[0].fields
    assert [fields[name] for name in ("alert_level", "highest_level", "peak_value", "measured_value")] == [
        "orange", "critical", 39.0, 33.5,
    ]  # fmt: skip
    assert "is orange (from 33.0 °C)" in fields["message"]


def test_an_alert_that_lasts_under_new_rules_names_the_limits_that_hold_now():
    run = Run("at once", interval_s=10)
    run.read(0, 36.0)
    journal, happened = run.change(5, "red elsewhere")
    assert happened == ""
    fields = journal.episodes[0].fields
    names = ("threshold_id", "threshold_min", "threshold_max", "rule_revision", "alert_level")
    assert [fields[name] for name in names] == [99, 34, None, 2, "red"]
    assert run.watch.alerts["pcv_temperature"].band == (99, None)


def test_the_worst_of_cold_is_the_lowest():
    run = Run("cold", interval_s=60)
    run.read(0, 4.0)
    run.read(60, -2.0)
    assert run.read(120, 3.0)[0].episodes[0].fields["peak_value"] == -2.0
