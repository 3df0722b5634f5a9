"""Which time series a request asks for, checked; and series as a grid of points. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from services.aggregation.calendar import Moments
from services.aggregation.cells import LEAST, MOST, NO_LEAST, NO_MOST, Cells, Ints, Series
from services.aggregation.query.domain import FIRST_YEAR, LAST_YEAR
from services.aggregation.query.metrics import ALL, Metric, columns_of, parse
from services.aggregation.query.steps import Step, Steps, parse_step
from services.common.epoch import microseconds
from services.common.errors import InvalidInputError, Violation
from services.directory.domain import PlaceFilter

EARLIEST, LATEST = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC), datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
TIMES = ("first_time", "last_time")


class Group(Enum):
    """What one series is of."""

    LOCATION = "location"
    SENSOR = "sensor"
    ALL = "all"

    def of(self, series: Series) -> Series:
        """Returns the series that a sensor at a place counts in; what it is not of is empty."""
        if self is Group.SENSOR:
            return series
        return Series("", series.loc_id if self is Group.LOCATION else "")


@dataclass(frozen=True, slots=True)
class AskedSeries:
    """A request as it came."""

    start: datetime | None
    end: datetime | None
    step: str
    group_by: str
    where: PlaceFilter
    sensor_id: str | None
    metrics: Sequence[str]


@dataclass(frozen=True, slots=True)
class SeriesQuery:
    """What is asked for; moments are microseconds since 1970."""

    start: int
    end: int
    step: Step
    group: Group
    where: PlaceFilter
    sensor_id: str | None
    metrics: Sequence[Metric]

    @property
    def columns(self) -> Sequence[str]:
        """The columns that points are made of."""
        return (*columns_of(self.metrics), *TIMES)


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """A point for each series and step: first all steps of the first series. Without a reading it has zeros and NaN."""

    series: Sequence[Series]
    starts: Moments
    values: Mapping[str, NDArray[np.int64] | NDArray[np.float64]]


def parse_series(asked: AskedSeries, now: datetime) -> SeriesQuery:
    """Returns what is asked for, or raises InvalidInputError with all that is wrong."""
    bad: list[Violation] = []
    start, end = asked.start, asked.end or now
    if start is None:
        bad.append(Violation("start_time", "is missing; give one such as 2026-07-15T00:00:00+09:00"))
    for field, moment in (("start_time", start), ("end_time", end)):
        if moment is not None and not EARLIEST <= moment <= LATEST:
            words = f"is in the year {moment.year}; give one from {FIRST_YEAR} to {LAST_YEAR}"
            bad.append(Violation(field, words))
    if start is not None and start >= end:
        bad.append(Violation("end_time", "is not after start_time; give a later one"))
    step = parse_step(asked.step, bad)
    names = [group.value for group in Group]
    if asked.group_by not in ("", *names):
        bad.append(Violation("group_by", f"is {asked.group_by[:20]!r}; give one of {', '.join(names)}"))
    metrics = parse(asked.metrics, ALL, bad)
    if start is None or step is None or bad:
        raise InvalidInputError(bad)
    group = Group(asked.group_by or "location")
    return SeriesQuery(microseconds(start), microseconds(end), step, group, asked.where, asked.sensor_id, metrics)


def grid(series: Sequence[Series], steps: Steps, cells: Cells, columns: Sequence[str]) -> Grid:
    """Puts cells where they belong; each one's series is among `series`."""
    if not len(cells):
        cells = replace(cells, values=dict.fromkeys(columns, cells.period))
    # While all is made anew in another zone, some hours still begin where none does any more.
    position = np.minimum(np.searchsorted(steps.keys, cells.period), len(steps) - 1)
    is_step = steps.keys[position] == cells.period
    cells, position = cells.take(is_step), position[is_step]
    number = {one: n for n, one in enumerate(series)}
    of_series = np.array([number.get(one, -1) for one in cells.series], np.int64)
    place = of_series[cells.index] * len(steps) + position
    size = len(series) * len(steps)
    return Grid(series, steps.starts, {name: _spread(name, cells.values[name], place, size) for name in columns})


def _spread(name: str, column: Ints, place: NDArray[np.int64], size: int) -> NDArray[np.int64] | NDArray[np.float64]:
    if name in TIMES or name not in (*LEAST, *MOST):
        counts = np.zeros(size, np.int64)
        counts[place] = column
        return counts
    values = np.full(size, np.nan)
    values[place] = np.where((column == NO_LEAST) | (column == NO_MOST), np.nan, column)
    return values
