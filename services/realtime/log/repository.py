"""The reading log in PostgreSQL. Appending to it is part of the transaction that stores the readings."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.common.database import Database
from services.realtime.log.domain import Consumer, Entry, Generation, Head

TRIM_BATCHES = 1_000
TRIM_LOCK = 4_711_004  # one replica trims at a time

READ_BATCHES = 16
READ = f"""
SELECT l.seq, l.append_time, b.n, b.payload, (
    SELECT g.generation FROM realtime.log_generation g
    WHERE g.start_seq < l.seq ORDER BY g.start_seq DESC, g.start_time DESC LIMIT 1
) FROM realtime.reading_log l JOIN realtime.reading_batch b USING (id)
WHERE l.seq > $1 ORDER BY l.seq LIMIT {READ_BATCHES}
"""  # noqa: S608
_LAST = "greatest((SELECT max(seq) FROM realtime.reading_log), (SELECT trimmed_seq FROM realtime.log_state))"
_HEAD = text(f"SELECT trimmed_seq, {_LAST} AS last_seq FROM realtime.log_state")  # noqa: S608
_GENERATIONS = text("SELECT generation, start_seq FROM realtime.log_generation ORDER BY start_seq, start_time")
# What a consumer has not passed is the difference of two totals, however much that is.
_TOTAL = "SELECT readings_total FROM realtime.reading_log"
_CONSUMERS = text(
    f"""
    SELECT c.consumer, c.seq, c.report_time, greatest({_LAST} - c.seq, 0) AS batches,
        greatest(coalesce(({_TOTAL} ORDER BY seq DESC LIMIT 1), s.readings_total)
            - coalesce(({_TOTAL} l WHERE l.seq <= c.seq ORDER BY seq DESC LIMIT 1), s.readings_total), 0) AS readings,
        coalesce(extract(epoch FROM clock_timestamp() - (
            SELECT append_time FROM realtime.reading_log l WHERE l.seq > c.seq ORDER BY seq LIMIT 1
        )), 0)::float8 AS seconds
    FROM realtime.log_consumer c CROSS JOIN realtime.log_state s
    WHERE cast(:name AS text) IS NULL OR c.consumer = :name ORDER BY c.consumer COLLATE "C"
    """  # noqa: S608
)
_REGISTER = text(
    f"INSERT INTO realtime.log_consumer VALUES (:name, {_LAST}, clock_timestamp()) ON CONFLICT DO NOTHING"  # noqa: S608
)
_REPORT = text("UPDATE realtime.log_consumer SET seq = :seq, report_time = clock_timestamp() WHERE consumer = :name")

# How far the log may be dropped: what every consumer has passed, but for the newest, which a consumer that is
# restored from a backup or a browser that comes back may ask for; and what is too old or too much, in any case.
_BOUND = text(
    """
    SELECT greatest(
        least(
            coalesce((SELECT min(seq) FROM realtime.log_consumer), (SELECT max(seq) FROM realtime.reading_log)),
            -- Never null: least() passes over a null, and the margin with it, while all of the log is that new.
            coalesce((SELECT max(seq) FROM realtime.reading_log WHERE append_time < :keep_after), 0)
        ),
        (SELECT max(seq) FROM realtime.reading_log WHERE append_time < :oldest),
        -- The last batch with which the newest would be too many bytes; none where all of them fit.
        (SELECT l.seq FROM realtime.reading_log l, realtime.log_state s, (
            SELECT bytes_total - :most_bytes AS surplus FROM realtime.reading_log ORDER BY seq DESC LIMIT 1
         ) size WHERE s.bytes_total < size.surplus AND l.bytes_total >= size.surplus ORDER BY l.bytes_total LIMIT 1)
    )
    """
)
_TRIM = text(
    """
    WITH gone AS (
        DELETE FROM realtime.reading_log WHERE seq IN (
            SELECT seq FROM realtime.reading_log WHERE seq <= :bound ORDER BY seq LIMIT :batches
        ) RETURNING *
    ), payloads AS (
        DELETE FROM realtime.reading_batch b USING gone WHERE b.id = gone.id
    )
    UPDATE realtime.log_state SET (trimmed_seq, readings_total, bytes_total) = (
        SELECT max(seq), max(readings_total), max(bytes_total) FROM gone
    ) WHERE EXISTS (SELECT FROM gone) RETURNING (SELECT count(*) FROM gone)
    """
)


class SqlLog:
    """Satisfies LogStore and LogTrimmer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def head(self) -> Head:
        """Returns what the log holds."""
        async with self._database.snapshot() as connection:
            return await head(connection)

    async def read(self, seq: int) -> Sequence[Entry]:
        """Returns the next batches after a number; the caller has checked that it still can be read from."""
        async with self._database.transaction() as connection:
            rows = await connection.exec_driver_sql(READ, (seq,))
            return [Entry(*tuple(row)) for row in rows]

    async def register(self, name: str) -> None:
        """Registers a consumer at the log's end, unless it is registered."""
        async with self._database.transaction() as connection:
            await connection.execute(_REGISTER, {"name": name})

    async def report(self, name: str, seq: int) -> bool:
        """Notes how far a consumer is; False if there is none of that name."""
        async with self._database.transaction() as connection:
            return bool((await connection.execute(_REPORT, {"name": name, "seq": seq})).rowcount)

    async def remove(self, name: str) -> bool:
        """Forgets a consumer; False if there is none of that name."""
        statement = text("DELETE FROM realtime.log_consumer WHERE consumer = :name")
        async with self._database.transaction() as connection:
            return bool((await connection.execute(statement, {"name": name})).rowcount)

    async def consumers(self, name: str | None = None) -> Sequence[Consumer]:
        """Returns the consumers by name, or only the one of that name."""
        async with self._database.transaction() as connection:
            rows = await connection.execute(_CONSUMERS, {"name": name})
            return [
                Consumer(r.consumer, r.seq, r.report_time, r.batches, int(r.readings), float(r.seconds)) for r in rows
            ]

    async def trim(self, *, keep_after: datetime, oldest: datetime, most_bytes: int) -> int:
        """Drops what the log may drop, a part in each transaction; returns how many batches."""
        bounds = {"keep_after": keep_after, "oldest": oldest, "most_bytes": most_bytes}
        async with self._database.transaction() as connection:
            bound = await connection.scalar(_BOUND, bounds)
        dropped = 0
        while True:
            part = await self._trim_part(bound)
            dropped += part
            if part < TRIM_BATCHES:
                return dropped

    async def _trim_part(self, bound: int) -> int:
        async with self._database.transaction() as connection:
            if not await connection.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": TRIM_LOCK}):
                return 0
            return int(await connection.scalar(_TRIM, {"bound": bound, "batches": TRIM_BATCHES}) or 0)


async def head(connection: AsyncConnection) -> Head:
    """Reads what the log holds in the caller's snapshot."""
    trimmed, last = (await connection.execute(_HEAD)).one()
    generations = [Generation(*row) for row in await connection.execute(_GENERATIONS)]
    return Head(trimmed, last, generations)
