"""What is found of processes and Envoys."""

import pytest

from services.doctor.checks import mesh
from services.doctor.domain import Level
from services.doctor.facts import Envoy
from services.doctor.figures import Mesh
from tests.support.doctor import DATABASE, GONE, NOW, READY, UNREADY, process, told

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
