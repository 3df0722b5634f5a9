"""Makes a slice of the rollups what the readings say, beside the consumer, in short transactions of one shard each."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import numpy as np

from services.aggregation.backfill.domain import Slice, ended, hour_start
from services.aggregation.backfill.hours import Comparison, Stored, compare, of_shard, stored_hours
from services.aggregation.backfill.periods import renew, renew_all
from services.aggregation.backfill.reading import MOST_SENSORS, Piece, Ranges, Recomputed, recompute
from services.aggregation.calendar import SiteCalendar
from services.aggregation.rollup.store import RollupWriter, shards_of
from services.aggregation.tables import DAILY, DAY, MOMENT, MONTHLY
from services.common.database import Database
from services.common.reading_log import SHARDS, shard_of

ROUNDS = 5

# An hour that moved on was changed after the readings were read. Each round is shorter than the one before, so that
# fewer do; what then is left is read while its shard waits, for which a session may be idle for longer.
_PATIENCE = "SET LOCAL idle_in_transaction_session_timeout = '60s'"

_DELETE = f"""
DELETE FROM aggregation.hourly c USING unnest($1::int4[], $2::int8[]) AS t(series_id, moment)
WHERE c.series_id = t.series_id AND c.hour_start = {MOMENT.format("t.moment")}
"""  # noqa: S608  our own words
_AHEAD = "UPDATE aggregation.shard SET ahead_seq = $2 WHERE shard = $1 AND ahead_seq < $2"
_STARTS = f"""
SELECT DISTINCT (extract(epoch FROM c.hour_start) * 1000000)::int8
FROM aggregation.series s JOIN aggregation.hourly c USING (series_id)
WHERE s.shard = $1 AND c.hour_start >= {MOMENT.format("$2::int8")} AND c.hour_start < {MOMENT.format("$3::int8")}
"""  # noqa: S608
_RELABEL = f"""
UPDATE aggregation.hourly c SET day = o.new_day, hour = o.new_hour FROM (
    SELECT old.series_id, old.hour_start, old.day, {DAY.format("t.day")} AS new_day, t.hour AS new_hour
    FROM aggregation.series s JOIN aggregation.hourly old USING (series_id)
    JOIN unnest($2::int8[], $3::int4[], $4::int4[]) AS t(moment, day, hour)
        ON old.hour_start = {MOMENT.format("t.moment")}
    WHERE s.shard = $1 AND (old.day, old.hour) IS DISTINCT FROM ({DAY.format("t.day")}, t.hour)
) o WHERE c.series_id = o.series_id AND c.hour_start = o.hour_start
RETURNING c.series_id, o.day - date 'epoch', c.day - date 'epoch'
"""  # noqa: S608

Fence = Callable[[asyncpg.Connection], Awaitable[None]]


class ZoneChangedError(Exception):
    """The rollups are kept in another zone than the slice was made for."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What was done to a slice."""

    readings: int
    cells: int
    changed: int


class Mender:
    """Mends slices. What it does twice comes out the same, so that it can end anywhere."""

    def __init__(self, database: Database, ranges: Ranges, writer: RollupWriter) -> None:
        """Takes a writer of its own, which is told to forget what it knows when a transaction fails."""
        self._database = database
        self._ranges = ranges
        self._writer = writer

    async def mend(self, part: Slice, calendar: SiteCalendar, fence: Fence, most: int | None) -> Mended:
        """Mends a slice, also where other ones write the same.

        Args:
            part: the slice.
            calendar: by which it was made.
            fence: is called in each transaction, and raises if nothing may be written any more.
            most: more readings than this are TooManyError.
        """
        self._writer.forget()  # since the last slice the database may have been restored
        run = _Run(self._database, self._ranges, self._writer, calendar, fence)
        try:
            if part.read_from is None:
                readings, cells, changed = 0, 0, await run.relabel(part)
            else:
                piece = Piece(part.start, part.end, part.read_from)
                readings, cells, changed = await run.mend(piece, most)
            return Mended(readings, cells, changed + await run.settle(part))
        except BaseException:
            self._writer.forget()
            raise


class _Run:
    def __init__(
        self, database: Database, ranges: Ranges, writer: RollupWriter, calendar: SiteCalendar, fence: Fence
    ) -> None:
        self._database = database
        self._ranges = ranges
        self._writer = writer
        self._calendar = calendar
        self._fence = fence

    @asynccontextmanager
    async def _locked(self, shard: int) -> AsyncIterator[asyncpg.Connection]:
        async with self._database.driver() as connection:
            standing = await self._writer.lock(connection, [shard])
            if standing.calendar.zone.key != self._calendar.zone.key:
                raise ZoneChangedError
            await self._fence(connection)
            yield connection

    async def mend(self, whole: Piece, most: int | None) -> tuple[int, int, int]:
        """Makes the hours of a piece right; returns how many readings and hours it has, and what had to be changed."""
        recomputed = await recompute(self._ranges, whole, self._calendar, most)
        changed, moved = await self._write(whole, recomputed)
        pieces = pieces_of(moved, whole, self._calendar)
        for _ in range(ROUNDS):
            moved = []
            for piece in pieces:
                again, still = await self._write(piece, await recompute(self._ranges, piece, self._calendar))
                changed += again
                moved += still
            pieces = pieces_of(moved, whole, self._calendar)
        for piece in pieces:
            changed += await self._mend_still(piece)
        return recomputed.readings, len(recomputed.hours), changed

    async def _write(self, piece: Piece, recomputed: Recomputed) -> tuple[int, list[Stored]]:
        shards = shards_of(recomputed.hours)
        wanted = {shard_of(sensor) for sensor in piece.sensors} or range(SHARDS)
        changed = 0
        moved: list[Stored] = []
        for shard in sorted(wanted):
            expected = of_shard(recomputed, shards, shard)
            async with self._locked(shard) as connection:
                found = compare(expected, await stored_hours(connection, shard, piece), piece, self._calendar)
                changed += await self._change(connection, shard, expected, found)
            moved += found.moved
        return changed, moved

    async def _mend_still(self, piece: Piece) -> int:
        """Makes a piece right while its shards wait."""
        changed = 0
        for shard in sorted({shard_of(sensor) for sensor in piece.sensors}):
            sensors = [sensor for sensor in piece.sensors if shard_of(sensor) == shard]
            part = Piece(piece.start, piece.end, piece.read_from, sensors)
            async with self._locked(shard) as connection:
                await connection.execute(_PATIENCE)
                expected = await recompute(self._ranges, part, self._calendar)
                stored = await stored_hours(connection, shard, part)
                found = compare(expected, stored, part, self._calendar, is_still=True)
                changed += await self._change(connection, shard, expected, found)
        return changed

    async def _change(self, connection: asyncpg.Connection, shard: int, expected: Recomputed, found: Comparison) -> int:
        """Makes the wrong hours right, and then their days and months."""
        if not found.wrong:
            return 0
        gone = [one.stored for one in found.wrong if one.row is None and one.stored is not None]
        if gone:
            await connection.execute(_DELETE, [hour.series_id for hour in gone], [hour.hour_start for hour in gone])
        touched = [(one.stored.series_id, one.stored.day) for one in found.wrong if one.stored is not None]
        rows = np.array([one.row for one in found.wrong if one.row is not None], np.intp)
        if len(rows):
            series, days = await self._writer.replace(connection, expected.hours.take(rows), self._calendar)
            touched += zip(series, days, strict=True)
            await connection.execute(_AHEAD, shard, expected.seq)
        return len(found.wrong) + await renew(connection, touched)

    async def relabel(self, part: Slice) -> int:
        """Has hours, of which the readings are gone, on the days on which they are in this calendar."""
        changed = 0
        for shard in range(SHARDS):
            async with self._locked(shard) as connection:
                rows = await connection.fetch(_STARTS, shard, part.start, part.end)
                starts = np.array([row[0] for row in rows], np.int64)
                days, hours = self._calendar.days(starts), self._calendar.hours(starts)
                labelled = await connection.fetch(_RELABEL, shard, starts.tolist(), days.tolist(), hours.tolist())
                touched = [(series, day) for series, *both in labelled for day in both]
                changed += len(labelled) + await renew(connection, touched)
        return changed

    async def settle(self, part: Slice) -> int:
        """Makes the days and months that end with a slice right, also those of which no hour was wrong."""
        days, months = ended(part, self._calendar)
        wanted = [(level, period) for level, period in ((DAILY, days), (MONTHLY, months)) if period is not None]
        changed = 0
        for shard in range(SHARDS) if wanted else ():
            async with self._locked(shard) as connection:
                for level, (first, last) in wanted:
                    changed += await renew_all(connection, level, shard, first, last)
        return changed


def pieces_of(moved: Iterable[Stored], whole: Piece, calendar: SiteCalendar) -> Sequence[Piece]:
    """Returns what is to be read again, day by day: a late reading of one day is no reason to read all the others."""
    by_day: dict[int, list[Stored]] = {}
    for hour in moved:
        by_day.setdefault(hour.day, []).append(hour)
    pieces = []
    for hours in by_day.values():
        start = hour_start(min(hour.hour_start for hour in hours), calendar)
        end = calendar.next_hour(max(hour.hour_start for hour in hours) + 1)
        sensors = sorted({hour.series.sensor_id for hour in hours})
        for begin in range(0, len(sensors), MOST_SENSORS):
            some = sensors[begin : begin + MOST_SENSORS]
            pieces.append(Piece(start, end, max(start, whole.read_from), some))
    return pieces
