"""Reads a stream of the log a little ahead of its use, within bounds."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager

from services.common.reading_log.client import LogBatch, LogMark
from services.common.tasks import wait_for

# One transaction's worth by default. As much is read ahead while it runs, and no more: gRPC then stops the server.
MOST_READINGS = 20_000


class ReadAhead:
    """What was read and not taken yet.

    Attributes:
        alive: the log has answered.
        end: the last batch that the log had when it last said so without one.
        error: why the stream ended; what was read before can still be taken.
    """

    def __init__(self, wake: Callable[[], None], most_readings: int) -> None:
        self._wake = wake
        self._most = most_readings
        self._batches: deque[LogBatch] = deque()
        self._readings = 0
        self._room = asyncio.Event()
        self._is_ready = asyncio.Event()  # one transaction's worth is there, or nothing more will come
        self.alive = False
        self.end = 0
        self.error: Exception | None = None

    async def fill(self, stream: AsyncGenerator[LogBatch | LogMark, None]) -> None:
        """Reads until the stream ends; calls `wake` after each message and at the end."""
        try:
            async with aclosing(stream):
                async for message in stream:
                    self.alive = True
                    if isinstance(message, LogMark):
                        self.end = message.last_seq
                    else:
                        self._batches.append(message)
                        self._readings += _size(message)
                    self._wake()
                    await self._until_room()
        except Exception as error:  # noqa: BLE001  who takes what was read raises it, after the last of it
            self.error = error
            self._is_ready.set()
        self._wake()

    async def _until_room(self) -> None:
        while self._readings >= self._most:
            self._room.clear()
            self._is_ready.set()
            await self._room.wait()

    async def gather(self, seconds: float) -> None:
        """Waits so long for more to come, but not once there is one transaction's worth, nor when the stream ended."""
        if seconds:
            await wait_for(self._is_ready.wait(), seconds)

    def take(self) -> Sequence[LogBatch]:
        """Takes what is there: one transaction's worth at most, but always one batch if there is one.

        All of it is of one generation, since a cursor can only stand in one.
        """
        taken: list[LogBatch] = []
        readings = 0
        while self._batches:
            batch = self._batches[0]
            if taken and (readings + _size(batch) > self._most or batch.generation != taken[0].generation):
                break
            readings += _size(batch)
            taken.append(self._batches.popleft())
        self._readings -= readings
        if self._readings < self._most and self.error is None:
            self._is_ready.clear()
        self._room.set()
        return taken


def _size(message: LogBatch) -> int:
    return len(message.batch.series_index)


@asynccontextmanager
async def reading_ahead(
    stream: AsyncGenerator[LogBatch | LogMark, None], wake: Callable[[], None], most_readings: int = MOST_READINGS
) -> AsyncIterator[ReadAhead]:
    """Reads the stream beside the block, and ends it with the block."""
    ahead = ReadAhead(wake, most_readings)
    task = asyncio.create_task(ahead.fill(stream))
    try:
        yield ahead
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
