"""Ranges and metrics as callers write them."""

from datetime import date

import numpy as np
import pytest

from services.aggregation.query.domain import AskedRange, Hours, Period, Range, parse_range
from services.aggregation.query.metrics import ALL, USUAL, averages, columns_of, parse
from services.common.errors import Violation


def fields(asked, **options):
    """What is wrong with a range, by field."""
    bad: list[Violation] = []
    assert parse_range(asked, bad, **options) is None
    assert all("give" in violation.description for violation in bad)
    return [violation.field for violation in bad]


def wanted(*asked, **options):
    bad: list[Violation] = []
    found = parse_range(AskedRange(*asked), bad, **options)
    assert not bad
    return found


@pytest.mark.parametrize(
    ("asked", "period", "first", "last"),
    [
        (["20240922"], Period.HOUR, date(2024, 9, 22), date(2024, 9, 22)),
        (["20240922", "20240930"], Period.HOUR, date(2024, 9, 22), date(2024, 9, 30)),
        (["20240101", "20240131"], Period.HOUR, date(2024, 1, 1), date(2024, 1, 31)),
        (["202402"], Period.DAY, date(2024, 2, 1), date(2024, 2, 29)),
        (["202411", "202501"], Period.DAY, date(2024, 11, 1), date(2025, 1, 31)),
        (["202411", "202502"], Period.MONTH, date(2024, 11, 1), date(2025, 2, 28)),
        (["202412"], Period.DAY, date(2024, 12, 1), date(2024, 12, 31)),
        (["2024"], Period.MONTH, date(2024, 1, 1), date(2024, 12, 31)),
        (["2000", "2029"], Period.MONTH, date(2000, 1, 1), date(2029, 12, 31)),
        (["2100"], Period.MONTH, date(2100, 1, 1), date(2100, 12, 31)),
    ],
)
def test_the_form_of_a_date_says_what_a_row_is(asked, period, first, last):
    assert wanted(*asked) == Range(period, first, last)


@pytest.mark.parametrize(
    "text",
    ["", " ", "2024-09-22", "24", "20", "202", "20241", "2024092", "202409221", "２０２４", "0x12", "20240922 ", "now"],
)
def test_what_has_no_form_of_a_date_is_refused(text):
    assert fields(AskedRange(text)) == ["start_date"]
    assert fields(AskedRange("2024", text)) == ["end_date"]


@pytest.mark.parametrize(
    "text",
    ["20260231", "20260431", "202613", "202600", "20260010", "20260100", "19991231", "1999", "2101", "00010101"],
)
def test_what_is_not_in_the_calendar_or_too_far_off_is_refused(text):
    assert fields(AskedRange(text)) == ["start_date"]


@pytest.mark.parametrize(
    ("start", "end"),
    [("20240922", "20240921"), ("2024", "2023"), ("20240922", "202409"), ("2024", "202412"), ("202409", "20240930"),
     ("20240101", "20240201"), ("2000", "2030"), ("200001", "203001")],
)  # fmt: skip
def test_an_end_before_the_start_in_another_form_or_too_far_on_is_refused(start, end):
    assert fields(AskedRange(start, end)) == ["end_date"]


def test_an_unlimited_range_may_be_of_any_length():
    assert wanted("20000101", "21001231", is_limited=False).period is Period.HOUR
    assert wanted("2000", "2100", is_limited=False).period is Period.MONTH


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [(None, None, None), (0, 23, None), (9, None, Hours(9, 23)), (None, 5, Hours(0, 5)), (9, 9, Hours(9, 9)),
     (22, 6, Hours(22, 6)), (23, 0, Hours(23, 0))],
)  # fmt: skip
def test_hours_that_are_left_out_are_the_first_and_the_last(start, end, hours):
    assert wanted("20240922", None, start, end).hours == hours


def test_a_night_that_begins_on_the_last_day_goes_on_into_the_next():
    assert wanted("20241231", None, 22, 6).last_counted == date(2025, 1, 1)
    assert wanted("20241231", None, 6, 22).last_counted == date(2024, 12, 31)


def test_everything_that_is_wrong_is_named_at_once():
    bad: list[Violation] = []
    assert parse_range(AskedRange("x", "20260231", -1, 24), bad) is None
    parse(["noise"], USUAL, bad)
    assert [violation.field for violation in bad] == ["start_date", "end_date", "start_hour", "end_hour", "metrics"]


@pytest.mark.parametrize(
    ("entries", "names"),
    [
        ([], ["pcv_temperature_max", "pcv_temperature_avg", "temperature_max", "temperature_avg", "humidity_max",
              "humidity_avg"]),
        ([" , "], [metric.name for metric in USUAL]),
        (["humidity"], ["humidity_max", "humidity_avg", "humidity_min"]),
        (["temperature_min,pcv_temperature_max", "temperature_min"], ["pcv_temperature_max", "temperature_min"]),
        (["pcv_temperature , temperature_avg"], ["pcv_temperature_max", "pcv_temperature_avg", "pcv_temperature_min",
                                                 "temperature_avg"]),
    ],
)  # fmt: skip
def test_metrics_are_named_one_by_one_or_by_quantity(entries, names):
    bad: list[Violation] = []
    assert [metric.name for metric in parse(entries, USUAL, bad)] == names
    assert not bad


@pytest.mark.parametrize("entry", ["noise", "temperature_sum", "Temperature", "temperature_max temperature_min"])
def test_an_unknown_metric_is_refused_with_the_known_ones(entry):
    bad: list[Violation] = []
    parse(["humidity", entry], USUAL, bad)
    (violation,) = bad
    assert violation.field == "metrics"
    assert all(word in violation.description for metric in ALL for word in (metric.quantity, f"_{metric.kind}"))


def test_only_the_columns_that_metrics_need_are_read():
    assert columns_of(parse(["humidity_avg,pcv_temperature_min"], USUAL, [])) == [
        "readings", "suspect", "pcv_temperature_min", "humidity_sum"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("total", "count", "average"),
    [(0, 1, 0), (1, 2, 1), (-1, 2, -1), (3, 2, 2), (-3, 2, -2), (1, 3, 0), (-1, 3, 0), (2, 3, 1), (-2, 3, -1),
     (9_007_199_254_740_993, 2, 4_503_599_627_370_497), (7, 0, None)],
)  # fmt: skip
def test_an_average_is_whole_with_halves_away_from_zero(total, count, average):
    (found,) = averages(np.array([total]), np.array([count])).tolist()
    assert found == average or (average is None and np.isnan(found))


def test_the_average_of_minus_a_hundredth_and_nothing_is_minus_a_hundredth():
    (metric,) = parse(["temperature_avg"], USUAL, [])
    assert metric.values({"temperature_sum": np.array([-1]), "readings": np.array([2])}).tolist() == [-0.01]
