"""Revisions: a number in each schema that rises with every change, and the streams that follow it.

A follower keeps what it fetched while the revision stays equal. The row is changed in the transaction of the
change itself, so that whoever sees the revision also sees the change.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Generic, TypeVar

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.common.notifications import ChannelFollower
from services.common.tasks import wait_for

T = TypeVar("T")

HEARTBEAT_S = 15.0
MAX_ANSWERS = 1_000
REVISION = "revision"

# For the migrations of a schema that has a revision.
CREATE_TABLE = """
CREATE TABLE {schema}.revision (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    value integer NOT NULL
);
INSERT INTO {schema}.revision (value) VALUES (1);
"""


def channel(schema: str, table: str = REVISION) -> str:
    """Returns the channel on which changes of a schema, or of a part with a revision of its own, are announced."""
    return f"{schema}_{table}"


async def bump(connection: AsyncConnection, schema: str, table: str = REVISION) -> None:
    """Raises the schema's revision in the caller's transaction and announces it at commit.

    A part of a schema that has a revision of its own has a table of its own for it.
    """
    await connection.execute(text(f"UPDATE {schema}.{table} SET value = value + 1"))  # noqa: S608  our own schema
    await connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": channel(schema, table)})


async def read(connection: AsyncConnection, schema: str, table: str = REVISION) -> int:
    """Returns the schema's revision as the caller's transaction sees it."""
    value = await connection.scalar(text(f"SELECT value FROM {schema}.{table}"))  # noqa: S608  our own schema
    return int(value or 0)


class RevisionFeed:
    """Follows one schema's revision over a connection of its own, for any number of watchers.

    `current` is None while the database is away: what was cached by revision must then not be trusted.
    """

    def __init__(self, database_url: str, schema: str, table: str = REVISION) -> None:
        self._table = f"{schema}.{table}"
        self._changed = asyncio.Condition()
        self._channel = ChannelFollower(database_url, channel(schema, table), self._look, self._lose)
        self._invalidations = 0
        self._ended = False
        self._on_look: list[Callable[[], None]] = []
        self.current: int | None = None

    def on_look(self, tell: Callable[[], None]) -> None:
        """Calls back after each look: something may have been changed, here or by another replica."""
        self._on_look.append(tell)

    def invalidate(self) -> None:
        """Forgets the revision until it is read anew: call it after a change, whose caller must see it next."""
        self.current = None
        self._invalidations += 1
        self._channel.wake()

    async def run(self, stopping: asyncio.Event) -> None:
        """Follows the revision until it is cancelled; those who watch it are let go when the server stops."""
        await asyncio.gather(self._channel.run(), self._end_at(stopping))

    async def _end_at(self, stopping: asyncio.Event) -> None:
        await stopping.wait()
        async with self._changed:
            self._ended = True
            self._changed.notify_all()

    async def _look(self, connection: asyncpg.Connection) -> None:
        before = self._invalidations
        value = await connection.fetchval(f"SELECT value FROM {self._table}", timeout=3)  # noqa: S608
        # Read on another worker's account before our own change: that would bring the old answers back for a moment.
        if before == self._invalidations:
            await self._set(value)
        for tell in self._on_look:
            tell()

    async def _lose(self) -> None:
        await self._set(None)

    async def _set(self, value: int | None) -> None:
        async with self._changed:
            if value != self.current:
                self.current = value
                self._changed.notify_all()

    async def watch(self) -> AsyncGenerator[int, None]:
        """Yields the revision at once, after each change, and at least every 15 s, until the server stops.

        It waits while the revision is unknown. Its end says no more than that: who watches comes again, and is told
        the revision then.
        """
        seen: int | None = None
        while not self._ended:
            async with self._changed:
                # None too is waited out here: a loop that only skipped it would never let go of the event loop.
                if self.current == seen and not self._ended:
                    await wait_for(self._changed.wait(), HEARTBEAT_S)
                seen = self.current
            if seen is not None:
                yield seen


class RevisionCache(Generic[T]):
    """Keeps answers for as long as the revision stays equal; without a known revision it keeps nothing.

    A replica learns of another one's change by notification, a few milliseconds after the commit.
    """

    def __init__(self, feed: RevisionFeed) -> None:
        self._feed = feed
        self._revision: int | None = None
        self._answers: dict[bytes, T] = {}

    async def get(self, key: bytes, load: Callable[[], Awaitable[T]]) -> T:
        """Returns the answer that is kept under `key`, or loads and keeps it."""
        revision = self._feed.current
        if revision is None:
            return await load()
        if revision != self._revision or len(self._answers) >= MAX_ANSWERS:
            self._answers.clear()
            self._revision = revision
        if key not in self._answers:
            answer = await load()
            # Loaded under one revision and kept under another, it could be older than what it is kept for.
            if self._feed.current != revision or self._revision != revision:
                return answer
            self._answers[key] = answer
        return self._answers[key]
