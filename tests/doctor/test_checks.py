"""Each check by tables: what facts come to, in what words, and with what remedy."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.doctor.checks import database, flow, machine, mesh, telling
from services.doctor.domain import Level, Unasked, exit_code, failure, ok, size, some, span, unknown, warning
from services.doctor.facts import (
    Certificate,
    Database,
    Envoy,
    Judging,
    Limits,
    Listener,
    Machine,
    Package,
    Silent,
    Subscriber,
    Watched,
)
from services.doctor.figures import Figures, Mesh, Process

NOW = datetime(2026, 7, 15, 12, tzinfo=UTC)
GONE = Unasked("it does not answer")
HANGING = Unasked("it does not answer within 3 s", is_hanging=True)
GB = 10**9
MACHINE = Machine(
    [Listener(30003, "the realtime service's REST", "envoy", 7, "/bin/envoy -c x")],
    "3.12.1",
    [],
    [],
    50 * GB,
    100 * GB,
    0,
)
SETTINGS = {
    "fsync": "on",
    "full_page_writes": "on",
    "default_transaction_read_only": "off",
    "autovacuum": "on",
    "idle_session_timeout": "0",
    "max_connections": "100",
    "superuser_reserved_connections": "3",
    "reserved_connections": "0",
    "shared_buffers": "16384",
    "TimeZone": "UTC",
}
DATABASE = Database("16.4", None, {"alert": "0004"}, SETTINGS, False, 0.01, 20, 2 * GB, None)


def told(findings):
    """The levels of findings with one word each, which is all that a table says of them."""
    return [each.level for each in findings]


def only(findings):
    (found,) = findings
    return found


@pytest.mark.parametrize(
    ("findings", "is_strict", "code"),
    [
        ([ok("a", "x")], True, 0),
        ([ok("a", "x"), warning("b", "x", "y")], False, 0),
        ([ok("a", "x"), warning("b", "x", "y")], True, 1),
        ([unknown("a", GONE)], False, 0),
        ([unknown("a", GONE)], True, 1),
        ([failure("a", "x", "y"), ok("b", "x")], False, 2),
        ([failure("a", "x", "y"), warning("b", "x", "y")], True, 2),
    ],
)
def test_the_worst_finding_decides_the_exit_code(findings, is_strict, code):
    assert exit_code(findings, is_strict=is_strict) == code


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0.0 s"), (9.96, "10.0 s"), (45, "45 s"), (150, "2 min"), (7200, "2 h"), (200_000, "2 d")],
)
def test_spans_are_said_in_the_largest_unit_of_which_there_are_two(seconds, words):
    assert span(seconds) == words


def test_sizes_and_long_lists_are_cut_short():
    assert [size(each) for each in (2_000, 3.4e6, 1.2e9, 5e12)] == ["2 kB", "3.4 MB", "1.2 GB", "5.0 TB"]
    assert some(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"


@pytest.mark.parametrize(
    ("pid", "command", "level", "words"),
    [
        (None, "", Level.OK, "0 of 1"),
        (7, "/bin/envoy -c x", Level.OK, "1 of 1"),
        (0, "", Level.OK, "1 of 1"),
        (99, "nginx: master", Level.FAILURE, "port 30003 (the realtime service's REST) is taken by process 99 (nginx"),
    ],
    ids=["nobody", "ours", "unseen", "another"],
)
def test_a_port_is_a_failure_only_where_another_program_is_seen_on_it(pid, command, level, words):
    listener = replace(MACHINE.listeners[0], pid=pid, command=command)
    found = only(machine.ports(replace(MACHINE, listeners=[listener])))
    assert found.level is level
    assert words in found.found


def test_ports_of_a_mesh_elsewhere_are_not_told_of():
    assert not [*machine.ports(replace(MACHINE, listeners=[]))]


@pytest.mark.parametrize(
    ("version", "timescale", "levels"),
    [
        ("14.2", None, [Level.OK]),
        ("13.9", None, [Level.FAILURE, Level.OK]),
        ("16.4", "2.18.0", [Level.OK]),
        ("16.4", "2.9.1", [Level.FAILURE, Level.OK]),
    ],
)
def test_servers_that_are_too_old_are_failures(version, timescale, levels):
    facts = replace(DATABASE, version=version, timescale=timescale)
    assert told(machine.versions(MACHINE, facts, Envoy("1.40.0", {}))) == levels


def test_packages_that_differ_from_the_lock_file_are_named():
    facts = replace(MACHINE, packages=[Package("grpcio", "1.80.0", "1.85.1"), Package("rich", None, "15.0.0")])
    found, _ = machine.versions(facts, GONE, GONE)
    assert (found.level, found.found) == (
        Level.WARNING,
        "not as pinned: grpcio 1.80.0 instead of 1.85.1, rich missing instead of 15.0.0",
    )


def life(name, begin_h, until_h):
    return Certificate(name, NOW + timedelta(hours=begin_h), NOW + timedelta(hours=until_h))


@pytest.mark.parametrize(
    ("certificates", "level", "words"),
    [
        ([life("alert", -1, 23)], Level.OK, "1; the first to end is alert, in 23 h"),
        ([life("alert", -17, 7), life("ca", -17, 40_000)], Level.WARNING, "1 of 2 should have been renewed: alert"),
        ([life("alert", -48, -24)], Level.FAILURE, "1 of 1 have ended: alert; alert 24 h ago"),
        ([], Level.FAILURE, "there are none"),
    ],
    ids=["fresh", "overdue", "ended", "none"],
)
def test_certificates_are_to_be_renewed_when_two_thirds_of_their_life_are_over(certificates, level, words):
    found = only(machine.certificates(replace(MACHINE, certificates=certificates), NOW, is_secure=True))
    assert found.level is level
    assert words in found.found


def test_in_dev_there_are_no_certificates_to_tell_of():
    assert not [*machine.certificates(MACHINE, NOW, is_secure=False)]


@pytest.mark.parametrize(
    ("free", "total", "growth", "level"),
    [
        (50 * GB, 100 * GB, None, Level.OK),
        (50 * GB, 100 * GB, 1 * GB, Level.OK),
        (50 * GB, 100 * GB, 10 * GB, Level.WARNING),
        (4 * GB, 1000 * GB, None, Level.FAILURE),
        (4 * GB, 100 * GB, None, Level.WARNING),
        (0.4 * GB, 2 * GB, None, Level.FAILURE),
        (80 * GB, 1000 * GB, None, Level.OK),
    ],
)
def test_a_disk_is_bad_when_it_is_nearly_full_or_will_be(free, total, growth, level):
    facts = replace(MACHINE, free=free, total=total)
    assert told(machine.disk(facts, replace(DATABASE, bytes_per_day=growth))) == [level]


@pytest.mark.parametrize(
    ("skew", "level", "words"),
    [
        (0.2, Level.OK, "0.2 s ahead of"),
        (-0.9, Level.OK, "0.9 s behind"),
        (1.5, Level.WARNING, "1.5 s ahead of"),
        (-90.0, Level.FAILURE, "90 s behind this machine's"),
    ],
)
def test_a_clock_that_differs_is_told_with_its_direction(skew, level, words):
    found = only(machine.clock(MACHINE, replace(DATABASE, skew_s=skew)))
    assert found.level is level
    assert words in found.found


def test_files_dated_by_another_clock_are_told_beside_the_database():
    facts = replace(MACHINE, file_skew_s=-30.0)
    assert told(machine.clock(facts, DATABASE)) == [Level.WARNING, Level.OK]
    assert told(machine.clock(facts, GONE)) == [Level.WARNING, Level.UNKNOWN]


@pytest.mark.parametrize(
    ("facts", "level"),
    [(DATABASE, Level.OK), (replace(DATABASE, is_standby=True), Level.FAILURE), (GONE, Level.FAILURE)],
    ids=["well", "standby", "gone"],
)
def test_a_database_must_answer_and_take_writes(facts, level):
    assert told(database.server(facts)) == [level]


def test_a_database_that_hangs_is_not_to_be_started_but_continued():
    found = only(database.server(HANGING))
    assert found.level is Level.FAILURE
    assert found.found == f"{HANGING.cause}, and refuses no connection: it hangs"
    assert "kill -CONT" in found.remedy
    assert "start it: " not in found.remedy


@pytest.mark.parametrize(
    ("found", "level", "words"),
    [
        ("0004", Level.OK, "alert 0004"),
        ("0003", Level.FAILURE, "alert is at 0003 instead of 0004"),
        (None, Level.FAILURE, "alert is at none instead of 0004"),
        ("0009", Level.WARNING, "alert is at 0009, newer than 0004"),
    ],
)
def test_a_schema_must_be_at_the_version_that_this_program_brings(found, level, words):
    facts = replace(DATABASE, revisions={"alert": found})
    result = only(database.migrations(facts, {"alert": "0004"}, lambda _, version: version == "0009"))
    assert (result.level, result.found) == (level, words)


@pytest.mark.parametrize(
    ("setting", "value", "level"),
    [
        ("fsync", "off", Level.FAILURE),
        ("full_page_writes", "off", Level.FAILURE),
        ("default_transaction_read_only", "on", Level.FAILURE),
        ("idle_session_timeout", "60000", Level.WARNING),
        ("autovacuum", "off", Level.WARNING),
        ("shared_buffers", "1024", Level.WARNING),
        ("max_connections", "20", Level.FAILURE),
        ("TimeZone", "Asia/Seoul", Level.OK),
    ],
)
def test_one_wrong_setting_is_one_finding(setting, value, level):
    facts = replace(DATABASE, connections=1, settings=SETTINGS | {setting: value})
    assert told(database.settings(facts, 60)) == [level]


def test_connections_that_are_nearly_used_up_are_told_also_where_the_processes_are_elsewhere():
    found = only(database.settings(replace(DATABASE, connections=95), None))
    assert (found.level, found.found) == (Level.WARNING, "95 of 97 connections are taken")


def process(name, text="", service=None):
    return Process(name, service or name, text if isinstance(text, Unasked) else Figures(text))


AWAY = "montrg_database_up 0\n"
READY, UNREADY = "montrg_ready 1\n", "montrg_ready 0\n"
OLDER = 'montrg_build_info{version="0.0.1"} 1\n'


@pytest.mark.parametrize(
    ("processes", "facts", "levels"),
    [
        ([process("alert", READY), process("realtime", READY)], DATABASE, [Level.OK]),
        ([process("alert", GONE), process("realtime", READY)], DATABASE, [Level.FAILURE]),
        ([process("alert", GONE), process("realtime", GONE)], DATABASE, [Level.FAILURE]),
        ([process("alert", UNREADY), process("realtime", READY)], DATABASE, [Level.FAILURE, Level.OK]),
        ([process("alert", UNREADY), process("realtime", UNREADY)], GONE, [Level.OK]),
        ([process("alert", OLDER), process("realtime", READY)], DATABASE, [Level.WARNING]),
        ([], DATABASE, [Level.UNKNOWN]),
    ],
    ids=["well", "one away", "all away", "not ready", "not ready without database", "older", "nobody known"],
)
def test_processes_are_told_of_by_what_they_lack_themselves(processes, facts, levels):
    assert told(mesh.processes(Mesh(processes), facts, "0.1.0")) == levels


@pytest.mark.parametrize(
    ("clusters", "processes", "level"),
    [
        ({"alert": (1, 1)}, [process("alert")], Level.OK),
        ({"alert": (0, 1)}, [process("alert")], Level.FAILURE),
        ({"alert": (0, 1)}, [process("alert", GONE)], Level.OK),
        ({"alert": (1, 2)}, [process("alert"), process("alert-2", GONE, "alert")], Level.OK),
        ({"alert": (1, 2)}, [process("alert"), process("alert-2", "", "alert")], Level.FAILURE),
        ({}, [], Level.UNKNOWN),
    ],
    ids=["well", "unhealthy", "the process is away", "one of two away", "one of two unhealthy", "not asked"],
)
def test_an_envoy_is_to_blame_only_for_processes_that_answer(clusters, processes, level):
    assert told(mesh.envoys(Envoy("", clusters), Mesh(processes))) == [level]


def test_certificates_elsewhere_are_those_that_the_processes_tell_of():
    text = 'montrg_certificate_expiry_timestamp_seconds{{certificate="own"}} {}\n'
    levels = {
        hours: told(
            mesh.remote_certificates(Mesh([process("alert", text.format(NOW.timestamp() + hours * 3600))]), NOW)
        )
        for hours in (20, 3, -1)
    }
    assert levels == {20: [Level.OK], 3: [Level.WARNING], -1: [Level.FAILURE]}


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


@pytest.mark.parametrize(
    ("database_", "text", "lack"),
    [
        (DATABASE, "montrg_database_up 0\n", None),
        (GONE, "montrg_database_up 1\n", None),
        (GONE, "montrg_ready 1\n", None),
        (GONE, "montrg_database_up 0\n", GONE),
        (HANGING, "montrg_database_up 1\n", HANGING),
    ],
    ids=["it answers us", "another than theirs", "they do not say", "theirs, too", "it hangs"],
)
def test_processes_lack_a_database_that_hangs_or_that_they_say_is_away(database_, text, lack):
    assert Mesh([process("alert", text), process("realtime", GONE)]).beside(database_).lack == lack


def test_of_a_database_that_hangs_those_that_wait_for_it_and_what_they_do_not_tell_are_unknown():
    waiting = Unasked("alert does not answer within 7 s", is_hanging=True)
    found = Mesh([process("alert", waiting), process("realtime", AWAY), process("location", GONE)]).beside(HANGING)
    told_of = [*mesh.processes(found, HANGING, "0.1.0")]
    assert [(each.level, each.found) for each in told_of] == [
        (Level.UNKNOWN, HANGING.cause),
        (Level.FAILURE, GONE.cause),
    ]
    follows = [*flow.reading_log(found), *flow.dead_letters(found), *flow.sensors(found, HANGING, NOW)]
    follows += flow.outboxes(found, ["alert", "realtime"])
    assert {(each.level, each.found) for each in follows} == {(Level.UNKNOWN, HANGING.cause)}
    assert [each.check for each in follows] == ["reading log", "dead letters", "sensors", "outboxes"]


def test_a_process_that_refuses_is_told_of_also_beside_a_database_that_hangs():
    found = Mesh([process("alert", GONE)]).beside(HANGING)
    assert only(flow.dead_letters(found)).found == GONE.cause


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
