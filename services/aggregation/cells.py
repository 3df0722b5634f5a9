"""Rollup cells in columns: what is kept of the readings of a sensor at a place in an hour, day or month. Pure.

Values are whole hundredths of °C and %, as exact as readings are stored. So sums come out the same in whatever order
readings arrive, and a recomputation is equal to the last digit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from services.aggregation.calendar import Moments, SiteCalendar, month_of

Ints = NDArray[np.int64]

GOOD = 1

# How two cells of one period become one. A winter sensor has no perceived temperature: it has a count of its own.
SUMS = ("readings", "suspect", "temperature_sum", "humidity_sum", "pcv_temperature_readings", "pcv_temperature_sum")
LEAST = ("temperature_min", "humidity_min", "pcv_temperature_min", "first_time")
MOST = ("temperature_max", "humidity_max", "pcv_temperature_max", "last_time")
COLUMNS = SUMS + LEAST + MOST

# Stand for no value, so that every real one is less, or more.
NO_LEAST, NO_MOST = np.iinfo(np.int64).max, np.iinfo(np.int64).min


class Series(NamedTuple):
    """A sensor at a place."""

    sensor_id: str
    loc_id: str


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Cells of one kind of period, each once, by series and period.

    Attributes:
        series: the sensors with their places.
        index: points into `series`, for each cell.
        period: when each cell's hour began, in microseconds since 1970, or the first day of its day or month, in days.
        values: the columns of COLUMNS; and `seq`, the last batch of the log that is in the cell, where it is an hour.
    """

    series: Sequence[Series]
    index: NDArray[np.int64]
    period: Ints
    values: Mapping[str, Ints]

    def __len__(self) -> int:
        return len(self.index)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Cells":
        """Returns some of the cells."""
        return Cells(
            self.series, self.index[rows], self.period[rows], {name: v[rows] for name, v in self.values.items()}
        )

    def by(self, period: Ints) -> "Cells":
        """Returns the cells of longer periods that these are in."""
        return _grouped(self.series, self.index, period, self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Readings in columns, of any number of batches; `seq` names each one's batch."""

    series: Sequence[Series]
    index: NDArray[np.int64]
    moment: Moments
    quality: Ints
    temperature: Ints
    humidity: Ints
    pcv_temperature: Ints  # NO_LEAST where there is none
    seq: Ints

    def __len__(self) -> int:
        return len(self.index)

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> "Measured":
        """Returns some of the readings."""
        return Measured(
            self.series,
            self.index[rows],
            self.moment[rows],
            self.quality[rows],
            self.temperature[rows],
            self.humidity[rows],
            self.pcv_temperature[rows],
            self.seq[rows],
        )


def grouped(readings: Measured, period: Ints) -> Cells:
    """Returns the cells of readings by any periods, one for each reading."""
    count = np.ones(len(readings), np.int64)
    has_pcv = readings.pcv_temperature != NO_LEAST
    values = {
        "readings": count,
        "suspect": (readings.quality != GOOD).astype(np.int64),
        "pcv_temperature_readings": has_pcv.astype(np.int64),
        "pcv_temperature_sum": np.where(has_pcv, readings.pcv_temperature, 0),
        "pcv_temperature_min": readings.pcv_temperature,
        "pcv_temperature_max": np.where(has_pcv, readings.pcv_temperature, NO_MOST),
        "first_time": readings.moment,
        "last_time": readings.moment,
        "seq": readings.seq,
    }
    for name in ("temperature", "humidity"):
        column = getattr(readings, name)
        values |= {f"{name}_{kind}": column for kind in ("sum", "min", "max")}
    return _grouped(readings.series, readings.index, period, values)


def by_hour(readings: Measured, calendar: SiteCalendar) -> Cells:
    """Returns the hours of readings."""
    return grouped(readings, calendar.hour_starts(readings.moment))


def by_day(hours: Cells, calendar: SiteCalendar) -> Cells:
    """Returns the days of hours."""
    return hours.by(calendar.days(hours.period))


def by_month(days: Cells) -> Cells:
    """Returns the months of days."""
    return days.by(month_of(days.period))


def merged(parts: Sequence[Cells]) -> Cells:
    """Returns cells of one kind of period as one; the same cell may be in several parts."""
    number: dict[Series, int] = {}
    index = []
    for part in parts:
        known = np.array([number.setdefault(series, len(number)) for series in part.series], np.int64)
        index.append(known[part.index] if len(part) else part.index)
    values = {name: np.concatenate([part.values[name] for part in parts]) for name in parts[0].values}
    return _grouped(list(number), np.concatenate(index), np.concatenate([p.period for p in parts]), values)


def _grouped(series: Sequence[Series], index: NDArray[np.int64], period: Ints, values: Mapping[str, Ints]) -> Cells:
    order = np.lexsort((period, index))
    index, period = index[order], period[order]
    if not len(order):
        return Cells(series, index, period, {name: column[order] for name, column in values.items()})
    begins = np.flatnonzero(np.append([True], (np.diff(index) != 0) | (np.diff(period) != 0)))
    reduced = {}
    for name, column in values.items():
        combine = np.add if name in SUMS else np.minimum if name in LEAST else np.maximum
        reduced[name] = combine.reduceat(column[order], begins)
    return Cells(series, index[begins], period[begins], reduced)
