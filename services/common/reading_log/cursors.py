"""The cursors in PostgreSQL. A cursor's row is the fence: who cannot lock what it thinks it holds writes nothing."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.common.reading_log.membership import WORK_LOCKS
from services.common.reading_log.shards import SHARDS, Cursor, Plan
from services.common.reading_log.state import Place

NOWHERE = Place("", 0)  # which no cursor is behind
REBUILD_LOCKS = 4_711_007  # with a hash of the schema and consumer as the second key

_MAKE = """
INSERT INTO {schema}.log_cursor (consumer, shard) SELECT :consumer, generate_series(0, :shards - 1)
ON CONFLICT DO NOTHING
"""
_COLUMNS = "c.shard, c.gen, c.holder, c.generation, c.seq"
_READ = f"SELECT {_COLUMNS} FROM {{schema}}.log_cursor c WHERE consumer = :consumer ORDER BY shard"  # noqa: S608
# What another transaction has locked changes its holder or is rebuilt: it is passed over, here and by the fence.
_HAND_OVER = f"""
UPDATE {{schema}}.log_cursor AS c SET gen = c.gen + 1, holder = :holder FROM (
    SELECT shard FROM {{schema}}.log_cursor c
    JOIN unnest(CAST(:shards AS smallint[]), CAST(:gens AS bigint[])) AS expected(shard, gen) USING (shard, gen)
    WHERE consumer = :consumer ORDER BY shard FOR UPDATE OF c SKIP LOCKED
) locked WHERE c.consumer = :consumer AND c.shard = locked.shard RETURNING {_COLUMNS}
"""  # noqa: S608
# Locks what is held and moves what has not come to a place, at once, since each call to the server is dear beside a few
# readings. What it does is done again from the log where the database's machine loses it, together with the place, so
# the commit waits for no disk; a transaction of which others learn says otherwise, see LogWork.
_FENCE = """
WITH mark AS MATERIALIZED (
    SELECT pg_advisory_xact_lock_shared(:locks, :member), set_config('synchronous_commit', 'off', true)
), locked AS (
    SELECT c.shard, c.seq FROM mark, {schema}.log_cursor c
    JOIN unnest(CAST(:shards AS smallint[]), CAST(:gens AS bigint[]), CAST(:seqs AS bigint[])) AS held(shard, gen, seq)
    USING (shard, gen, seq)
    WHERE consumer = :consumer ORDER BY shard FOR UPDATE OF c SKIP LOCKED
), moved AS (
    UPDATE {schema}.log_cursor c SET generation = :generation, seq = :place FROM locked
    WHERE c.consumer = :consumer AND c.shard = locked.shard AND locked.seq < :place
)
SELECT shard FROM locked
"""
_LOCK_ALL = "SELECT shard, gen, seq FROM {schema}.log_cursor WHERE consumer = :consumer ORDER BY shard FOR UPDATE"
_RESTART = """
UPDATE {schema}.log_cursor SET gen = gen + 1, generation = :generation, seq = :seq WHERE consumer = :consumer
"""


class FencedError(Exception):
    """Another replica holds, or is taking over, some of what this one thought it held. Nothing was written."""


class Cursors:
    """The sixteen cursors of one consumer. Every method works in the caller's transaction."""

    def __init__(self, schema: str, consumer: str) -> None:
        self._schema = schema
        self._consumer = consumer
        self._statements: dict[str, TextClause] = {}

    async def make(self, connection: AsyncConnection) -> None:
        """Makes the rows that are missing."""
        await self._execute(connection, _MAKE, shards=SHARDS)

    async def read(self, connection: AsyncConnection) -> Sequence[Cursor]:
        """Returns all cursors by shard."""
        return [_cursor(row) for row in await self._execute(connection, _READ)]

    async def carry_out(self, connection: AsyncConnection, plan: Plan, member: int) -> Sequence[Cursor]:
        """Takes and gives what nobody else was quicker with; returns the changed cursors."""
        changed: list[Cursor] = []
        if plan.take or plan.give:
            await self._mark(connection, member)
        for cursors, holder in ((plan.give, None), (plan.take, member)):
            if cursors:
                values = {"shards": [c.shard for c in cursors], "gens": [c.gen for c in cursors], "holder": holder}
                changed += map(_cursor, await self._execute(connection, _HAND_OVER, **values))
        return changed

    async def fence(self, connection: AsyncConnection, held: Collection[Cursor], place: Place = NOWHERE) -> None:
        """Locks what is held until the transaction ends, and moves to a place whatever of it is behind that.

        Raises:
            FencedError: some of it is not held any more.
        """
        values = {"shards": [c.shard for c in held], "gens": [c.gen for c in held], "seqs": [c.seq for c in held]}
        mark = {"locks": WORK_LOCKS, "member": next(iter(held)).holder}
        to = {"generation": place.generation, "place": place.seq}
        locked = {row.shard for row in await self._execute(connection, _FENCE, **values, **mark, **to)}
        gone = sorted({c.shard for c in held} - locked)
        if gone:
            raise FencedError(f"shards {gone} are held by another replica, or are being taken over")

    async def fence_all(self, connection: AsyncConnection, held: Collection[Cursor]) -> None:
        """Locks every cursor, for a rebuild; waits for the transactions that hold some.

        Raises:
            FencedError: what is held has changed meanwhile, or another replica rebuilds.
        """
        await self._mark(connection, next(iter(held)).holder)
        lock = text("SELECT pg_try_advisory_xact_lock(:locks, hashtext(:name))")
        name = f"{self._schema}/{self._consumer}"
        if not await connection.scalar(lock, {"locks": REBUILD_LOCKS, "name": name}):
            raise FencedError("another replica rebuilds")
        rows = {(row.shard, row.gen, row.seq) for row in await self._execute(connection, _LOCK_ALL)}
        if not rows >= {(c.shard, c.gen, c.seq) for c in held}:
            raise FencedError("another replica has rebuilt, or has taken over")

    async def restart(self, connection: AsyncConnection, place: Place) -> None:
        """Sets every cursor to a place, and fences whoever has not noticed."""
        await self._execute(connection, _RESTART, generation=place.generation, seq=place.seq)

    async def _mark(self, connection: AsyncConnection, member: int | None) -> None:
        """Marks the transaction's session as the member's, so that it can be ended if the member is stopped."""
        lock = text("SELECT pg_advisory_xact_lock_shared(:locks, :member)")
        await connection.execute(lock, {"locks": WORK_LOCKS, "member": member})

    async def _execute(self, connection: AsyncConnection, statement: str, **values: object) -> Sequence[Row[Any]]:
        if statement not in self._statements:
            self._statements[statement] = text(statement.format(schema=self._schema))
        result = await connection.execute(self._statements[statement], {"consumer": self._consumer, **values})
        return result.all() if result.returns_rows else ()


def _cursor(row: Row[Any]) -> Cursor:
    return Cursor(row.shard, row.gen, row.holder, row.generation, row.seq)
