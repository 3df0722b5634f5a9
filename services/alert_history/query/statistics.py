"""How many alerts there were and how long they took: which days and groups are asked for. Pure."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from services.alert_history.domain import ALERT_TYPES, id_violations, name_violations, refuse, word_of
from services.common.access.domain import EVERYTHING, Scope
from services.common.errors import InvalidInputError, Violation, invalid

LONGEST = timedelta(days=3660)  # ten years, and some days
USUAL = timedelta(days=30)
MOST_ROWS = 10_000
_DATE = re.compile(r"20\d{6}", re.ASCII)
_DATE_REMEDY = "give a day from 2000 to 2099 as yyyyMMdd, such as 20260715"


class Group(StrEnum):
    """What one row can be."""

    LOCATION = "location"
    LEVEL = "level"
    DAY = "day"
    TYPE = "type"


@dataclass(frozen=True, slots=True)
class AskedStatistics:
    """What a caller said, who may see what is in the scope."""

    start_date: str | None = None
    end_date: str | None = None
    group_by: str = ""
    factory: str | None = None
    loc_id: str | None = None
    alert_type: str | None = None
    scope: Scope = EVERYTHING


@dataclass(frozen=True, slots=True)
class WantedStatistics:
    """Which alerts count: those raised from `start` on and before `end`, of the places and type that are not None.

    None of them is out of the scope.
    """

    start: datetime
    end: datetime
    groups: Sequence[Group]
    factory: str | None
    loc_id: str | None
    alert_type: str | None
    scope: Scope


@dataclass(frozen=True, slots=True)
class Statistics:
    """The alerts of one group; times in seconds, None where no alert has one."""

    loc_id: str | None
    level: str | None
    day: date | None
    alert_type: str | None
    alerts: int
    acknowledged: int
    cleared: int
    mean_time_to_acknowledge_s: float | None
    mean_time_to_clear_s: float | None
    longest_time_to_clear_s: float | None


def checked_statistics(asked: AskedStatistics, zone: ZoneInfo, now: datetime) -> WantedStatistics:
    """Returns what is wanted, or raises InvalidInputError with all that is wrong."""
    bad: list[Violation] = []
    today = now.astimezone(zone).date()
    first = _day("start_date", asked.start_date, today - USUAL, bad)
    last = _day("end_date", asked.end_date, today, bad)
    if not bad and last < first:
        words = f"is {last:%Y%m%d}, before start_date, {first:%Y%m%d}; give a later day, or an earlier start_date"
        bad.append(Violation("end_date", words))
    if not bad and last - first > LONGEST:
        bad.append(Violation("end_date", "is more than ten years after start_date; give a shorter range"))
    groups = _groups(asked.group_by, bad)
    bad += name_violations("factory", asked.factory) + id_violations("loc_id", asked.loc_id)
    kind = asked.alert_type
    if kind is not None:
        kind = word_of("alert_type", kind, ALERT_TYPES, bad)
    refuse(bad)
    start, end = _midnight(first, zone), _midnight(last + timedelta(days=1), zone)
    return WantedStatistics(start, end, groups, asked.factory, asked.loc_id, kind, asked.scope)


def too_many_rows() -> InvalidInputError:
    """Words the refusal of an answer that nobody could read."""
    words = f"makes more than {MOST_ROWS:,} rows; give fewer groups, a shorter range, or name a factory or place"
    return invalid("group_by", words)


def _day(field: str, text: str | None, default: date, bad: list[Violation]) -> date:
    if text is None:
        return default
    if _DATE.fullmatch(text):
        with suppress(ValueError):  # no such day
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    bad.append(Violation(field, f"is {text[:60]!r}; {_DATE_REMEDY}"))
    return default


def _groups(text: str, bad: list[Violation]) -> list[Group]:
    """Returns the groups in the order of Group, each once."""
    words = {word.strip().lower() for word in text.split(",")} if text.strip() else set()
    unknown = sorted(words - set(Group))
    if unknown:
        known = ", ".join(Group)
        bad.append(Violation("group_by", f"has {unknown[0][:60]!r}; give some of {known}, divided by commas"))
    return [group for group in Group if group in words]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Returns when a day begins; one whose midnight the zone leaves out begins when the clock is put forward."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
