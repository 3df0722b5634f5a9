"""Levels of loggers that follow a file: what counts, when it ends, and what is said of lines that cannot be read."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from services.common.log_levels import Line, in_force, parse
from services.common.logs import Levels

NOW = datetime(2026, 7, 1, 8, 0, tzinfo=UTC)
NAMES = ("tests.levels.a", "tests.levels.b")


@pytest.fixture(autouse=True)
def as_before():
    root = logging.getLogger()
    level = root.level
    yield
    root.setLevel(level)
    for name in NAMES:
        logging.getLogger(name).setLevel(logging.NOTSET)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "levels"


def test_a_line_is_read_as_it_is_written():
    for words in ("root=INFO", "alert:services.alert=DEBUG", "a.b=ERROR until 2026-07-01T08:15:00Z"):
        (line,), bad = parse(words)
        assert (str(line), bad) == (words, [])
    assert parse(" # why\n\nroot=debug # till Monday\n") == ([Line("", "root", "DEBUG")], [])


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        ("root", "LOGGER=LEVEL"),
        ("root = INFO", "LOGGER=LEVEL"),
        ("root=LOUD", "DEBUG, INFO, WARNING, ERROR"),
        ("root=INFO until tomorrow", "2026-07-01T08:15:00Z"),
        ("a=INFO\x00", "LOGGER=LEVEL"),
    ],
)
def test_of_a_bad_line_is_said_what_to_write_and_the_others_count(words, remedy):
    lines, (said,) = parse(f"a=DEBUG\n{words}\n")
    assert lines == [Line("", "a", "DEBUG")]
    assert said.startswith("line 2 is ")
    assert remedy in said


def test_a_services_own_line_goes_before_one_for_all_and_a_later_one_before_others():
    lines, _ = parse("alert:root=DEBUG\nroot=ERROR\na=INFO\na=WARNING\nenvoy:root=DEBUG")
    assert in_force(lines, "alert", NOW) == {"root": "DEBUG", "a": "WARNING"}
    assert in_force(lines, "location", NOW) == {"root": "ERROR", "a": "WARNING"}
    assert in_force(lines, "envoy", NOW) == {"root": "DEBUG"}


def test_loggers_follow_the_file_and_go_back_by_themselves(file):
    one, other = map(logging.getLogger, NAMES)
    other.setLevel(logging.ERROR)
    levels = Levels("alert", file)
    levels.look(NOW)
    assert one.level == logging.NOTSET
    file.write_text(f"{NAMES[0]}=DEBUG until 2026-07-01T08:15:00Z\nalert:{NAMES[1]}=INFO\n")
    levels.look(NOW)
    assert (one.level, other.level) == (logging.DEBUG, logging.INFO)
    levels.look(NOW + timedelta(minutes=15))
    assert (one.level, other.level) == (logging.NOTSET, logging.INFO)
    file.unlink()
    levels.look(NOW)
    assert (one.level, other.level) == (logging.NOTSET, logging.ERROR)


def test_a_bad_line_is_told_once(file, caplog):
    file.write_text("root=LOUD\n")
    levels = Levels("alert", file)
    levels.look(NOW)
    levels.look(NOW)
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == ("WARNING", "level left out")
    assert "LOUD" in record.error


def test_a_file_that_is_a_folder_or_no_text_changes_nothing(file):
    file.mkdir()
    Levels("alert", file).look(NOW)
    file.rmdir()
    file.write_bytes(b"\xff\xfe\x00" * 100_000)
    Levels("alert", file).look(NOW)
    assert logging.getLogger(NAMES[0]).level == logging.NOTSET
