"""Backfills in PostgreSQL."""

from collections.abc import Sequence
from datetime import date

import asyncpg

from services.aggregation.backfill.domain import Backfill, Span, State
from services.aggregation.calendar import SiteCalendar, calendar_of
from services.aggregation.rollup.store import lock_shards
from services.common.database import Database
from services.common.epoch import microseconds
from services.common.paging import PageRequest
from services.common.reading_log import SHARDS, Place

SCAN_S = 600  # a look at every hour that there is

# What a replaced or restored log has not reached yet must not look as if it were in the hours.
_FORGET_SEQS = "UPDATE aggregation.hourly SET seq = 0 WHERE seq > $1"
# No hour is further than its shard's cursor, or than a backfill. Only a log that was put back makes the look worth it.
_FURTHEST = """
SELECT greatest((SELECT max(seq) FROM aggregation.log_cursor), (SELECT max(ahead_seq) FROM aggregation.shard))
"""
_FORGET_AHEAD = "UPDATE aggregation.shard SET ahead_seq = least(ahead_seq, $1)"
_REPLACE = """
UPDATE aggregation.backfill SET state = 'CANCELLED', reason = 'a newer one makes everything anew', update_time = now()
WHERE state IN ('PENDING', 'RUNNING') AND start_date IS NULL AND end_date IS NULL
"""
# What one of some days has read may be of another log; its worker must not write it any more.
_AGAIN = """
UPDATE aggregation.backfill SET state = 'PENDING', worker = NULL, lease_until = NULL, range_start = NULL,
    range_end = NULL, done_until = NULL, cells = 0, changed = 0, update_time = now()
WHERE state = 'RUNNING'
"""
_CREATE = """
INSERT INTO aggregation.backfill (start_date, end_date, state, create_time, update_time)
VALUES ($1, $2, 'PENDING', now(), now()) RETURNING *
"""
_GET = "SELECT * FROM aggregation.backfill WHERE backfill_id = $1"
_LIST = """
SELECT * FROM aggregation.backfill WHERE $1::int4 IS NULL OR backfill_id < $1
ORDER BY backfill_id DESC OFFSET $2 LIMIT $3
"""
_CANCEL = """
UPDATE aggregation.backfill SET state = 'CANCELLED', update_time = now()
WHERE backfill_id = $1 AND state IN ('PENDING', 'RUNNING') RETURNING *
"""
_ZONE = "SELECT zone FROM aggregation.site"


class SqlBackfills:
    """Satisfies Rebuilds."""

    async def request(self, connection: asyncpg.Connection, place: Place) -> None:
        """Asks for a backfill of everything, in the caller's transaction; the log is followed from `place` on.

        One that is at work is fenced: it read what it writes before.
        """
        await lock_shards(connection, range(SHARDS))
        if (await connection.fetchval(_FURTHEST) or 0) > place.seq:
            await connection.execute(f"SET LOCAL statement_timeout = '{SCAN_S}s'")
            await connection.execute(_FORGET_SEQS, place.seq, timeout=SCAN_S)
            await connection.execute(_FORGET_AHEAD, place.seq)
        await connection.execute(_REPLACE)
        await connection.execute(_AGAIN)
        await connection.execute(_CREATE, None, None)


class SqlJobs:
    """Satisfies BackfillStore."""

    def __init__(self, database: Database, zone_name: str) -> None:
        """Takes the zone that holds until there are rollups."""
        self._database = database
        self._zone_name = zone_name

    async def add(self, start: date | None, end: date | None) -> Backfill:
        """Adds one."""
        async with self._database.driver() as connection:
            return backfill(await connection.fetchrow(_CREATE, start, end))

    async def get(self, backfill_id: int) -> Backfill | None:
        """Returns one, or None."""
        async with self._database.driver() as connection:
            row = await connection.fetchrow(_GET, backfill_id)
        return backfill(row) if row else None

    async def list(self, request: PageRequest) -> Sequence[Backfill]:
        """Returns up to one row more than the limit, the newest first."""
        after = request.after[0] if request.after else None
        async with self._database.driver() as connection:
            return [backfill(row) for row in await connection.fetch(_LIST, after, request.skip, request.limit + 1)]

    async def cancel(self, backfill_id: int) -> Backfill | None:
        """Stops one; None if there is none that could be stopped."""
        async with self._database.driver() as connection:
            row = await connection.fetchrow(_CANCEL, backfill_id)
        return backfill(row) if row else None

    async def calendar(self) -> SiteCalendar:
        """Returns the calendar that the rollups are kept by."""
        async with self._database.driver() as connection:
            return calendar_of(await connection.fetchval(_ZONE) or self._zone_name)


def backfill(row: asyncpg.Record) -> Backfill:
    """Returns a row of the table as a backfill."""
    span = Span(microseconds(row["range_start"]), microseconds(row["range_end"])) if row["range_start"] else None
    return Backfill(
        backfill_id=row["backfill_id"],
        start_date=row["start_date"],
        end_date=row["end_date"],
        state=State(row["state"]),
        span=span,
        done_until=microseconds(row["done_until"]) if row["done_until"] else 0,
        cells=row["cells"],
        changed=row["changed"],
        reason=row["reason"],
        create_time=row["create_time"],
        update_time=row["update_time"],
    )
