"""The reading log in PostgreSQL. Appending to it is part of the transaction that stores the readings."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.common.database import Database
from services.realtime.log.domain import Consumer, Entry, Generation, Head

TRIM_BATCHES = 1_000
TRIM_LOCK = 4_711_004  # one replica trims at a time

READ = """
SELECT l.seq, l.append_time, l.n, b.payload, (
    SELECT g.generation FROM realtime.log_generation g
    WHERE g.start_seq < l.seq ORDER BY g.start_seq DESC, g.start_time DESC LIMIT 1
) FROM realtime.reading_log l JOIN realtime.reading_batch b USING (id)
WHERE l.seq > $1 ORDER BY l.seq LIMIT 16
"""
_LAST = "greatest((SELECT max(seq) FROM realtime.reading_log), (SELECT trimmed_seq FROM realtime.log_state))"
_HEAD = text(f"SELECT trimmed_seq, {_LAST} AS last_seq FROM realtime.log_state")  # noqa: S608
_GENERATIONS = text("SELECT generation, start_seq FROM realtime.log_generation ORDER BY start_seq, start_time")
_CONSUMERS = text(
    """
    SELECT c.consumer, c.seq, c.report_time, count(l.seq) AS batches, coalesce(sum(l.n), 0)::int8 AS readings,
           coalesce(extract(epoch FROM clock_timestamp() - min(l.append_time)), 0)::float8 AS seconds
    FROM realtime.log_consumer c LEFT JOIN realtime.reading_log l ON l.seq > c.seq
    WHERE cast(:name AS text) IS NULL OR c.consumer = :name
    GROUP BY c.consumer ORDER BY c.consumer COLLATE "C"
    """
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
        (SELECT max(seq) FROM (SELECT seq, sum(bytes) OVER (ORDER BY seq DESC) AS total FROM realtime.reading_log) t
         WHERE total > :most_bytes)
    )
    """
)
_TRIM = text(
    """
    WITH gone AS (
        DELETE FROM realtime.reading_log WHERE seq IN (
            SELECT seq FROM realtime.reading_log WHERE seq <= :bound ORDER BY seq LIMIT :batches
        ) RETURNING seq, id
    ), payloads AS (
        DELETE FROM realtime.reading_batch b USING gone WHERE b.id = gone.id
    )
    UPDATE realtime.log_state SET trimmed_seq = greatest(trimmed_seq, (SELECT max(seq) FROM gone))
    WHERE EXISTS (SELECT FROM gone) RETURNING (SELECT count(*) FROM gone)
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
        dropped = 0
        while True:
            part = await self._trim_part(bounds)
            dropped += part
            if part < TRIM_BATCHES:
                return dropped

    async def _trim_part(self, bounds: dict[str, object]) -> int:
        async with self._database.transaction() as connection:
            if not await connection.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": TRIM_LOCK}):
                return 0
            bound = await connection.scalar(_BOUND, bounds)
            if bound is None:
                return 0
            return int(await connection.scalar(_TRIM, {"bound": bound, "batches": TRIM_BATCHES}) or 0)


async def head(connection: AsyncConnection) -> Head:
    """Reads what the log holds in the caller's snapshot."""
    trimmed, last = (await connection.execute(_HEAD)).one()
    generations = [Generation(*row) for row in await connection.execute(_GENERATIONS)]
    return Head(trimmed, last, generations)
