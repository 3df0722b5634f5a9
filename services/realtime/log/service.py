"""The use cases of the reading log: follow it from a place, and tell how far one is."""

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from services.common.errors import NotFoundError, invalid
from services.directory.domain import SENSOR_ID
from services.realtime.log.domain import Consumer, Entry, Head, Mark

HEARTBEAT_S = 15.0


class LogStore(Protocol):
    """What the use cases need of a store."""

    async def head(self) -> Head: ...
    async def read(self, seq: int) -> Sequence[Entry]: ...
    async def register(self, name: str) -> None: ...
    async def report(self, name: str, seq: int) -> bool: ...
    async def remove(self, name: str) -> bool: ...
    async def consumers(self, name: str | None = None) -> Sequence[Consumer]: ...


class Newest(Protocol):
    """The newest batches, in memory.

    `losses` rises whenever what was kept may be of another server's log. `ended` says that the server stops.
    """

    losses: int
    ended: bool

    def after(self, seq: int) -> Sequence[Entry] | None: ...
    async def wait(self, seq: int, seconds: float) -> bool: ...


class LogUseCases:
    """What neighbours can do with the log."""

    def __init__(self, store: LogStore, newest: Newest) -> None:
        self._store = store
        self._newest = newest

    async def subscribe(self, consumer: str, generation: str, seq: int) -> AsyncGenerator[Entry | Mark, None]:
        """Yields a mark, then each batch after a place; a mark again before a new generation and after 15 s of silence.

        It ends when the server stops.

        Raises:
            OutOfRangeError: the place holds no more, or never did; also later, if the caller is slower than the log
                may be kept for, or the log was restored to an older state meanwhile.
        """
        _checked(consumer)
        losses = self._newest.losses
        head = await self._store.head()
        head.check(generation, seq)
        if not generation:
            generation, seq = head.generation_of(head.trimmed_seq), head.trimmed_seq
        yield head.mark(generation)
        while not self._newest.ended:
            entries = self._newest.after(seq) if losses == self._newest.losses else None
            if entries is None:
                # Read first and checked then: what was dropped while it was read would be a silent hole.
                losses = self._newest.losses
                entries = await self._store.read(seq)
                (await self._store.head()).check(generation, seq)
            for entry in entries:
                if entry.generation != generation:
                    generation = entry.generation
                    yield (await self._store.head()).mark(generation)
                yield entry
                seq = entry.seq
            if not entries and not await self._newest.wait(seq, HEARTBEAT_S):
                head = await self._store.head()
                head.check(generation, seq)
                yield head.mark(generation)

    async def register(self, consumer: str) -> tuple[Consumer, Head]:
        """Registers a consumer at the log's end; one that is registered stays where it is."""
        await self._store.register(_checked(consumer))
        return await self._consumer(consumer), await self._store.head()

    async def commit(self, consumer: str, generation: str, seq: int) -> tuple[Consumer, Head]:
        """Notes how far a consumer is; a place that does not hold is OutOfRangeError."""
        _checked(consumer)
        head = await self._store.head()
        head.check(generation, seq)
        if not await self._store.report(consumer, seq):
            raise _no_consumer(consumer)
        return await self._consumer(consumer), head

    async def remove(self, consumer: str) -> None:
        """Forgets a consumer, so that the log waits for it no longer."""
        if not await self._store.remove(_checked(consumer)):
            raise _no_consumer(consumer)

    async def consumers(self) -> tuple[Sequence[Consumer], Head]:
        """Returns all consumers by name, and the log's head."""
        return await self._store.consumers(), await self._store.head()

    async def _consumer(self, name: str) -> Consumer:
        for consumer in await self._store.consumers(name):
            return consumer
        raise _no_consumer(name)


def _checked(consumer: str) -> str:
    if not SENSOR_ID.fullmatch(consumer):
        raise invalid("consumer", "give 1 to 50 of letters, digits, '-', '_' and '.'")
    return consumer


def _no_consumer(name: str) -> NotFoundError:
    return NotFoundError(f"there is no consumer {name!r}; RegisterConsumer makes it", "CONSUMER_NOT_FOUND")
