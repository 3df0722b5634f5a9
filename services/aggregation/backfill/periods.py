"""Days as what their hours add up to, and months as their days: made so, and compared, within PostgreSQL."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import asyncpg
import numpy as np

from services.aggregation.backfill.hours import selected
from services.aggregation.calendar import month_of
from services.aggregation.cells import COLUMNS, Series
from services.aggregation.tables import DAILY, DAY, MONTHLY, Level, totals


@dataclass(frozen=True, slots=True)
class _Scope:
    """Which days or months: a relation `k` with series_id, and the first and the last of each."""

    relation: str
    low: str
    high: str


_KEYS = _Scope("unnest($1::int4[], $2::int4[]) AS k(series_id, n)", DAY.format("k.n"), DAY.format("k.n"))
_SHARD = _Scope(
    "(SELECT series_id FROM aggregation.series WHERE shard = $1) AS k", DAY.format("$2::int4"), DAY.format("$3::int4")
)


def _months_end(scope: _Scope) -> str:
    return f"({scope.high} + interval '1 month')::date - 1"


def _hours(scope: _Scope, high: str) -> str:
    # The hours of a local day begin within a day of it in UTC, whatever the zone, and whatever it was when they were
    # made. So the index finds them.
    return (
        f"{scope.relation} JOIN aggregation.hourly c ON c.series_id = k.series_id"
        f" AND c.day BETWEEN {scope.low} AND {high}"
        f" AND c.hour_start >= ({scope.low} - 1)::timestamp AT TIME ZONE 'UTC'"
        f" AND c.hour_start < ({high} + 2)::timestamp AT TIME ZONE 'UTC'"
    )


def _days(scope: _Scope) -> str:
    days = f"c.day BETWEEN {scope.low} AND {_months_end(scope)}"
    return f"{scope.relation} JOIN aggregation.daily c ON c.series_id = k.series_id AND {days}"


def _right(level: Level, scope: _Scope, *, of_hours: bool) -> str:
    """Returns the query of what has to be: days of their hours, months of their days, or of their hours as well."""
    if level is DAILY:
        period, source = "c.day", _hours(scope, scope.high)
    else:
        period = "date_trunc('month', c.day)::date"
        source = _hours(scope, _months_end(scope)) if of_hours else _days(scope)
    return f"SELECT c.series_id, {period} AS {level.period}, {totals('c')} FROM {source} GROUP BY 1, 2"  # noqa: S608


def _parts(level: Level, alias: str) -> str:
    """Returns what a stored day or month is made of; by index, since PostgreSQL does not know how many there are."""
    period = f"{alias}.{level.period}"
    scope = _Scope(f"(SELECT {alias}.series_id) AS k", period, period)
    return _hours(scope, scope.high) if level is DAILY else _days(scope)


def _there(level: Level, scope: _Scope, alias: str) -> str:
    return f"{alias}.series_id = k.series_id AND {alias}.{level.period} BETWEEN {scope.low} AND {scope.high}"


def _columns(alias: str, names: Iterable[str]) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)


def _renewal(level: Level, scope: _Scope) -> str:
    """Returns the statement that makes days or months as they have to be, and counts those that were not."""
    table, keys = f"aggregation.{level.table}", ("series_id", level.period)
    same = " AND ".join(f"r.{key} = d.{key}" for key in keys)
    names = ", ".join((*keys, *COLUMNS))
    changes = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS)
    return (
        f"WITH r AS MATERIALIZED ({_right(level, scope, of_hours=False)}),"  # noqa: S608  our own words
        f" gone AS (DELETE FROM {table} d USING {scope.relation} WHERE {_there(level, scope, 'd')}"
        f" AND NOT EXISTS (SELECT FROM {_parts(level, 'd')}) RETURNING 1),"
        f" made AS (INSERT INTO {table} ({names}) SELECT {names} FROM r WHERE NOT EXISTS (SELECT FROM {table} d"
        f" WHERE {same} AND ({_columns('d', COLUMNS)}) IS NOT DISTINCT FROM ({_columns('r', COLUMNS)}))"
        f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changes} RETURNING 1)"
        " SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM made)"
    )


def _comparison(level: Level) -> str:
    table = f"(SELECT d.* FROM {_SHARD.relation} JOIN aggregation.{level.table} d ON {_there(level, _SHARD, 'd')})"  # noqa: S608
    return (
        f"SELECT s.sensor_id, s.loc_id, {level.period} - date 'epoch', c.readings IS NOT NULL, r.readings IS NOT NULL,"  # noqa: S608
        f" {selected('c')}, {selected('r')} FROM {table} c"
        f" FULL JOIN ({_right(level, _SHARD, of_hours=True)}) r USING (series_id, {level.period})"
        " JOIN aggregation.series s USING (series_id)"
        f" WHERE ({_columns('c', COLUMNS)}) IS DISTINCT FROM ({_columns('r', COLUMNS)}) ORDER BY 3, 1, 2"
    )


def _count(level: Level) -> str:
    there = _there(level, _SHARD, "d")
    return f"SELECT count(*) FROM {_SHARD.relation} JOIN aggregation.{level.table} d ON {there}"  # noqa: S608


_RENEW_KEYS = {level.table: _renewal(level, _KEYS) for level in (DAILY, MONTHLY)}
_RENEW_SHARD = {level.table: _renewal(level, _SHARD) for level in (DAILY, MONTHLY)}
_COMPARE = {level.table: _comparison(level) for level in (DAILY, MONTHLY)}
_COUNT = {level.table: _count(level) for level in (DAILY, MONTHLY)}


@dataclass(frozen=True, slots=True)
class Unlike:
    """A day or month that is not what its hours add up to; values are those of COLUMNS, None where there is none."""

    series: Series
    period: int
    stored: tuple[int | None, ...] | None
    right: tuple[int | None, ...] | None


async def renew(connection: asyncpg.Connection, touched: Iterable[tuple[int, int]]) -> int:
    """Makes some days, each given by series and day, what their hours add up to, and their months likewise.

    Returns:
        How many were not.
    """
    days = sorted(set(touched))
    if not days:
        return 0
    months = sorted({(series, month) for (series, _), month in zip(days, _months(days), strict=True)})
    changed = 0
    for level, keys in ((DAILY, days), (MONTHLY, months)):
        series, numbers = zip(*keys, strict=True)
        changed += await connection.fetchval(_RENEW_KEYS[level.table], series, numbers)
    return changed


def _months(days: Sequence[tuple[int, int]]) -> list[int]:
    months: list[int] = month_of(np.array([day for _, day in days], np.int64)).tolist()
    return months


async def renew_all(connection: asyncpg.Connection, level: Level, shard: int, first: int, last: int) -> int:
    """Makes a shard's days, or months, from the first to the last right; returns how many were not."""
    return int(await connection.fetchval(_RENEW_SHARD[level.table], shard, first, last))


async def compare_all(
    connection: asyncpg.Connection, level: Level, shard: int, first: int, last: int
) -> tuple[int, list[Unlike]]:
    """Compares a shard's days, or months, with their hours; returns how many there are, and those that are not right.

    What the connection sees must be of one moment.
    """
    count = await connection.fetchval(_COUNT[level.table], shard, first, last)
    unlike = [_unlike(row) for row in await connection.fetch(_COMPARE[level.table], shard, first, last)]
    return count + sum(one.stored is None for one in unlike), unlike


def _unlike(row: asyncpg.Record) -> Unlike:
    sensor_id, loc_id, period, is_there, has_to_be, *values = row
    stored, right = tuple(values[: len(COLUMNS)]), tuple(values[len(COLUMNS) :])
    return Unlike(Series(sensor_id, loc_id), period, stored if is_there else None, right if has_to_be else None)
