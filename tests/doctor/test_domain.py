"""What findings come to, and how numbers are said."""

import pytest

from services.doctor.domain import exit_code, failure, ok, size, some, span, unknown, warning
from tests.support.doctor import GONE


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
