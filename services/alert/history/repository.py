"""The outbox of the history in PostgreSQL: the events that are not marked as delivered."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields

import asyncpg

from services.alert.history.domain import StoredEvent
from services.common.database import Database

# Those of one alert are always sent by one replica at a time.
SHARDS = 16
LOCKS = 4_711_011  # with the shard as the second key

KEPT_DAYS = 7
MOST_DELETED = 5_000

_COLUMNS = ", ".join("event_id::text" if field.name == "event_id" else field.name for field in fields(StoredEvent))
_WAITING = f"""
SELECT shard FROM generate_series(0, {SHARDS - 1}) shard
WHERE EXISTS (SELECT FROM alert.alert_event WHERE NOT delivered AND alert_id % {SHARDS} = shard)
"""  # noqa: S608  our own names, here and below
# Of the transaction: it goes with the connection, whatever becomes of who took it.
_LOCK = f"SELECT pg_try_advisory_xact_lock({LOCKS}, $1)"
_OF_SHARD = f"""
SELECT {_COLUMNS} FROM alert.alert_event
WHERE NOT delivered AND alert_id % {SHARDS} = $1 AND alert_id <> ALL($2::integer[])
ORDER BY alert_id, event_seq LIMIT $3
"""  # noqa: S608
_OF_ALERT = f"""
SELECT {_COLUMNS} FROM alert.alert_event WHERE NOT delivered AND alert_id = $1 ORDER BY event_seq LIMIT $2
"""  # noqa: S608
_MARK = """
UPDATE alert.alert_event SET delivered = true WHERE (alert_id, event_seq) IN (
    SELECT e.alert_id, e.event_seq
    FROM unnest($1::integer[], $2::integer[]) AS t(alert_id, event_seq)
    JOIN alert.alert_event e USING (alert_id, event_seq)
    ORDER BY e.alert_id, e.event_seq FOR UPDATE OF e
)
"""
_REWIND = """
UPDATE alert.alert_event SET delivered = false WHERE (alert_id, event_seq) IN (
    SELECT alert_id, event_seq FROM alert.alert_event WHERE alert_id = $1 AND event_seq > $2 AND delivered
    ORDER BY event_seq FOR UPDATE
)
"""
_FIRST = "SELECT min(event_seq) FROM alert.alert_event WHERE alert_id = $1 AND event_seq > $2"
_DELETE = f"""
DELETE FROM alert.alert_event e USING (
    SELECT alert_id, event_seq FROM alert.alert_event
    WHERE create_time < clock_timestamp() - interval '{KEPT_DAYS} days' AND delivered AND planned
    ORDER BY create_time LIMIT {MOST_DELETED} FOR UPDATE SKIP LOCKED
) old WHERE e.alert_id = old.alert_id AND e.event_seq = old.event_seq
"""  # noqa: S608


class TakenEvents:
    """Satisfies Taken, in the transaction that holds the shard."""

    def __init__(self, connection: asyncpg.Connection, events: Sequence[StoredEvent]) -> None:
        self._connection = connection
        self.events = events

    async def mark(self, events: Sequence[StoredEvent]) -> None:
        """Notes that the history has these."""
        await self._connection.execute(_MARK, [e.alert_id for e in events], [e.event_seq for e in events])


class SqlOutbox:
    """Satisfies Outbox."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting_shards(self) -> Sequence[int]:
        """Returns the shards that have undelivered events."""
        async with self._database.reader() as connection:
            return [row[0] for row in await connection.fetch(_WAITING)]

    @asynccontextmanager
    async def take(
        self, shard: int, most: int, without: Collection[int], only: int | None
    ) -> AsyncIterator[TakenEvents | None]:
        """Gives the first undelivered events of a shard or of one of its alerts; None while another replica has it.

        An alert's events become visible in their order, because each one is added under the alert's lock.
        """
        async with self._database.driver() as connection:
            if not await connection.fetchval(_LOCK, shard):
                yield None
                return
            if only is None:
                rows = await connection.fetch(_OF_SHARD, shard, list(without), most)
            else:
                rows = await connection.fetch(_OF_ALERT, only, most)
            yield TakenEvents(connection, [StoredEvent(*row) for row in rows])

    async def rewind(self, alert_id: int, last_event_seq: int) -> int | None:
        """Has an alert's events after one delivered again; returns the first of those that are still there."""
        async with self._database.driver() as connection:
            await connection.execute(_REWIND, alert_id, last_event_seq)
            first: int | None = await connection.fetchval(_FIRST, alert_id, last_event_seq)
            return first

    async def delete_old(self) -> int:
        """Deletes events that are done with and a week old, but not too many in one transaction; says how many."""
        async with self._database.driver() as connection:
            return int((await connection.execute(_DELETE)).split()[-1])
