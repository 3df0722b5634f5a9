"""Follows the reading log once for a whole process, and keeps its newest batches for all who read it there."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

import asyncpg

from services.common.notifications import ChannelFollower
from services.common.tasks import wait_for
from services.realtime.log.domain import Entry
from services.realtime.log.repository import READ, READ_BATCHES

MOST_BYTES = 32 * 1024 * 1024
TIMEOUT_S = 10


class LogFeed:
    """Satisfies Newest.

    `last_seq` is None while the database is away. Numbers only ever rise, also after a reconnect to a database that
    was restored to an older state: then what is kept here is dropped, and `losses` has risen.
    """

    def __init__(self, database_url: str) -> None:
        self._channel = ChannelFollower(database_url, "reading_log", self._look, self._lose)
        self._changed = asyncio.Condition()
        self._tell: list[Callable[[], None]] = []
        self._entries: deque[Entry] = deque()
        self._bytes = 0
        self._before = 0  # everything after this number, up to last_seq, is in _entries
        self._next_look: asyncio.Future[bool] | None = None
        self._looks: list[asyncio.Future[bool]] = []  # those under way
        self.last_seq: int | None = None
        self.losses = 0
        self.ended = False

    async def run(self, stopping: asyncio.Event) -> None:
        """Follows the log until it is cancelled; those who read on here are let go when the server stops."""
        await asyncio.gather(self._channel.run(), self._end_at(stopping))

    async def _end_at(self, stopping: asyncio.Event) -> None:
        await stopping.wait()
        async with self._changed:
            self.ended = True
            self._changed.notify_all()

    def on_change(self, tell: Callable[[], None]) -> None:
        """Calls back after each look and when the database is lost."""
        self._tell.append(tell)

    def after(self, seq: int) -> Sequence[Entry] | None:
        """Returns the batches after a number, or None where they begin before what is kept here."""
        if self.last_seq is None or not self._before <= seq <= self.last_seq:
            return None
        newer: deque[Entry] = deque()
        for entry in reversed(self._entries):
            if entry.seq <= seq:
                break
            newer.appendleft(entry)
        return newer

    async def refresh(self) -> bool:
        """Looks now, once for all that ask at the same time; returns False where the database is away.

        What was committed before the call is here then: only a look that began after it counts.
        """
        if self.last_seq is None:
            return False
        if self._next_look is None:
            self._next_look = asyncio.get_running_loop().create_future()
            self._channel.wake()
        return await asyncio.shield(self._next_look)

    async def wait(self, seq: int, seconds: float) -> bool:
        """Waits until there is a batch after a number, or all are let go; returns False after so many seconds."""
        async with self._changed:
            return await wait_for(self._changed.wait_for(lambda: self.ended or (self.last_seq or 0) > seq), seconds)

    async def _look(self, connection: asyncpg.Connection) -> None:
        self._looks = [self._next_look] if self._next_look else []
        self._next_look = None
        if self.last_seq is None:
            last: int = await connection.fetchval(
                "SELECT greatest(max(seq), (SELECT trimmed_seq FROM realtime.log_state)) FROM realtime.reading_log",
                timeout=TIMEOUT_S,
            )
            self._entries.clear()
            self._bytes, self._before = 0, last
            await self._grow_to(last)
        while rows := await connection.fetch(READ, self.last_seq, timeout=TIMEOUT_S):
            for row in rows:
                self._keep(Entry(*row))
            await self._grow_to(rows[-1]["seq"])
            if len(rows) < READ_BATCHES:
                break  # these were all: what is committed from now on notifies again
        self._answer(reached=True)

    def _keep(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._bytes += len(entry.payload)
        while self._bytes > MOST_BYTES:
            dropped = self._entries.popleft()
            self._bytes -= len(dropped.payload)
            self._before = dropped.seq

    async def _grow_to(self, seq: int) -> None:
        async with self._changed:
            self.last_seq = seq
            self._changed.notify_all()

    async def _lose(self) -> None:
        async with self._changed:
            self.last_seq = None
            self.losses += 1
        if self._next_look:
            self._looks.append(self._next_look)
            self._next_look = None
        self._answer(reached=False)

    def _answer(self, *, reached: bool) -> None:
        """Ends the looks under way."""
        looks, self._looks = self._looks, []
        for look in looks:
            look.set_result(reached)
        for tell in self._tell:
            tell()
