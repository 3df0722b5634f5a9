"""The log: one record is one line of JSON, whatever is in it."""

import json
import logging

import pytest

from services.common.logs import JsonFormatter

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
