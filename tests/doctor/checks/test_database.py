"""What is found of the database: whether it answers, its schemas, its settings."""

from dataclasses import replace

import pytest

from services.doctor.checks import database
from services.doctor.domain import Level
from tests.support.doctor import DATABASE, GONE, HANGING, SETTINGS, only, told


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
