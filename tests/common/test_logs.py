"""The log: one record is one line of JSON, whatever is in it."""

import contextvars
import json
import logging

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.common.access.current import began
from services.common.database import Database
from services.common.log_lines import MOST_BYTES, JsonFormatter

WORDS = [
    "a\nb",
    "a\r\nb",
    '"}\n{"level":"ERROR"',
    "\x1b[31mred",
    "\u2028\u2029\x85",
    "\x00",
    "%s %d %(x)s",
    "{0}",
    "\ud800",
]


@pytest.mark.parametrize("word", WORDS, ids=[f"word{n}" for n in range(len(WORDS))])
def test_a_record_is_one_line_and_nobody_can_write_a_second_one_into_it(word):
    record = logging.LogRecord("services.x", logging.INFO, "x.py", 1, "message %s", (word,), None)
    record.method = word
    line = JsonFormatter("thresholds").format(record)
    assert not any(ord(character) < 32 for character in line)
    read = json.loads(line)
    assert (read["service"], read["level"]) == ("thresholds", "INFO")
    assert read["method"] == word


def formatted(error=None, **more):
    exc_info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord("services.x", logging.INFO, "x.py", 1, "message", (), exc_info)
    record.__dict__.update(more)
    return JsonFormatter("alert").format(record)


@pytest.mark.parametrize(
    "word", ["x", "\x00", "\U0001f600", "\ud800", ["\x00"]], ids=["x", "0", "4 bytes", "half", "list"]
)
def test_a_line_is_short_enough_for_a_container_runtime_and_keeps_both_ends(word):
    long = word * 100_000
    line = formatted(error=ValueError(str(long)), note=long, other=long, ms=1.5)
    assert len(line.encode()) <= MOST_BYTES
    read = json.loads(line)
    assert (read["ms"], read["message"]) == (1.5, "message")
    assert " … " in read["note"]
    assert "ValueError: " in read["traceback"]


def test_every_line_of_a_call_has_its_request_id_and_work_in_the_background_has_none():
    assert "request_id" not in json.loads(formatted())

    def call():
        began("r-1")
        return json.loads(formatted())

    assert contextvars.Context().run(call)["request_id"] == "r-1"
    assert "request_id" not in json.loads(formatted())


async def test_what_a_database_says_of_a_row_is_in_no_line(admin_url):
    """Of a key that is there twice, of a row that a check refuses, of a value that a column cannot take."""
    database = Database(admin_url, 1, "tests")
    lines = []
    for statement, values in (
        ("INSERT INTO pg_temp.people VALUES (:name, :age), (:name, :age)", {"name": "Zebedee", "age": 7}),
        ("INSERT INTO pg_temp.people VALUES (:name, :age)", {"name": "Zebedee", "age": -7}),
        ("INSERT INTO pg_temp.people VALUES (:name, :age)", {"name": "Quill", "age": "Zebedee"}),
    ):
        try:
            async with database.transaction() as connection:
                made = "CREATE TEMP TABLE people (name text PRIMARY KEY, age int CHECK (age > 0)) ON COMMIT DROP"
                await connection.execute(text(made))
                await connection.execute(text(statement), values)
        except DBAPIError as error:
            lines += [formatted(error=one) for one in (error, ExceptionGroup("several", [error]))]
            lines.append(formatted(told=error))
    await database.close()
    assert len(lines) == 9
    for line in lines:
        assert "Zebedee" not in line
        assert "Error: " in line
    assert "UniqueViolationError: duplicate key value violates unique constraint" in lines[0]
    assert json.loads(lines[5])["told"].startswith("CheckViolationError: ")
