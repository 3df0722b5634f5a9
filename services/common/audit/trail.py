"""Records of changes in PostgreSQL, in the change's own transaction, where they wait to be delivered."""

from collections.abc import Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.common.access import current
from services.common.audit.content import Actor, record
from services.common.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from _typeshed import DataclassInstance

# For the migrations of a schema whose changes are audited. A record's id and time are made when it is written: sent
# twice it is the same one. Who writes holds the lock of what was changed, so those of one thing are in their order.
CREATE_TABLE = """
CREATE TABLE {schema}.audit_outbox (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record_id uuid NOT NULL DEFAULT gen_random_uuid(),
    record_time timestamptz NOT NULL DEFAULT clock_timestamp(),
    record jsonb NOT NULL
);
"""

LOCK = 4_711_012  # with a hash of the schema as the second key: one replica sends at a time
MOST_RECORDS = 200

# Whoever delivers must see what a crash cannot take back, whatever the caller chose.
_ADD = """
WITH added AS (INSERT INTO {schema}.audit_outbox (record) VALUES (CAST({argument} AS jsonb)))
SELECT pg_notify('{channel}', ''), set_config('synchronous_commit', 'on', true)
"""
_LOCK = "SELECT pg_try_advisory_xact_lock($1, hashtext($2))"
_FIRST = """
SELECT position, record_id::text, record_time, record::text FROM {schema}.audit_outbox
WHERE position <> ALL($1::bigint[]) ORDER BY position LIMIT $2
"""
_DELETE = "DELETE FROM {schema}.audit_outbox WHERE position = ANY($1::bigint[])"


class Trail:
    """Writes records of the changes in one service's schema, where CREATE_TABLE was run.

    Args:
        schema: the service's, by its name in the catalog.
        channel: the notifications that whoever delivers follows already.
    """

    def __init__(self, schema: str, channel: str) -> None:
        self._schema = schema
        named = {"schema": schema, "channel": channel}
        self._add = text(_ADD.format(argument=":record", **named))
        self._add_by_driver = _ADD.format(argument="$1", **named)

    async def record(
        self,
        connection: AsyncConnection | asyncpg.Connection,
        kind: str,
        thing_id: object,
        before: "DataclassInstance | None",
        after: "DataclassInstance | None",
        *,
        plant: str | None = None,
        factory: str | None = None,
        claimed: str | None = None,
        **more: str | None,
    ) -> None:
        """Adds a record of a change in the caller's transaction, after the change itself.

        Args:
            connection: in the transaction, which has locked what was changed.
            kind: such as `threshold`.
            thing_id: what identifies the thing among its kind.
            before: the thing as it was; None where it was created.
            after: the thing as it is; None where it was deleted.
            plant: where the thing is; an empty one is none.
            factory: likewise.
            claimed: who the caller says they are, which counts where nobody signs in.
            more: `action`, where another word than created, updated and deleted is the better one, and `note`.
        """
        told = record(_actor(claimed), self._schema, (kind, thing_id), before, after)
        told |= {name: value for name, value in {"plant": plant, "factory": factory, **more}.items() if value}
        words = orjson.dumps(told).decode()
        if isinstance(connection, AsyncConnection):
            await connection.execute(self._add, {"record": words})
        else:
            await connection.execute(self._add_by_driver, words)


def _actor(claimed: str | None) -> Actor:
    try:
        return Actor(current.caller(), current.request_id(), claimed)
    except LookupError:  # nobody's call: the service does it of itself
        return Actor(None)


class Waiting:
    """Records that wait, which nobody else sends meanwhile; each has its position, id, time and text."""

    def __init__(self, connection: asyncpg.Connection, schema: str, rows: Sequence[Any]) -> None:
        self._connection = connection
        self._delete = _DELETE.format(schema=schema)
        self.rows = rows

    async def drop(self, positions: Sequence[int]) -> None:
        """Deletes those that are delivered."""
        await self._connection.execute(self._delete, positions)


class SqlOutbox:
    """Satisfies Outbox, in a schema where CREATE_TABLE was run."""

    def __init__(self, database: Database, schema: str) -> None:
        self._database = database
        self._schema = schema
        self._first = _FIRST.format(schema=schema)

    @asynccontextmanager
    async def take(self, without: Sequence[int]) -> "AsyncIterator[Waiting | None]":
        """Gives the first records that wait, but for some; None while another replica sends."""
        async with self._database.driver() as connection:
            if not await connection.fetchval(_LOCK, LOCK, self._schema):
                yield None
                return
            rows = await connection.fetch(self._first, without, MOST_RECORDS)
            yield Waiting(connection, self._schema, rows)
