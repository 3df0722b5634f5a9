"""Backfills: their states, their ranges, and the slices in which they go through them. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

import numpy as np

from services.aggregation.calendar import DAY_US, HOUR_US, SiteCalendar, date_of, day_number, month_of
from services.common.errors import FailedPreconditionError, InvalidInputError, Violation

_TOO_MANY = 4
_DAY = re.compile(r"20\d{6}", re.ASCII)


class State(StrEnum):
    """What a backfill is doing."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to before `end`, in microseconds since 1970."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Backfill:
    """A backfill.

    Attributes:
        start_date: the first day; None from the first reading on.
        end_date: the last day; None to the last reading.
        span: what it goes through, once it has begun.
        done_until: up to where it is, once it has begun.
        cells: hours that were recomputed.
        changed: hours, days and months that were not as they had to be.
        reason: why it cannot go on.
    """

    backfill_id: int
    start_date: date | None
    end_date: date | None
    state: State
    span: Span | None
    done_until: int
    cells: int
    changed: int
    reason: str | None
    create_time: datetime
    update_time: datetime

    @property
    def is_of_everything(self) -> bool:
        """Whether it is bounded by nothing but what there is."""
        return self.start_date is None and self.end_date is None

    @property
    def progress(self) -> float:
        """How much of it is done, 0 to 1."""
        if self.state is State.DONE:
            return 1.0
        if self.span is None or self.span.end <= self.span.start:
            return 0.0
        return min(1.0, (self.done_until - self.span.start) / (self.span.end - self.span.start))


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a range: the hours that begin from `start` to before `end`, which is where an hour begins.

    Attributes:
        read_from: from when on the readings are there, which is within the first hour at the latest; None where they
            are gone for all of it.
        is_last: whether the range ends with it.
    """

    start: int
    end: int
    read_from: int | None
    is_last: bool


END_OF_TIME = day_number(date(2109, 1, 1)) * DAY_US


def checked_days(start: str | None, end: str | None) -> tuple[date | None, date | None]:
    """Returns the days of a request, or raises InvalidInputError."""
    bad: list[Violation] = []
    first, last = _day("start_date", start, bad), _day("end_date", end, bad)
    if first is not None and last is not None and last < first:
        bad.append(Violation("end_date", f"is {end}, before start_date {start}; give the same day or a later one"))
    if bad:
        raise InvalidInputError(bad)
    return first, last


def _day(field: str, text: str | None, bad: list[Violation]) -> date | None:
    if text is None:
        return None
    try:
        if _DAY.fullmatch(text):
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        pass
    shown = text if len(text) <= 20 else f"{text[:20]}…"
    bad.append(Violation(field, f"is {shown!r}; give a day of the years 2000 to 2099 as yyyyMMdd, such as 20260715"))
    return None


def check_kept(start: date | None, frozen_before: int, calendar: SiteCalendar) -> None:
    """Refuses a range that begins before what retention has dropped."""
    first = first_kept_day(frozen_before, calendar)
    if start is not None and start < first:
        raise FailedPreconditionError(
            f"start_date: retention has dropped readings of {start:%Y%m%d}; the first day that can be made anew is"
            f" {first:%Y%m%d}: give that or a later one",
            "FROZEN",
            {"first_day": f"{first:%Y%m%d}"},
        )


def first_kept_day(frozen_before: int, calendar: SiteCalendar) -> date:
    """Returns the first local day of which retention has dropped nothing."""
    day = date_of(int(calendar.days(np.array([frozen_before]))[0]))
    return day if calendar.day_start(day) >= frozen_before else day + timedelta(days=1)


def span_of(start: date | None, end: date | None, there: Sequence[Span], calendar: SiteCalendar) -> Span | None:
    """Returns what a range of days goes through; `there` is what there is of readings and rollups.

    None says that there is nothing. Where no start is given it may begin in what retention has dropped.
    """
    if (start is None or end is None) and not there:
        return None
    low = hour_start(min(span.start for span in there), calendar) if start is None else calendar.day_start(start)
    if end is None:
        high = calendar.next_hour(max(span.end for span in there))
    else:
        high = calendar.day_start(end + timedelta(days=1))
    return Span(low, high) if low < high else None


def hour_start(moment: int, calendar: SiteCalendar) -> int:
    """Returns when the hour of a moment began."""
    return int(calendar.hour_starts(np.array([moment], np.int64))[0])


def next_slice(done_until: int, end: int, width: int, calendar: SiteCalendar, kept: Span) -> Slice:
    """Returns the next part of a range, of about a width. It begins where an hour of this calendar does.

    Outside of `kept`, where readings are, hours are not made anew: nobody could tell what is gone from what never was.
    """
    start = hour_start(done_until, calendar)
    stop = max(hour_start(start + width, calendar), calendar.next_hour(start + 1))
    end = calendar.next_hour(end)
    first = hour_start(kept.start, calendar)
    if start < first or start >= kept.end:
        stop = min(stop, end) if start >= kept.end else min(stop, first, end)
        return Slice(start, stop, None, stop == end)
    stop = min(stop, end, calendar.next_hour(min(kept.end, end)))
    return Slice(start, stop, max(start, kept.start), stop == end)


def kept_span(job: Backfill, frozen_before: int, extent: Sequence[Span]) -> Span:
    """Returns where a backfill makes hours anew.

    That of everything may have been asked for by a process alone, because readings were lost or put back to an older
    state: then what it has no readings of may be the last that is known of them. One of some days is a person's word.
    """
    if not job.is_of_everything:
        return Span(frozen_before, END_OF_TIME)
    if not extent:
        return Span(END_OF_TIME, END_OF_TIME)
    # An hour of another zone may begin before the first reading and hold it.
    return Span(max(frozen_before, min(s.start for s in extent) - HOUR_US), max(s.end for s in extent))


Days = tuple[int, int] | None


def ended(part: Slice, calendar: SiteCalendar) -> tuple[Days, Days]:
    """Returns the first and last of the days, and of the months, that end with a slice; None where none does."""
    first, last, following = calendar.days(np.array([part.start, part.end - 1, part.end], np.int64))
    months = month_of(np.array([first, last, following]))
    if not part.is_last:
        last -= last == following
        if months[1] == months[2]:
            months[1] = month_of(months[1:2] - 1)[0]
    return _range(first, last), _range(months[0], months[1])


def _range(first: int, last: int) -> Days:
    return (int(first), int(last)) if first <= last else None


@dataclass(slots=True)
class Pace:
    """How wide the slices are, so that each has about as many readings.

    Wider ones cost memory and lose more when a process is killed, narrower ones more transactions.
    """

    readings: int = 200_000
    width: int = DAY_US

    def most(self, part: Slice) -> int | None:
        """Returns how many readings a slice may have, or None for one that cannot be narrower."""
        return None if part.end - part.start <= HOUR_US else _TOO_MANY * self.readings

    def took(self, readings: int) -> None:
        """Learns of a slice of the last width."""
        factor = self.readings / max(readings, 1)
        self.width = _bounded(int(self.width * min(max(factor, 0.25), 4.0)))

    def narrow(self) -> None:
        """Makes the same anew with less."""
        self.width = _bounded(self.width // 4)


def _bounded(width: int) -> int:
    return min(max(width, HOUR_US), 31 * DAY_US)


@dataclass(frozen=True, slots=True)
class Status:
    """How far a verification is; the counts are of hours, days and months."""

    progress: float = 0.0
    verified: int = 0
    differences: int = 0
    note: str = ""
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """A rollup that is not what its readings make it."""

    words: str
    status: Status
