"""Revisions: a number in each schema that rises with every change, and the streams that follow it.

A follower keeps what it fetched while the revision stays equal. The row is changed in the transaction of the
change itself, so that whoever sees the revision also sees the change.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Generic, TypeVar

import asyncpg
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

log = logging.getLogger(__name__)

T = TypeVar("T")

HEARTBEAT_S = 15.0
RECONNECT_S = 0.5
MAX_ANSWERS = 1_000

# For the migrations of a schema that has a revision.
CREATE_TABLE = """
CREATE TABLE {schema}.revision (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    value integer NOT NULL
);
INSERT INTO {schema}.revision (value) VALUES (1);
"""


async def bump(connection: AsyncConnection, schema: str) -> None:
    """Raises the schema's revision in the caller's transaction and announces it at commit."""
    await connection.execute(text(f"UPDATE {schema}.revision SET value = value + 1"))  # noqa: S608  our own schema
    await connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": f"{schema}_revision"})


async def read(connection: AsyncConnection, schema: str) -> int:
    """Returns the schema's revision as the caller's transaction sees it."""
    value = await connection.scalar(text(f"SELECT value FROM {schema}.revision"))  # noqa: S608  our own schema
    return int(value or 0)


class RevisionFeed:
    """Follows one schema's revision over a connection of its own, for any number of watchers.

    `current` is None while the database is away: what was cached by revision must then not be trusted.
    """

    def __init__(self, database_url: str, schema: str) -> None:
        self._url = make_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._schema = schema
        self._changed = asyncio.Condition()
        self._wake = asyncio.Event()
        self.current: int | None = None

    def invalidate(self) -> None:
        """Forgets the revision until it is read anew: call it after a change, whose caller must see it next."""
        self.current = None
        self._wake.set()

    async def run(self) -> None:
        """Follows the revision until it is cancelled, connecting again whenever the connection is lost."""
        while True:
            try:
                await self._follow()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
                log.warning("revision feed lost", extra={"schema": self._schema, "error": repr(error)})
            await self._set(None)
            await asyncio.sleep(RECONNECT_S)

    async def _follow(self) -> None:
        wake = self._wake
        connection = await asyncpg.connect(self._url, timeout=3)
        try:
            connection.add_termination_listener(lambda *_: wake.set())
            await connection.add_listener(f"{self._schema}_revision", lambda *_: wake.set())
            while not connection.is_closed():
                wake.clear()
                value = await connection.fetchval(f"SELECT value FROM {self._schema}.revision", timeout=3)  # noqa: S608
                await self._set(value)
                # A notification can be lost with the network: read again now and then without one.
                await _wait(wake.wait(), HEARTBEAT_S)
        finally:
            connection.terminate()

    async def _set(self, value: int | None) -> None:
        async with self._changed:
            if value != self.current:
                self.current = value
                self._changed.notify_all()

    async def watch(self) -> AsyncGenerator[int, None]:
        """Yields the revision at once, after each change, and at least every 15 s; waits while it is unknown."""
        seen: int | None = None
        while True:
            async with self._changed:
                # None too is waited out here: a loop that only skipped it would never let go of the event loop.
                if self.current == seen:
                    await _wait(self._changed.wait(), HEARTBEAT_S)
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


async def _wait(awaitable: Awaitable[object], seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await awaitable
    except TimeoutError:
        return
