"""How a range is cut into slices, and which days and months end with one."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.aggregation.backfill.domain import (
    END_OF_TIME,
    Backfill,
    Pace,
    Slice,
    Span,
    State,
    check_kept,
    ended,
    first_kept_day,
    kept_span,
    next_slice,
    span_of,
)
from services.aggregation.backfill.hours import Stored
from services.aggregation.backfill.mending import pieces_of
from services.aggregation.backfill.reading import MOST_SENSORS, Piece
from services.aggregation.calendar import DAY_US, HOUR_US, calendar_of, day_number
from services.aggregation.cells import Series
from services.common.epoch import microseconds
from services.common.errors import FailedPreconditionError

SEOUL, KOLKATA = calendar_of("Asia/Seoul"), calendar_of("Asia/Kolkata")


def at(year, month, day, hour=0, minute=0):
    return microseconds(datetime(year, month, day, hour, minute, tzinfo=UTC))


def slices(start, end, width, calendar, frozen=0):
    found: list[Slice] = []
    while not found or not found[-1].is_last:
        found.append(next_slice(found[-1].end if found else start, end, width, calendar, Span(frozen, END_OF_TIME)))
    return found


def numbers(period):
    return range(period[0], period[1] + 1) if period else ()


@pytest.mark.parametrize("zone", ["Asia/Seoul", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe"])
@pytest.mark.parametrize("width", [1, HOUR_US, 7 * HOUR_US + 5, 31 * DAY_US])
def test_slices_follow_each_other_from_hour_to_hour_and_end_every_day_and_month_once(zone, width):
    calendar = calendar_of(zone)
    span = Span(calendar.day_start(date(2026, 3, 25)), calendar.day_start(date(2026, 4, 9)))
    parts = slices(span.start, span.end, width, calendar)
    assert [part.start for part in parts] == [span.start, *(part.end for part in parts[:-1])]
    assert parts[-1].end == span.end
    assert all(calendar.next_hour(part.end) == part.end for part in parts)
    days = [day for part in parts for day in numbers(ended(part, calendar)[0])]
    months = {day for part in parts for day in numbers(ended(part, calendar)[1])}
    assert days == [*range(day_number(date(2026, 3, 25)), day_number(date(2026, 4, 9)))]
    assert {day_number(date(2026, 3, 1)), day_number(date(2026, 4, 1))} <= months


def test_what_retention_has_dropped_is_a_slice_without_readings_and_a_half_hour_is_read_from_there_on():
    frozen = at(2026, 7, 1)
    gone, kept = slices(at(2026, 6, 30, 20), at(2026, 7, 1, 3), 31 * DAY_US, KOLKATA, frozen)
    assert gone == Slice(at(2026, 6, 30, 19, 30), at(2026, 6, 30, 23, 30), None, is_last=False)
    assert kept == Slice(at(2026, 6, 30, 23, 30), at(2026, 7, 1, 3, 30), frozen, is_last=True)


def test_a_place_within_an_hour_of_a_new_zone_goes_back_to_its_start():
    part = next_slice(at(2026, 7, 1, 5), at(2026, 7, 2), HOUR_US, KOLKATA, Span(0, END_OF_TIME))
    assert (part.start, part.end) == (at(2026, 7, 1, 4, 30), at(2026, 7, 1, 5, 30))


def test_the_first_kept_day_is_the_first_of_which_nothing_is_gone():
    assert first_kept_day(at(2026, 7, 1), SEOUL) == date(2026, 7, 2)
    assert first_kept_day(at(2026, 7, 1, 15), SEOUL) == date(2026, 7, 2)
    assert first_kept_day(at(2026, 7, 1, 15) + 1, SEOUL) == date(2026, 7, 3)
    check_kept(date(2026, 7, 2), at(2026, 7, 1, 15), SEOUL)
    with pytest.raises(FailedPreconditionError, match="20260703"):
        check_kept(date(2026, 7, 2), at(2026, 7, 1, 15) + 1, SEOUL)


def test_a_range_without_bounds_is_all_that_there_is_in_whole_hours():
    there = [Span(at(2026, 7, 1, 4, 10), at(2026, 7, 3)), Span(at(2026, 7, 2), at(2026, 7, 3) + 1)]
    assert span_of(None, None, there, SEOUL) == Span(at(2026, 7, 1, 4), at(2026, 7, 3, 1))
    assert span_of(None, None, [], SEOUL) is None
    assert span_of(date(2026, 7, 2), date(2026, 7, 2), [], SEOUL) == Span(at(2026, 7, 1, 15), at(2026, 7, 2, 15))
    assert span_of(None, date(2026, 6, 1), there, SEOUL) is None


def test_the_pace_comes_to_as_many_readings_as_are_wanted_within_its_bounds():
    pace = Pace(readings=1000)
    for _ in range(20):
        pace.took(pace.width // HOUR_US * 100)
    assert pace.width // HOUR_US == 10
    for _ in range(20):
        pace.took(0)
    assert pace.width == 31 * DAY_US
    for _ in range(20):
        pace.narrow()
    assert pace.width == HOUR_US
    assert pace.most(Slice(0, HOUR_US, 0, is_last=False)) is None
    assert pace.most(Slice(0, 2 * HOUR_US, 0, is_last=False)) == 4000


def stored(moment, sensor="A-1"):
    return Stored(Series(sensor, "A-1"), 1, moment, 5, (moment // DAY_US, 0))


def test_what_has_moved_on_is_read_again_by_day_with_the_whole_hours_and_only_its_sensors():
    """An hour of the zone before, which begins in the middle of one of now, is no reason to read half of that."""
    whole = Piece(at(2026, 7, 1, 4, 30), at(2026, 7, 5, 4, 30), at(2026, 7, 1, 4, 45))
    moved = [stored(at(2026, 7, 1, 5)), stored(at(2026, 7, 1, 4, 30), "B-1"), stored(at(2026, 7, 3, 5), "C-1")]
    assert pieces_of(moved, whole, KOLKATA) == [
        Piece(at(2026, 7, 1, 4, 30), at(2026, 7, 1, 5, 30), at(2026, 7, 1, 4, 45), ["A-1", "B-1"]),
        Piece(at(2026, 7, 3, 4, 30), at(2026, 7, 3, 5, 30), at(2026, 7, 3, 4, 30), ["C-1"]),
    ]
    many = pieces_of([stored(at(2026, 7, 2, 5), f"S-{n}") for n in range(MOST_SENSORS + 1)], whole, SEOUL)
    assert [len(piece.sensors) for piece in many] == [MOST_SENSORS, 1]
    assert timedelta(hours=1) == timedelta(microseconds=many[0].end - many[0].start)


def backfill_from(day):
    now = datetime(2026, 8, 1, tzinfo=UTC)
    return Backfill(1, day, None, State.RUNNING, None, 0, 0, 0, None, now, now)


def test_a_backfill_of_everything_makes_nothing_anew_where_there_are_no_readings():
    everything, some_days = backfill_from(None), backfill_from(date(2026, 6, 1))
    readings = [Span(at(2026, 7, 1), at(2026, 7, 11))]
    assert kept_span(some_days, at(2026, 1, 1), readings) == Span(at(2026, 1, 1), END_OF_TIME)
    assert kept_span(everything, at(2026, 7, 2), readings) == Span(at(2026, 7, 2), at(2026, 7, 11))
    kept = kept_span(everything, at(2026, 1, 1), readings)
    parts: list[Slice] = []
    while not parts or not parts[-1].is_last:
        begin = parts[-1].end if parts else at(2026, 6, 1)
        parts.append(next_slice(begin, at(2026, 8, 1), 7 * DAY_US, SEOUL, kept))
    assert [part.start for part in parts[1:]] == [part.end for part in parts[:-1]]
    made = [(part.start, part.end) for part in parts if part.read_from is not None]
    assert (made[0][0], made[-1][1], parts[-1].end) == (at(2026, 6, 30, 23), at(2026, 7, 11), at(2026, 8, 1))
    assert kept_span(everything, 0, []).start > at(2100, 1, 1)
