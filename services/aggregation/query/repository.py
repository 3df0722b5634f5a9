"""Rows of rollups in PostgreSQL: one statement an answer, over asyncpg's own connection."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any

import asyncpg
import numpy as np
from numpy.typing import NDArray

from services.aggregation.calendar import SiteCalendar, day_number
from services.aggregation.query.condition import Look
from services.aggregation.query.domain import Period, Range
from services.aggregation.query.rows import Rows
from services.aggregation.tables import DAY, MOMENT, totals
from services.common.database import Database
from services.common.epoch import microseconds

_EPOCH = "date 'epoch'"
_LOOK = """
SELECT (SELECT zone FROM aggregation.site), coalesce((
    SELECT state <> 'DONE' FROM aggregation.backfill WHERE start_date IS NULL AND end_date IS NULL
    ORDER BY backfill_id DESC LIMIT 1
), false)
"""
_LOC_IDS = 'SELECT loc_id FROM aggregation.series GROUP BY loc_id ORDER BY loc_id COLLATE "C"'
_IS_MEASURED = "SELECT EXISTS (SELECT FROM aggregation.series WHERE loc_id = $1)"
_HAS_MEASURED = """
SELECT EXISTS (SELECT FROM aggregation.series WHERE sensor_id = $1 AND ($2::text[] IS NULL OR loc_id = ANY($2)))
"""

# By when they began, which the table's key has. A test of the day beside it would have PostgreSQL expect far fewer.
_BY_HOUR = f"c.hour_start >= {MOMENT.format('$1::int8')} AND c.hour_start < {MOMENT.format('$2::int8')}"
_SHIFT = "c.hour BETWEEN $3 AND $4"
# The early hours of the first day are of the night before, and the late ones of the last day of the night after.
_NIGHT = (
    f"(c.hour >= $3 OR c.hour <= $4) AND (c.day > {DAY.format('$5::int4')} OR c.hour >= $3)"
    f" AND (c.day < {DAY.format('$6::int4')} OR c.hour <= $4)"
)
_MONTH_OF_DAY = "date_trunc('month', c.day::timestamp)::date"


class SqlRollups:
    """Satisfies Rollups and Measured."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rows(
        self,
        wanted: Range,
        calendar: SiteCalendar,
        columns: Sequence[str],
        *,
        loc_ids: Sequence[str] | None,
        by_place: bool,
        most: int,
    ) -> Rows:
        """Returns the rows of a range, one more than `most` where there are more.

        Args:
            wanted: the range, in the calendar's zone.
            calendar: that of the zone in which rollups are kept.
            columns: the columns of the rollups that each row has.
            loc_ids: the places; None is all.
            by_place: whether each place has rows of its own.
            most: how many rows.
        """
        arguments: list[object] = _bounds(wanted, calendar)
        shift = "" if wanted.hours is None else _NIGHT if wanted.hours.is_night else _SHIFT
        if loc_ids is not None:
            arguments.append(loc_ids)
        query = _statement(wanted.period, shift, tuple(columns), by_place, len(arguments) if loc_ids is not None else 0)
        async with self._database.reader() as connection:
            found = await connection.fetch(f"{query} LIMIT {most + 1}", *arguments)
        return _rows(found, columns, is_hourly=wanted.period is Period.HOUR)

    async def loc_ids(self) -> Sequence[str]:
        """Returns the places that ever had a reading, in ascending order."""
        async with self._database.reader() as connection:
            return [row["loc_id"] for row in await connection.fetch(_LOC_IDS)]

    async def is_measured(self, loc_id: str) -> bool:
        """Tells whether there ever was a reading at a place."""
        async with self._database.reader() as connection:
            return bool(await connection.fetchval(_IS_MEASURED, loc_id))

    async def has_measured(self, sensor_id: str, loc_ids: Sequence[str] | None) -> bool:
        """Tells whether there ever was a reading of a sensor at one of some places; None is any."""
        async with self._database.reader() as connection:
            return bool(await connection.fetchval(_HAS_MEASURED, sensor_id, loc_ids))


class SqlCondition:
    """Satisfies ConditionStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def look(self) -> Look:
        """Returns how the rollups are."""
        async with self._database.reader() as connection:
            return Look(*await connection.fetchrow(_LOOK))


def _bounds(wanted: Range, calendar: SiteCalendar) -> list[object]:
    """Returns the first arguments of the statement: the range, as its table has it."""
    days = [day_number(wanted.first), day_number(wanted.last_counted)]
    if wanted.hours is None and wanted.period is not Period.HOUR:
        return [*days]
    moments = [calendar.day_start(wanted.first), calendar.day_start(wanted.last_counted + timedelta(days=1))]
    hours = [wanted.hours.first, wanted.hours.last] if wanted.hours else []
    return [*moments, *hours, *(days if wanted.hours and wanted.hours.is_night else [])]


@lru_cache(maxsize=256)
def _statement(period: Period, shift: str, columns: tuple[str, ...], by_place: bool, place_argument: int) -> str:
    """Returns the statement without its limit; `place_argument` is the number of the places' argument, or 0."""
    if period is Period.HOUR or shift:
        table, where = "hourly", f"{_BY_HOUR} AND {shift}" if shift else _BY_HOUR
        label = _MONTH_OF_DAY if period is Period.MONTH else "c.day"
    else:
        table, label = ("daily", "c.day") if period is Period.DAY else ("monthly", "c.month")
        where = f"{label} BETWEEN {DAY.format('$1::int4')} AND {DAY.format('$2::int4')}"
    if place_argument:
        where += f" AND s.loc_id = ANY(${place_argument}::text[])"
    place = 's.loc_id COLLATE "C"' if by_place else "''"
    time, groups, order = "0, 0", [label], label
    if period is Period.HOUR:
        time, order = "c.hour, date_part('epoch', c.hour_start)::int8", "c.hour_start"
        groups = [order, "c.day", "c.hour"]
    groups = [*(["s.loc_id"] if by_place else []), *groups]
    return (
        f"SELECT {place} AS loc_id, {label} - {_EPOCH}, {time}, {totals('c', columns)}"  # noqa: S608  our own words
        f" FROM aggregation.series s JOIN aggregation.{table} c USING (series_id) WHERE {where}"
        f" GROUP BY {', '.join(groups)} ORDER BY {'1, ' if by_place else ''}{order}"
    )


def _rows(found: Sequence[asyncpg.Record], columns: Sequence[str], *, is_hourly: bool) -> Rows:
    if not found:
        nothing = np.zeros(0, np.int64)
        return Rows([], [0], nothing, nothing, nothing if is_hourly else None, dict.fromkeys(columns, nothing))
    places, days, hours, starts, *values = zip(*found, strict=True)
    counts = Counter(places)  # in the order of the rows
    return Rows(
        loc_ids=list(counts),
        begins=[0, *accumulate(counts.values())],
        day=np.array(days, np.int64),
        hour=np.array(hours, np.int64),
        start=np.array(starts, np.int64) if is_hourly else None,
        values={name: _column(name, column) for name, column in zip(columns, values, strict=True)},
    )


def _column(name: str, values: Sequence[Any]) -> NDArray[np.int64] | NDArray[np.float64]:
    # Only these can be NULL, which becomes NaN.
    if name in ("pcv_temperature_min", "pcv_temperature_max"):
        return np.array(values, np.float64)
    return np.array([microseconds(moment) for moment in values] if name.endswith("_time") else values, np.int64)
