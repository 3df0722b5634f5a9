"""The cursors in PostgreSQL. A cursor's row is the fence: who cannot lock what it thinks it holds writes nothing."""

from collections.abc import Collection, Sequence

import asyncpg

from services.common.reading_log.membership import WORK_LOCKS
from services.common.reading_log.shards import SHARDS, Cursor, Plan
from services.common.reading_log.state import Place

NOWHERE = Place("", 0)  # which no cursor is behind
REBUILD_LOCKS = 4_711_007  # with a hash of the schema and consumer as the second key

_MAKE = """
INSERT INTO {schema}.log_cursor (consumer, shard) SELECT $1, generate_series(0, $2::int4 - 1) ON CONFLICT DO NOTHING
"""
_COLUMNS = "c.shard, c.gen, c.holder, c.generation, c.seq"
_READ = f"SELECT {_COLUMNS} FROM {{schema}}.log_cursor c WHERE consumer = $1 ORDER BY shard"  # noqa: S608
# What another transaction has locked changes its holder or is rebuilt: it is passed over, here and by the fence.
_HAND_OVER = f"""
UPDATE {{schema}}.log_cursor AS c SET gen = c.gen + 1, holder = $2 FROM (
    SELECT shard FROM {{schema}}.log_cursor c
    JOIN unnest($3::smallint[], $4::bigint[]) AS expected(shard, gen) USING (shard, gen)
    WHERE consumer = $1 ORDER BY shard FOR UPDATE OF c SKIP LOCKED
) locked WHERE c.consumer = $1 AND c.shard = locked.shard RETURNING {_COLUMNS}
"""  # noqa: S608
# Locks what is held and moves what has not come to a place, at once, since each call to the server is dear beside a few
# readings. What it does is done again from the log where the database's machine loses it, together with the place, so
# the commit waits for no disk; a transaction of which others learn says otherwise, see LogWork.
_FENCE = """
WITH mark AS MATERIALIZED (
    SELECT pg_advisory_xact_lock_shared($5, $6), set_config('synchronous_commit', 'off', true)
), locked AS (
    SELECT c.shard, c.seq FROM mark, {schema}.log_cursor c
    JOIN unnest($2::smallint[], $3::bigint[], $4::bigint[]) AS held(shard, gen, seq) USING (shard, gen, seq)
    WHERE consumer = $1 ORDER BY shard FOR UPDATE OF c SKIP LOCKED
), moved AS (
    UPDATE {schema}.log_cursor c SET generation = $7, seq = $8 FROM locked
    WHERE c.consumer = $1 AND c.shard = locked.shard AND locked.seq < $8
)
SELECT shard FROM locked
"""
_LOCK_ALL = "SELECT shard, gen, seq FROM {schema}.log_cursor WHERE consumer = $1 ORDER BY shard FOR UPDATE"
_RESTART = "UPDATE {schema}.log_cursor SET gen = gen + 1, generation = $2, seq = $3 WHERE consumer = $1"
_MARK = "SELECT pg_advisory_xact_lock_shared($1, $2)"
_REBUILD_LOCK = "SELECT pg_try_advisory_xact_lock($1, hashtext($2))"


class FencedError(Exception):
    """Another replica holds, or is taking over, some of what this one thought it held. Nothing was written."""


class Cursors:
    """The sixteen cursors of one consumer. Every method works in the caller's transaction."""

    def __init__(self, schema: str, consumer: str) -> None:
        self._schema = schema
        self._consumer = consumer

    async def make(self, connection: asyncpg.Connection) -> None:
        """Makes the rows that are missing."""
        await self._fetch(connection, _MAKE, SHARDS)

    async def read(self, connection: asyncpg.Connection) -> Sequence[Cursor]:
        """Returns all cursors by shard."""
        return [Cursor(*row) for row in await self._fetch(connection, _READ)]

    async def carry_out(self, connection: asyncpg.Connection, plan: Plan, member: int) -> Sequence[Cursor]:
        """Takes and gives what nobody else was quicker with; returns the changed cursors."""
        changed: list[Cursor] = []
        if plan.take or plan.give:
            await self._mark(connection, member)
        for cursors, holder in ((plan.give, None), (plan.take, member)):
            if cursors:
                values = [c.shard for c in cursors], [c.gen for c in cursors]
                changed += [Cursor(*row) for row in await self._fetch(connection, _HAND_OVER, holder, *values)]
        return changed

    async def fence(self, connection: asyncpg.Connection, held: Collection[Cursor], place: Place = NOWHERE) -> None:
        """Locks what is held until the transaction ends, and moves to a place whatever of it is behind that.

        Raises:
            FencedError: some of it is not held any more.
        """
        columns = [c.shard for c in held], [c.gen for c in held], [c.seq for c in held]
        mark = WORK_LOCKS, next(iter(held)).holder
        rows = await self._fetch(connection, _FENCE, *columns, *mark, place.generation, place.seq)
        locked = {row["shard"] for row in rows}
        gone = sorted({c.shard for c in held} - locked)
        if gone:
            raise FencedError(f"shards {gone} are held by another replica, or are being taken over")

    async def fence_all(self, connection: asyncpg.Connection, held: Collection[Cursor]) -> None:
        """Locks every cursor, for a rebuild; waits for the transactions that hold some.

        Raises:
            FencedError: what is held has changed meanwhile, or another replica rebuilds.
        """
        await self._mark(connection, next(iter(held)).holder)
        if not await connection.fetchval(_REBUILD_LOCK, REBUILD_LOCKS, f"{self._schema}/{self._consumer}"):
            raise FencedError("another replica rebuilds")
        rows = {tuple(row) for row in await self._fetch(connection, _LOCK_ALL)}
        if not rows >= {(c.shard, c.gen, c.seq) for c in held}:
            raise FencedError("another replica has rebuilt, or has taken over")

    async def restart(self, connection: asyncpg.Connection, place: Place) -> None:
        """Sets every cursor to a place, and fences whoever has not noticed."""
        await self._fetch(connection, _RESTART, place.generation, place.seq)

    async def _mark(self, connection: asyncpg.Connection, member: int | None) -> None:
        """Marks the transaction's session as the member's, so that it can be ended if the member is stopped."""
        await connection.execute(_MARK, WORK_LOCKS, member)

    async def _fetch(self, connection: asyncpg.Connection, statement: str, *values: object) -> Sequence[asyncpg.Record]:
        rows: Sequence[asyncpg.Record] = await connection.fetch(
            statement.format(schema=self._schema), self._consumer, *values
        )
        return rows
