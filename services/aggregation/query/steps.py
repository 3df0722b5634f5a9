"""The steps of a time series: the site's minutes, hours, days and months. Pure; moments are microseconds since 1970."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from services.aggregation.calendar import DAY_US, HOUR_US, Moments, SiteCalendar, date_of, month_of
from services.aggregation.cells import Ints
from services.aggregation.query.domain import Period
from services.common.errors import Violation

MINUTE_US = 60_000_000
# Each step has a moment on such a grid, also one that is cut short where the clock is moved.
_GRIDS = {None: MINUTE_US, Period.HOUR: 15 * MINUTE_US, Period.DAY: HOUR_US, Period.MONTH: DAY_US}

_MINUTES = re.compile(r"[1-9][0-9]?min", re.ASCII)
_PERIODS = {"1h": Period.HOUR, "60min": Period.HOUR, "1d": Period.DAY, "1mo": Period.MONTH}
_LENGTHS = {Period.HOUR: HOUR_US, Period.DAY: DAY_US, Period.MONTH: 31 * DAY_US}


@dataclass(frozen=True, slots=True)
class Step:
    """A number of minutes that divides an hour, or a period of which there are rollups."""

    minutes: int
    period: Period | None = None

    @property
    def length(self) -> int:
        """About how long it is."""
        return _LENGTHS[self.period] if self.period else self.minutes * MINUTE_US


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """Steps one after the other.

    Attributes:
        keys: what the cells of each step have as their period: when it begins, or the first day of a day or month.
        starts: when each step begins.
        end: when the last one ends.
    """

    keys: Ints
    starts: Moments
    end: int

    def __len__(self) -> int:
        return len(self.starts)


def parse_step(text: str, bad: list[Violation]) -> Step | None:
    """Returns the step, or None where there is none such."""
    if not text or text in _PERIODS:
        return Step(0, _PERIODS[text or "1h"])
    if _MINUTES.fullmatch(text) and 60 % int(text[:-3]) == 0:
        return Step(int(text[:-3]))
    words = "give 1min, 2min, 3min, 4min, 5min, 6min, 10min, 12min, 15min, 20min, 30min, 1h, 1d or 1mo"
    bad.append(Violation("step", f"is {text[:20]!r}; {words}"))
    return None


def divided(step: Step, calendar: SiteCalendar, start: int, end: int, most: int) -> Iterator[Steps]:
    """Yields the steps from the one that holds `start` to the one before `end`, not many more than `most` at once."""
    while start < end:
        part = steps_between(step, calendar, start, min(end, start + most * step.length))
        yield part
        start = part.end


def steps_between(step: Step, calendar: SiteCalendar, start: int, end: int) -> Steps:
    """Returns the steps from the one that holds `start` to the last one that begins before `end`."""
    # One step more, which tells when the last one ends.
    moments = np.arange(start - start % MINUTE_US, end + 2 * step.length, _GRIDS[step.period], dtype=np.int64)
    keys = _keys(step, calendar, moments)
    if step.period in (Period.DAY, Period.MONTH):
        starts = np.array([calendar.day_start(date_of(day)) for day in keys.tolist()], np.int64)
    else:
        starts = keys
    count = int(np.searchsorted(starts, end))
    return Steps(keys[:count], starts[:count], int(starts[count]))


def _keys(step: Step, calendar: SiteCalendar, moments: Moments) -> Ints:
    if step.period is None:
        return np.unique(calendar.minute_starts(moments, step.minutes))
    if step.period is Period.HOUR:
        return np.unique(calendar.hour_starts(moments))
    days = np.unique(calendar.days(moments))
    return days if step.period is Period.DAY else np.unique(month_of(days))
