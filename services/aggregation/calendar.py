"""The hours, days and months of a site's zone, for columns of moments. Pure.

A moment is in microseconds since 1970, a day in days since 1970-01-01. An hour begins where the wall clock's hour
changes or the clock is put forward or back: a day on which it is put back has two hours of one name, and in a zone that
moves by half an hour some hours are half an hour long.
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from services.common.epoch import microseconds, moment_of

Moments = NDArray[np.int64]
Days = NDArray[np.int64]

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
EPOCH_DAY = date(1970, 1, 1)

# What a reading's time can be, with some room; no zone moves twice within a day.
_FIRST, _LAST = datetime(1999, 12, 25, tzinfo=UTC), datetime(2110, 1, 1, tzinfo=UTC)
_STEP = timedelta(days=1)


def day_number(day: date) -> int:
    """Returns the days since 1970-01-01."""
    return (day - EPOCH_DAY).days


def date_of(day: int) -> date:
    """Returns the date so many days after 1970-01-01."""
    return EPOCH_DAY + timedelta(days=int(day))


class SiteCalendar:
    """The calendar of one zone, from 2000 to 2109."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        found = _transitions(zone)
        self._moves = np.array([moment for moment, _ in found], np.int64)
        self._offsets = np.array([offset for _, offset in found], np.int64)

    def hour_starts(self, moments: Moments) -> Moments:
        """Returns when the hour of each moment began."""
        segment = self._segments(moments)
        offset = self._offsets[segment]
        local = moments + offset
        return np.maximum(local - local % HOUR_US - offset, self._moves[segment])

    def days(self, moments: Moments) -> Days:
        """Returns the local day of each moment."""
        return self._local(moments) // DAY_US

    def hours(self, moments: Moments) -> NDArray[np.int64]:
        """Returns the local hour of each moment, 0 to 23."""
        return self._local(moments) % DAY_US // HOUR_US

    def minute_starts(self, moments: Moments, minutes: int) -> Moments:
        """Returns when the step of so many minutes, a divisor of 60, began that each moment is in."""
        segment = self._segments(moments)
        offset, step = self._offsets[segment], minutes * 60_000_000
        local = moments + offset
        return np.maximum(local - local % step - offset, self._moves[segment])

    def next_hour(self, moment: int) -> int:
        """Returns the moment itself where an hour begins there, else when the next one begins."""
        (start,) = self.hour_starts(np.array([moment], np.int64)).tolist()
        if start == moment:
            return moment
        segment = int(self._segments(np.array([moment], np.int64))[0])
        wall = moment + int(self._offsets[segment])
        following = [wall - wall % HOUR_US + HOUR_US - int(self._offsets[segment])]
        return int(min(following + self._moves[segment + 1 : segment + 2].tolist()))

    def day_start(self, day: date) -> int:
        """Returns the first moment of a local day; of one that the zone leaves out, of the next."""
        midnight = day_number(day) * DAY_US
        begins = self._moves + self._offsets
        ends = np.append(self._moves[1:], np.iinfo(np.int64).max - DAY_US) + self._offsets
        # The first stretch between two moves of the clock in which it shows this midnight, or later.
        segment = int(np.flatnonzero(ends > midnight)[0])
        return int(max(midnight, begins[segment]) - self._offsets[segment])

    def _local(self, moments: Moments) -> Moments:
        return moments + self._offsets[self._segments(moments)]

    def _segments(self, moments: Moments) -> NDArray[np.intp]:
        return np.maximum(np.searchsorted(self._moves, moments, side="right") - 1, 0)


@lru_cache(maxsize=16)
def calendar_of(zone_name: str) -> SiteCalendar:
    """Returns the calendar of a zone by its IANA name."""
    return SiteCalendar(ZoneInfo(zone_name))


def month_of(days: Days) -> Days:
    """Returns the first day of the month of each day."""
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    return months.astype("datetime64[D]").astype(np.int64)


def _transitions(zone: ZoneInfo) -> list[tuple[int, int]]:
    """Returns from when on the zone is how far ahead of UTC, in microseconds."""
    found = [(microseconds(_FIRST), _offset(zone, _FIRST))]
    moment = _FIRST
    while moment < _LAST:
        following = moment + _STEP
        if _offset(zone, following) != found[-1][1]:
            found.append((_move_between(zone, moment, following), _offset(zone, following)))
        moment = following
    return found


def _move_between(zone: ZoneInfo, low: datetime, high: datetime) -> int:
    """Returns the second at which the clock is moved; it is once, after `low` and not after `high`."""
    before = _offset(zone, low)
    left, right = microseconds(low) // 1_000_000, microseconds(high) // 1_000_000
    while right - left > 1:
        middle = (left + right) // 2
        left, right = (middle, right) if _offset(zone, moment_of(middle * 1_000_000)) == before else (left, middle)
    return right * 1_000_000


def _offset(zone: ZoneInfo, moment: datetime) -> int:
    offset = moment.astimezone(zone).utcoffset()
    return (offset or timedelta()) // timedelta(microseconds=1)
