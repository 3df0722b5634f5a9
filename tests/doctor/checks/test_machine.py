"""What is found of this machine: ports, versions, certificates, the disk, clocks."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.doctor.checks import machine
from services.doctor.domain import Level
from services.doctor.facts import Certificate, Envoy, Listener, Machine, Package
from tests.support.doctor import DATABASE, GB, GONE, NOW, only, told

MACHINE = Machine(
    [Listener(30003, "the realtime service's REST", "envoy", 7, "/bin/envoy -c x")],
    "3.12.1",
    [],
    [],
    50 * GB,
    100 * GB,
    0,
)


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
