"""Rollups in PostgreSQL, written over asyncpg's own connection in the caller's transaction.

Whoever writes the cells of a shard, the consumer or a backfill, first takes its lock until the transaction ends. So the
days and months are at any moment what their hours add up to.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import asyncpg
import numpy as np
from numpy.typing import NDArray

from services.aggregation.calendar import SiteCalendar, calendar_of
from services.aggregation.cells import NO_LEAST, NO_MOST, Cells, Ints, Series, by_day, by_month
from services.aggregation.tables import DAILY, HOURLY, MOMENT, MONTHLY, Level
from services.common.reading_log import shard_of

SHARD_LOCKS = 4_711_008  # with the shard as the second key

_LOCK = "SELECT pg_advisory_xact_lock($1, shard) FROM unnest($2::int4[]) AS shard"
_INSERT_SITE = "INSERT INTO aggregation.site (zone) VALUES ($1) ON CONFLICT DO NOTHING"
_STANDING = """
SELECT zone, (SELECT array_agg(ahead_seq ORDER BY shard) FROM aggregation.shard) AS ahead FROM aggregation.site
"""
_SERIES = """
SELECT t.n, s.series_id FROM unnest($1::int4[], $2::text[], $3::text[]) AS t(n, sensor_id, loc_id)
JOIN aggregation.series s USING (sensor_id, loc_id)
"""
_ADD_SERIES = """
INSERT INTO aggregation.series (sensor_id, loc_id, shard) SELECT * FROM unnest($1::text[], $2::text[], $3::int2[])
"""
_SEQS = f"""
SELECT t.n, c.seq FROM unnest($1::int4[], $2::int4[], $3::int8[]) AS t(n, series_id, moment)
JOIN aggregation.hourly c ON c.series_id = t.series_id AND c.hour_start = {MOMENT.format("t.moment")}
"""  # noqa: S608  our own words


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds for the shards that were locked.

    Attributes:
        calendar: that of the zone in which the rollups are kept.
        ahead: for each of the 16 shards, up to which batch a backfill may have made some cells.
    """

    calendar: SiteCalendar
    ahead: NDArray[np.int64]


class RollupWriter:
    """Writes cells. What it remembers of series may be of a transaction that failed: then call forget()."""

    def __init__(self, zone_name: str) -> None:
        """Takes the zone that rollups are kept in from the very first on."""
        self._zone_name = zone_name
        self._series_ids: dict[Series, int] = {}

    def forget(self) -> None:
        """Forgets what was read of the database."""
        self._series_ids.clear()

    async def lock(self, connection: asyncpg.Connection, shards: Iterable[int]) -> Standing:
        """Keeps every other writer of some shards out until the transaction ends."""
        # What holds is read by a statement that begins when the locks are had.
        await lock_shards(connection, shards)
        row = await connection.fetchrow(_STANDING)
        if row is None:
            await connection.execute(_INSERT_SITE, self._zone_name)
            row = await connection.fetchrow(_STANDING)
        return Standing(calendar_of(row["zone"]), np.array(row["ahead"], np.int64))

    async def add(self, connection: asyncpg.Connection, hours: Cells, calendar: SiteCalendar) -> None:
        """Adds what new readings bring to hours, and so to their days and months."""
        days = by_day(hours, calendar)
        ids = await self.series_ids(connection, hours)
        await connection.execute(HOURLY.add(), *hour_arrays(hours, ids, calendar))
        await connection.execute(DAILY.add(), *_arrays(DAILY, days, ids))
        await connection.execute(MONTHLY.add(), *_arrays(MONTHLY, by_month(days), ids))

    async def replace(
        self, connection: asyncpg.Connection, hours: Cells, calendar: SiteCalendar
    ) -> tuple[list[int], list[int]]:
        """Writes hours as they are; returns the series and the day of each. Their days and months are the caller's."""
        series, period, days, *rest = hour_arrays(hours, await self.series_ids(connection, hours), calendar)
        await connection.execute(HOURLY.replace(), series, period, days, *rest)
        return cast("list[int]", series), cast("list[int]", days)

    async def seqs(self, connection: asyncpg.Connection, hours: Cells) -> Ints:
        """Returns the last batch that is in each of the hours as they stand; 0 where there is none yet."""
        ids = await self.series_ids(connection, hours)
        numbers = list(range(len(hours)))
        found = np.zeros(len(hours), np.int64)
        for n, seq in await connection.fetch(_SEQS, numbers, ids[hours.index].tolist(), hours.period.tolist()):
            found[n] = seq
        return found

    async def series_ids(self, connection: asyncpg.Connection, cells: Cells) -> NDArray[np.int64]:
        """Returns the id of each of the cells' series, and makes those that are not there; 0 where no cell has one."""
        ids = np.zeros(len(cells.series), np.int64)
        used = np.unique(cells.index).tolist()
        await self._find(connection, [cells.series[n] for n in used])
        for n in used:
            ids[n] = self._series_ids[cells.series[n]]
        return ids

    async def _find(self, connection: asyncpg.Connection, series: Sequence[Series]) -> None:
        missing = [one for one in series if one not in self._series_ids]
        if not missing:
            return
        await self._read_series(connection, missing)
        new = [one for one in missing if one not in self._series_ids]
        if new:
            # Nobody else makes them meanwhile: a sensor is in one shard, which is locked.
            sensors, places = zip(*new, strict=True)
            await connection.execute(_ADD_SERIES, sensors, places, [shard_of(sensor) for sensor in sensors])
            await self._read_series(connection, new)

    async def _read_series(self, connection: asyncpg.Connection, series: Sequence[Series]) -> None:
        sensors, places = zip(*series, strict=True)
        for n, series_id in await connection.fetch(_SERIES, list(range(len(series))), sensors, places):
            self._series_ids[series[n]] = series_id


async def lock_shards(connection: asyncpg.Connection, shards: Iterable[int]) -> None:
    """Keeps every other writer of some shards out until the transaction ends; in one order everywhere."""
    await connection.execute(_LOCK, SHARD_LOCKS, sorted(shards))


def shards_of(cells: Cells) -> NDArray[np.int64]:
    """Returns the shard of each cell."""
    shards = np.array([shard_of(series.sensor_id) for series in cells.series], np.int64)
    return shards[cells.index]


def hour_arrays(hours: Cells, ids: NDArray[np.int64], calendar: SiteCalendar) -> list[list[int | None]]:
    """Returns hours as the columns that HOURLY's statements take."""
    labels = [calendar.days(hours.period).tolist(), calendar.hours(hours.period).tolist()]
    series, period, *values = _arrays(HOURLY, hours, ids)
    return [series, period, *labels, *values]


def _arrays(level: Level, cells: Cells, ids: NDArray[np.int64]) -> list[list[int | None]]:
    columns = [_list(name, cells.values[name]) for name in level.values]
    return [ids[cells.index].tolist(), cells.period.tolist(), *columns]


def _list(name: str, column: Ints) -> list[int | None]:
    values: list[int | None] = column.tolist()
    if name in ("pcv_temperature_min", "pcv_temperature_max"):
        values = [None if value in (NO_LEAST, NO_MOST) else value for value in values]
    return values
