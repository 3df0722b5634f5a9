"""What is found of how readings flow: consumers, the evaluation, outboxes, sensors."""

from datetime import timedelta

import pytest

from services.doctor.checks import flow
from services.doctor.domain import Level, span
from services.doctor.facts import Judging, Silent
from services.doctor.figures import Mesh
from tests.support.doctor import AWAY, GONE, HANGING, NOW, READY, only, process, told


def lag(seconds):
    return (
        f'montrg_reading_log_lag_seconds{{consumer="alert"}} {seconds}\n'
        'montrg_reading_log_lag_readings{consumer="alert"} 1200\n'
    )


@pytest.mark.parametrize(("seconds", "level"), [(0.5, Level.OK), (31, Level.WARNING), (301, Level.FAILURE)])
def test_a_consumer_that_is_behind_is_told_in_readings_and_seconds(seconds, level):
    found = only(flow.reading_log(Mesh([process("realtime", lag(seconds)), process("realtime-2", GONE, "realtime")])))
    assert found.level is level
    assert found.found == f"alert is behind by 1,200 readings and {span(seconds)}"


def test_what_nobody_tells_is_unknown_with_the_cause():
    assert only(flow.reading_log(Mesh([process("realtime", GONE)]))).found == GONE.cause
    found = only(flow.reading_log(Mesh([process("realtime", READY)])))
    assert (found.level, found.found.partition(",")[0]) == (
        Level.UNKNOWN,
        "realtime does not tell montrg_reading_log_lag_seconds",
    )


@pytest.mark.parametrize(
    ("judging", "level", "words"),
    [
        (Judging(True, [], 2, NOW - timedelta(seconds=1)), Level.OK, "2 at work; its last beat was 1.0 s ago"),
        (Judging(False, ["nobody judges"], 0, None), Level.FAILURE, "nobody judges"),
        (GONE, Level.UNKNOWN, GONE.cause),
    ],
    ids=["well", "dead", "gone"],
)
def test_the_evaluation_is_as_the_alert_service_says(judging, level, words):
    found = only(flow.evaluator(judging, Mesh([]), NOW))
    assert (found.level, found.found) == (level, words)


@pytest.mark.parametrize("judging", [Judging(False, ["nobody judges"], 0, None), Judging(True, [], 1, NOW), GONE])
def test_without_its_database_the_mesh_judges_nothing_whatever_was_said_last(judging):
    found = only(flow.evaluator(judging, Mesh([process("alert", AWAY)]).beside(HANGING), NOW))
    assert (found.level, found.found) == (Level.UNKNOWN, HANGING.cause)


def waiting(depth, age):
    return (
        f'montrg_outbox_depth{{outbox="history"}} {depth}\nmontrg_outbox_oldest_age_seconds{{outbox="history"}} {age}\n'
    )


@pytest.mark.parametrize(
    ("depth", "age", "level", "words"),
    [
        (3, 2, Level.OK, "alert/history 3"),
        (40, 90, Level.WARNING, "history of alert: 40, the oldest 90 s old"),
        (10_000, 7_200, Level.FAILURE, "history of alert: 10,000 or more, the oldest 2 h old"),
    ],
)
def test_an_outbox_is_stuck_by_the_age_of_its_oldest_entry(depth, age, level, words):
    found = only(flow.outboxes(Mesh([process("alert", waiting(depth, age))]), ["alert"]))
    assert (found.level, found.found) == (level, words)


def test_an_outbox_that_nobody_tells_of_is_unknown_and_the_others_are_told():
    processes = Mesh([process("alert", waiting(1, 61)), process("location", GONE)])
    assert told(flow.outboxes(processes, ["alert", "location"])) == [Level.WARNING, Level.UNKNOWN]


def test_outboxes_that_nobody_tells_of_are_one_finding():
    found = only(flow.outboxes(Mesh([process("alert", GONE), process("location", GONE)]), ["alert", "location"]))
    assert (found.level, found.found) == (Level.UNKNOWN, GONE.cause)


@pytest.mark.parametrize(("count", "level"), [(0, Level.OK), (2, Level.WARNING)])
def test_messages_that_were_given_up_are_counted(count, level):
    assert told(flow.dead_letters(Mesh([process("alert", f"montrg_notifications_dead {count}\n")]))) == [level]


def sensors(**counts):
    return "".join(f'montrg_sensors{{factory="U",quality="{quality}"}} {count}\n' for quality, count in counts.items())


def began(*seconds):
    """The figures of processes of `alert` and `realtime` that began so long ago, and of an older one that is away."""
    start = [NOW.timestamp() - each for each in seconds]
    return Mesh(
        [
            process(f"{service}-{n}", f"process_start_time_seconds {each}\n{sensors(good=3, stale=2)}", service)
            for service in ("alert", "realtime")
            for n, each in enumerate(start)
        ]
        + [process("alert-away", GONE, "alert")]
    )


@pytest.mark.parametrize(
    ("ages", "level", "words"),
    [
        ((4,), Level.UNKNOWN, "not yet: alert began 4.0 s ago; nobody judges"),
        ((-0.2,), Level.UNKNOWN, "not yet: alert began 0.2 s ago; nobody judges"),
        ((4, 20), Level.UNKNOWN, "not yet: alert began 20 s ago; nobody judges"),
        ((4, 31), Level.FAILURE, "nobody judges"),
        ((31,), Level.FAILURE, "nobody judges"),
        ((-31,), Level.FAILURE, "nobody judges"),
        ((), Level.FAILURE, "nobody judges"),
    ],
    ids=["just begun", "by a clock behind theirs", "both", "one long ago", "long ago", "another clock", "not told"],
)
def test_what_has_just_begun_has_not_judged_yet(ages, level, words):
    found = only(flow.evaluator(Judging(False, ["nobody judges"], 0, None), began(*ages), NOW))
    assert (found.level, found.found) == (level, words)


def test_what_judges_already_is_well_however_young():
    assert told(flow.evaluator(Judging(True, [], 1, NOW), began(1), NOW)) == [Level.OK]


@pytest.mark.parametrize(("age", "level"), [(4, Level.UNKNOWN), (31, Level.WARNING)])
def test_sensors_are_silent_only_once_realtime_could_have_heard_of_them(age, level):
    found = only(flow.sensors(began(age), [], NOW))
    assert found.level is level
    assert "3 good, 2 stale" in found.found


SILENT = [Silent("S-9", NOW - timedelta(hours=5)), Silent("S-1", NOW - timedelta(minutes=4))]


@pytest.mark.parametrize(
    ("counts", "silent", "level", "words"),
    [
        ({"good": 8, "flat": 1, "stale": 0}, [], Level.OK, "8 good, 1 flat"),
        (
            {"good": 8, "stale": 2},
            SILENT,
            Level.WARNING,
            "8 good, 2 stale; silent for longest: S-9 for 5 h, S-1 for 4 min",
        ),
        ({"good": 8, "never": 1}, [], Level.WARNING, "8 good, 1 never"),
        ({"good": 0, "stale": 2}, SILENT, Level.FAILURE, "2 stale"),
        ({"good": 1, "stale": 1}, GONE, Level.WARNING, f"which of them is not known: {GONE.cause}"),
    ],
    ids=["well", "two silent", "one never heard", "all silent", "nobody says which"],
)
def test_silent_sensors_are_counted_and_the_first_are_named(counts, silent, level, words):
    found = only(flow.sensors(Mesh([process("realtime", sensors(**counts))]), silent, NOW))
    assert found.level is level
    assert words in found.found


def test_without_any_sensor_there_is_none_and_without_figures_that_is_unknown():
    assert told(flow.sensors(Mesh([process("realtime", "montrg_reading_log_end 0\n")]), [], NOW)) == [Level.OK]
    assert told(flow.sensors(Mesh([process("realtime", READY)]), [], NOW)) == [Level.UNKNOWN]
