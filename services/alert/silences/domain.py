"""What a silence is, when it holds, what makes one valid, and how a refusal is worded. Pure."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.alert.matching import (
    MATCHERS,
    Matchers,
    alert_level,
    fits,
    level_violations,
    matcher_violations,
    text_violations,
)
from services.common.errors import InvalidInputError, NotFoundError, Violation
from services.heat.levels import severity

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_AUTHOR = 100
MAX_REASON = 500
MIDNIGHT = "00:00"
# Moments near the ends of the calendar cannot be told in every zone.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9998, 1, 1, tzinfo=UTC)
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Silence:
    """When nobody is to be told of what. `silence_id` is 0 until it is stored; a stored one has its zone.

    Attributes:
        weekdays: the days on which it recurs, such as `mon,fri`; None if it holds from start to end.
    """

    silence_id: int
    start_time: datetime
    end_time: datetime | None
    weekdays: str | None
    start_of_day: str | None
    end_of_day: str | None
    zone: str | None
    plant: str | None
    factory: str | None
    building: str | None
    floor: int | None
    area: str | None
    sensor_id: str | None
    alert_type: str | None
    max_level: str | None
    author: str
    reason: str
    update_time: datetime

    def holds_until(self, moment: datetime) -> datetime | None:
        """Returns when it ends to hold, exclusive, or None if it does not hold at the moment."""
        if moment < self.start_time or (self.end_time is not None and moment >= self.end_time):
            return None
        last = self.end_time or LATEST
        if self.weekdays is None:
            return last
        ends = [end for start, end in self._windows(moment) if start <= moment < end]
        return min(max(ends), last) if ends else None

    def next_change(self, moment: datetime) -> datetime | None:
        """Returns when it next begins or ends to hold, or None if it never will."""
        held_until = self.holds_until(moment)
        if held_until is not None:
            return held_until
        if self.end_time is not None and moment >= self.end_time:
            return None
        begin = max(moment, self.start_time)
        if self.weekdays is None:
            return begin
        # A week later at the latest there is another one, unless the end comes first.
        starts = [max(start, begin) for start, end in self._windows(begin) if end > begin]
        first = min(starts, default=None)
        return first if first is not None and (self.end_time is None or first < self.end_time) else None

    def silences(self, subject: Matchers, level: str) -> bool:
        """Tells whether it is about such an alert, at whatever time."""
        return fits(self, subject) and (self.max_level is None or severity(level) <= severity(self.max_level))

    def _windows(self, moment: datetime) -> list[tuple[datetime, datetime]]:
        """Returns the recurrences that begin on the days from the one before the moment to a week after it."""
        zone = zone_of(self.zone)
        begin, end = _time_of_day(self.start_of_day), _time_of_day(self.end_of_day)
        later = timedelta(days=0 if end > begin else 1)
        today = moment.astimezone(zone).date()
        days = [today + timedelta(days=n) for n in range(-1, 9)]
        named = (self.weekdays or "").split(",")
        return [
            (_moment(day, begin, zone), _moment(day + later, end, zone, last=True))
            for day in days
            if WEEKDAYS[day.weekday()] in named
        ]


def _moment(day: date, at: time, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """Returns a moment of a local day: of one that comes twice the first, or the last.

    One that the clocks skip is as long after midnight as it would have been.
    """
    first, second = (datetime.combine(day, at.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))
    return second if last and second > first else first


def _time_of_day(word: str | None) -> time:
    hours, _, minutes = (word or MIDNIGHT).partition(":")
    return time(int(hours), int(minutes))


@lru_cache(maxsize=64)
def zone_of(name: str | None) -> ZoneInfo:
    """Returns a zone by a name that was checked."""
    return ZoneInfo(name or "UTC")


def checked(silence: Silence) -> Silence:
    """Returns the silence with its words as they are kept, or raises InvalidInputError with every bad field."""
    violations = matcher_violations(silence)
    violations += level_violations("max_level", silence.max_level)
    if all(getattr(silence, name) is None for name in (*MATCHERS, "max_level")):
        violations.append(Violation("factory", "is unset, and so is every other matcher; set one at least"))
    violations += text_violations("author", silence.author, MAX_AUTHOR)
    violations += text_violations("reason", silence.reason, MAX_REASON)
    violations += _span_violations(silence)
    violations += _recurrence_violations(silence)
    if violations:
        raise InvalidInputError(violations)
    days = None if silence.weekdays is None else _days(silence.weekdays)
    return replace(
        silence,
        max_level=None if silence.max_level is None else alert_level(silence.max_level),
        weekdays=None if days is None else ",".join(day for day in WEEKDAYS if day in days),
        start_of_day=None if days is None else silence.start_of_day or MIDNIGHT,
        end_of_day=None if days is None else silence.end_of_day or MIDNIGHT,
    )


def _span_violations(silence: Silence) -> list[Violation]:
    violations = [
        Violation(name, "is not of this age; give a time from the years 1970 to 9997")
        for name, value in (("start_time", silence.start_time), ("end_time", silence.end_time))
        if value is not None and not EARLIEST <= value < LATEST
    ]
    if silence.end_time is None:
        if silence.weekdays is None:
            violations.append(Violation("end_time", "is missing; give one, or weekdays on which it recurs"))
    elif not violations and silence.end_time <= silence.start_time:
        violations.append(Violation("end_time", "is not after start_time; give a later time"))
    return violations


def _recurrence_violations(silence: Silence) -> list[Violation]:
    violations = []
    for name in ("start_of_day", "end_of_day"):
        value = getattr(silence, name)
        if value is not None and not _TIME_OF_DAY.fullmatch(value):
            violations.append(Violation(name, f"is {value!r}; give HH:MM, such as 22:00"))
        elif value is not None and silence.weekdays is None:
            violations.append(Violation(name, "is of no use without weekdays; give those, or leave it out"))
    days = _days(silence.weekdays) if silence.weekdays is not None else {"mon"}
    if not days <= set(WEEKDAYS):
        violations.append(Violation("weekdays", f"is {silence.weekdays!r}; give some of {','.join(WEEKDAYS)}"))
    if not _is_zone(silence.zone):
        violations.append(Violation("zone", f"is {silence.zone!r}; give a zone such as Asia/Seoul"))
    return violations


def _days(weekdays: str) -> set[str]:
    return {word.strip().lower() for word in weekdays.split(",")}


def _is_zone(name: str | None) -> bool:
    if name is None:
        return True
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a folder of zones, a path, or a name that is too long
        return False
    return True


def no_such_silence(silence_id: int) -> NotFoundError:
    """Makes the error for a silence that does not exist."""
    message = f"there is no silence {silence_id}; GET /api/v1/silences/ lists them"
    return NotFoundError(message, "SILENCE_NOT_FOUND", {"silence_id": str(silence_id)})
