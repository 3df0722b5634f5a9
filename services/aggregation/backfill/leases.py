"""Who works on which backfill: one process each, for as long as it says that it does."""

import secrets

import asyncpg

from services.aggregation.backfill.domain import Backfill, Span, span_of
from services.aggregation.backfill.extents import rollup_spans, spans_of
from services.aggregation.backfill.mending import Mended
from services.aggregation.backfill.repository import backfill
from services.aggregation.calendar import SiteCalendar, calendar_of
from services.aggregation.rollup.store import RollupWriter, lock_shards
from services.common.database import Database
from services.common.epoch import moment_of
from services.common.reading_log import SHARDS, Extent

LEASE_S = 15.0

# The oldest first. One that was begun and left is gone on with, by its own process at once.
_CLAIM = """
UPDATE aggregation.backfill SET state = 'RUNNING', worker = $1, update_time = clock_timestamp(),
    lease_until = clock_timestamp() + $2 * interval '1 second'
WHERE backfill_id = (
    SELECT backfill_id FROM aggregation.backfill
    WHERE state = 'PENDING' OR (state = 'RUNNING' AND (worker = $1 OR lease_until < clock_timestamp()))
    ORDER BY backfill_id LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING *
"""
_MINE = "WHERE backfill_id = $1 AND worker = $2 AND state = 'RUNNING'"
_HOLD = f"SELECT FROM aggregation.backfill {_MINE} FOR SHARE"
_RENEW = f"""
UPDATE aggregation.backfill SET lease_until = clock_timestamp() + $3 * interval '1 second' {_MINE} RETURNING 1
"""  # noqa: S608
_BEGIN = f"""
UPDATE aggregation.backfill SET range_start = $3, range_end = $4, done_until = $3 {_MINE} RETURNING *
"""  # noqa: S608
_ADVANCE = f"""
UPDATE aggregation.backfill SET done_until = $4, cells = cells + $5, changed = changed + $6,
    update_time = clock_timestamp(), lease_until = clock_timestamp() + $3 * interval '1 second'
{_MINE} RETURNING *
"""  # noqa: S608
_END = f"""
UPDATE aggregation.backfill SET state = $3, reason = $4, update_time = clock_timestamp() {_MINE} RETURNING *
"""  # noqa: S608
_ADOPT = "UPDATE aggregation.site SET zone = $1"


class LeaseLostError(Exception):
    """Another process works on it, or nobody is to any more."""


class Leases:
    """What one process works on. After an error the same can be claimed again."""

    def __init__(self, database: Database, writer: RollupWriter, zone_name: str, lease_s: float = LEASE_S) -> None:
        """Takes the zone that a backfill of everything is to bring the rollups to."""
        self._database = database
        self._writer = writer
        self._zone_name = zone_name
        self._worker = secrets.token_hex(8)
        self._lease_s = lease_s

    async def claim(self) -> Backfill | None:
        """Returns what is to be worked on next, or None."""
        async with self._database.driver() as connection:
            row = await connection.fetchrow(_CLAIM, self._worker, self._lease_s)
        return backfill(row) if row else None

    async def begin(self, job: Backfill, extent: Extent) -> Backfill:
        """Decides what a backfill goes through, and in which zone the rollups then are kept."""
        async with self._database.driver() as connection:
            calendar = (await self._writer.lock(connection, [])).calendar
            if job.is_of_everything and calendar.zone.key != self._zone_name:
                await lock_shards(connection, range(SHARDS))
                await connection.execute(_ADOPT, self._zone_name)
                calendar = calendar_of(self._zone_name)
            there = [*spans_of(extent), *await rollup_spans(connection, calendar)]
            span = span_of(job.start_date, job.end_date, there, calendar) or Span(0, 0)
            row = await self._mine(connection, job, _BEGIN, moment_of(span.start), moment_of(span.end))
        return backfill(row)

    async def hold(self, connection: asyncpg.Connection, job: Backfill) -> None:
        """Returns if this process works on it; then it does so until the transaction ends.

        Raises:
            LeaseLostError: it does not.
        """
        await self._mine(connection, job, _HOLD)

    async def renew(self, job: Backfill) -> None:
        """Says that it is still worked on."""
        async with self._database.driver() as connection:
            await self._mine(connection, job, _RENEW, self._lease_s)

    async def advance(self, job: Backfill, done_until: int, mended: Mended) -> Backfill:
        """Says how far it is."""
        async with self._database.driver() as connection:
            counts = (mended.cells, mended.changed)
            return backfill(await self._mine(connection, job, _ADVANCE, self._lease_s, moment_of(done_until), *counts))

    async def end(self, job: Backfill, failure: str | None = None) -> Backfill:
        """Says that it is done, or that it cannot go on."""
        async with self._database.driver() as connection:
            return backfill(await self._mine(connection, job, _END, "FAILED" if failure else "DONE", failure))

    async def calendar(self) -> SiteCalendar:
        """Returns the calendar that the rollups are kept by."""
        async with self._database.driver() as connection:
            return (await self._writer.lock(connection, [])).calendar

    async def _mine(
        self, connection: asyncpg.Connection, job: Backfill, statement: str, *values: object
    ) -> asyncpg.Record:
        row = await connection.fetchrow(statement, job.backfill_id, self._worker, *values)
        if row is None:
            raise LeaseLostError
        return row
