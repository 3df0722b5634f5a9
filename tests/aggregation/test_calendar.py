"""The site's hours, days and months, against Python's own zones."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.aggregation.calendar import calendar_of, date_of, day_number, month_of
from services.common.epoch import microseconds, moment_of

# Half hours and quarters, moves by half an hour (Lord Howe), at midnight (Beirut, Santiago), a day left out (Apia), an
# hour back for a month each year (Casablanca), and none.
ZONES = [
    "Asia/Seoul", "Asia/Kolkata", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut",
    "America/Santiago", "Pacific/Apia", "Africa/Casablanca", "America/Sao_Paulo", "UTC",
]  # fmt: skip
SECOND = timedelta(seconds=1)
moments = st.integers(0, 60 * 366 * 86_400).map(lambda seconds: datetime(2000, 1, 1, tzinfo=UTC) + seconds * SECOND)


def column(*found):
    return np.array([microseconds(moment) for moment in found], np.int64)


def label(moment, zone):
    """The name of an hour, which is another one where the zone is another one."""
    local = moment.astimezone(ZoneInfo(zone))
    return local.date(), local.hour, local.utcoffset()


@pytest.mark.parametrize("zone", ZONES)
@given(moment=moments)
def test_an_hour_is_the_stretch_of_one_name(zone, moment):
    calendar = calendar_of(zone)
    (start,) = (moment_of(us) for us in calendar.hour_starts(column(moment)).tolist())
    assert start <= moment < start + timedelta(hours=1)
    assert label(start, zone) == label(moment, zone) != label(start - SECOND, zone)
    end = moment_of(calendar.next_hour(microseconds(start) + 1))
    assert label(end - SECOND, zone) == label(start, zone) != label(end, zone)
    assert calendar.next_hour(microseconds(start)) == microseconds(start)


@pytest.mark.parametrize("zone", ZONES)
@given(moment=moments)
def test_days_hours_and_months_are_those_of_the_zone(zone, moment):
    calendar, local = calendar_of(zone), moment.astimezone(ZoneInfo(zone))
    days = calendar.days(column(moment))
    assert date_of(days[0]) == local.date()
    assert calendar.hours(column(moment)).tolist() == [local.hour]
    assert date_of(month_of(days)[0]) == local.date().replace(day=1)


@pytest.mark.parametrize("zone", ZONES)
@given(day=st.dates(date(2000, 1, 2), date(2059, 12, 31)))
def test_a_day_starts_with_its_first_moment(zone, day):
    start = moment_of(calendar_of(zone).day_start(day))
    assert start.astimezone(ZoneInfo(zone)).date() >= day
    assert (start - SECOND).astimezone(ZoneInfo(zone)).date() < day


@pytest.mark.parametrize("zone", ZONES)
@given(minutes=st.sampled_from([1, 5, 10, 15, 20, 30]), moment=moments)
def test_steps_of_minutes_divide_the_wall_clocks_hour(zone, minutes, moment):
    (start,) = (moment_of(us) for us in calendar_of(zone).minute_starts(column(moment), minutes).tolist())
    local = start.astimezone(ZoneInfo(zone))
    assert start <= moment < start + timedelta(minutes=minutes)
    assert local.minute % minutes == 0
    assert label(start, zone) == label(moment, zone)


def test_a_day_on_which_the_clock_is_put_back_has_25_hours_and_two_of_one_name():
    calendar = calendar_of("America/New_York")
    start, end = (calendar.day_start(date(2026, 11, day)) for day in (1, 2))
    hours = np.unique(calendar.hour_starts(np.arange(start, end, 60_000_000)))
    assert len(hours) == 25
    assert calendar.hours(hours).tolist() == [0, 1, 1, *range(2, 24)]
    assert set(calendar.days(hours).tolist()) == {day_number(date(2026, 11, 1))}


def test_a_day_on_which_the_clock_is_put_forward_has_23_hours():
    calendar = calendar_of("America/New_York")
    start, end = (calendar.day_start(date(2026, 3, day)) for day in (8, 9))
    hours = np.unique(calendar.hour_starts(np.arange(start, end, 60_000_000)))
    assert calendar.hours(hours).tolist() == [0, 1, *range(3, 24)]


def test_a_zone_that_moves_by_half_an_hour_has_hours_of_half_an_hour():
    calendar = calendar_of("Australia/Lord_Howe")
    start, end = (calendar.day_start(date(2026, 4, day)) for day in (5, 6))
    hours = np.unique(calendar.hour_starts(np.arange(start, end, 60_000_000)))
    assert calendar.hours(hours).tolist() == [0, 1, 1, *range(2, 24)]
    assert np.diff(hours).min() == 1_800_000_000
