"""What follows from a database that the processes lack: it is the one cause."""

import pytest

from services.doctor.checks import flow, mesh
from services.doctor.domain import Level, Unasked
from services.doctor.figures import Mesh
from tests.support.doctor import AWAY, DATABASE, GONE, HANGING, NOW, only, process


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
