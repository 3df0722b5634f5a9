"""Which range a request asks for, and of which hours of the day: parsed and checked. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from services.common.errors import InvalidInputError, Violation

FORMS = {4: "yyyy", 6: "yyyyMM", 8: "yyyyMMdd"}
FIRST_YEAR, LAST_YEAR = 2000, 2100
MOST_DAYS_BY_HOUR = 31
MOST_MONTHS = 30 * 12
# From so many months on, months are told and not their days.
MONTHLY_FROM = 4

_DIGITS = re.compile(r"[0-9]+", re.ASCII)
_DAY = timedelta(days=1)


class Period(Enum):
    """What a row is."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"

    @property
    def form(self) -> str:
        """How the day of a row is written, for strftime."""
        return "%Y%m" if self is Period.MONTH else "%Y%m%d"


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of the day, both ends inclusive; a night shift where the first one is after the last one."""

    first: int
    last: int

    @property
    def is_night(self) -> bool:
        """Whether it goes past midnight."""
        return self.first > self.last


@dataclass(frozen=True, slots=True)
class Range:
    """Local days, both ends inclusive, whole months where rows are months; None as the hours means all."""

    period: Period
    first: date
    last: date
    hours: Hours | None = None

    @property
    def last_counted(self) -> date:
        """The last day of which some hours count: the night that begins on the last day goes on into the next."""
        return self.last + _DAY if self.hours and self.hours.is_night else self.last


@dataclass(frozen=True, slots=True)
class AskedRange:
    """What a request says of its range."""

    start_date: str
    end_date: str | None = None
    start_hour: int | None = None
    end_hour: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What rows are of; what is None is not the same for all of them, or not known."""

    factory: str | None = None
    building: str | None = None
    floor: int | None = None
    loc_id: str | None = None
    area: str | None = None
    plant: str | None = None


def parse_range(asked: AskedRange, bad: list[Violation], *, is_limited: bool = True) -> Range | None:
    """Returns the range, or None where something is wrong.

    Args:
        asked: what the request says.
        bad: what is wrong is added here.
        is_limited: whether the span has a limit.
    """
    before = len(bad)
    start = _date("start_date", asked.start_date, bad)
    end = start if asked.end_date is None else _date("end_date", asked.end_date, bad)
    hours = _hours(asked, bad)
    if start is None or end is None:
        return None
    violation = _order(asked, start, end)
    period = _period(len(asked.start_date), start, end)
    last = _last_day(len(asked.start_date), end)
    if violation is None and is_limited:
        violation = _span(period, start, last)
    if violation is not None:
        bad.append(violation)
    return Range(period, start, last, hours) if len(bad) == before else None


def check(wanted: Range | None, bad: Sequence[Violation]) -> Range:
    """Returns the range, or raises InvalidInputError where something is wrong."""
    if wanted is None or bad:
        raise InvalidInputError(bad)
    return wanted


def _date(field: str, text: str, bad: list[Violation]) -> date | None:
    """Returns the first day of what a date names."""
    if not _DIGITS.fullmatch(text) or len(text) not in FORMS:
        what = f"is {text[:40]!r}" if text else "is empty"
        bad.append(Violation(field, f"{what}; give yyyy, yyyyMM or yyyyMMdd, such as 20260715"))
        return None
    year, month, day = int(text[:4]), int(text[4:6] or "1"), int(text[6:8] or "1")
    if not FIRST_YEAR <= year <= LAST_YEAR:
        bad.append(Violation(field, f"is in the year {year}; give one from {FIRST_YEAR} to {LAST_YEAR}"))
        return None
    try:
        return date(year, month, day)
    except ValueError:
        bad.append(Violation(field, f"is {text}, which is not in the calendar; give a {_NAMES[len(text)]} that is"))
        return None


_NAMES = {6: "month", 8: "day"}


def _hours(asked: AskedRange, bad: list[Violation]) -> Hours | None:
    """Returns the hours that count; None where all do."""
    first = 0 if asked.start_hour is None else asked.start_hour
    last = 23 if asked.end_hour is None else asked.end_hour
    for field, hour in (("start_hour", first), ("end_hour", last)):
        if not 0 <= hour <= 23:
            bad.append(Violation(field, f"is {hour}; give an hour from 0 to 23"))
    return None if (first, last) == (0, 23) else Hours(first, last)


def _order(asked: AskedRange, start: date, end: date) -> Violation | None:
    form = FORMS[len(asked.start_date)]
    if asked.end_date is not None and len(asked.end_date) != len(asked.start_date):
        return Violation("end_date", f"has another form than start_date; give both as {form}")
    if end < start:
        return Violation("end_date", f"is {asked.end_date}, before start_date; give {asked.start_date} or later")
    return None


def _period(digits: int, start: date, end: date) -> Period:
    if digits == 8:
        return Period.HOUR
    return Period.MONTH if digits == 4 or _months(start, end) >= MONTHLY_FROM else Period.DAY


def _last_day(digits: int, end: date) -> date:
    if digits == 8:
        return end
    following = date(end.year + 1, 1, 1) if digits == 4 else date(end.year + end.month // 12, end.month % 12 + 1, 1)
    return following - _DAY


def _span(period: Period, first: date, last: date) -> Violation | None:
    if period is Period.HOUR and (last - first).days >= MOST_DAYS_BY_HOUR:
        return Violation(
            "end_date",
            f"is {(last - first).days + 1} days after start_date by hour, and the most is {MOST_DAYS_BY_HOUR}; give"
            " less, or give months (yyyyMM) for days, or take the export",
        )
    if period is Period.MONTH and _months(first, last) > MOST_MONTHS:
        return Violation("end_date", f"is {_months(first, last)} months on; give at most {MOST_MONTHS}")
    return None


def _months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month + 1
