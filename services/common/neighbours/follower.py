"""Keeps a copy of what a neighbour owns: followed by revision, persisted, and honest about its age."""

import asyncio
import contextlib
import hashlib
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from services.common.clock import Clock
from services.common.errors import UnavailableError

log = logging.getLogger(__name__)

T = TypeVar("T")

RECONNECT_S = 0.5
SILENCE_S = 20.0  # the neighbour speaks at least every 15 s


class Neighbour(Protocol):
    """What is asked of a neighbour. A failed call raises UnavailableError."""

    async def fetch(self) -> bytes: ...
    def watch(self) -> AsyncIterator[int]: ...


class SnapshotStore(Protocol):
    """Where the copy survives a restart. A failure raises what `is_away` knows."""

    async def save_snapshot(self, name: str, payload: bytes, moment: datetime) -> None: ...
    async def load_snapshot(self, name: str) -> tuple[bytes, datetime] | None: ...


class Follower(Generic[T]):
    """Follows one neighbour.

    Args:
        name: what the copy is called in the store and in `degraded`, such as `thresholds`.
        parse: turns what was fetched into what is used.
        is_away: tells a store that cannot be reached from a mistake.
    """

    def __init__(
        self,
        name: str,
        neighbour: Neighbour,
        parse: Callable[[bytes], T],
        *,
        store: SnapshotStore,
        is_away: Callable[[BaseException], bool],
        clock: Clock,
    ) -> None:
        self._name = name
        self._neighbour = neighbour
        self._parse = parse
        self._store = store
        self._is_away = is_away
        self._clock = clock
        self._lock = asyncio.Lock()
        self._stale_since: datetime | None = clock()
        self._begun = 0  # fetches so far
        self._answered = 0  # the number of the last one that was answered
        self._tell: list[Callable[[], None]] = []
        self.value: T | None = None
        self.digest = ""  # equal for equal values, whoever fetched them

    @property
    def degraded(self) -> str | None:
        """Says since when the copy is not followed, or None while it is."""
        if self._stale_since is None:
            return None
        name = self._name.upper()
        if self.value is None:
            return f"{name}_UNKNOWN: the {self._name} service has not been reached yet"
        since = f"{self._stale_since:%Y-%m-%dT%H:%M:%SZ}"
        return f"{name}_STALE since {since}: what the {self._name} service said last is used"

    def on_change(self, tell: Callable[[], None]) -> None:
        """Calls back whenever the value or what `degraded` says may have changed."""
        self._tell.append(tell)

    async def refresh(self) -> bool:
        """Fetches now, once for all that ask at the same time; returns whether the neighbour answered.

        Only a fetch that began after the call counts: an earlier one may have read before what the caller waits for.
        One that failed counts, too, or those that wait would wait for a time-out each, one after the other.
        """
        asked = self._begun
        async with self._lock:
            if self._begun == asked:
                try:
                    payload = await self._fetch()
                    if self._is_news(payload):
                        await self._keep(payload)
                except UnavailableError:
                    self._lost()
        return self._answered > asked

    async def run(self) -> None:
        """Follows until it is cancelled."""
        await self._load()
        while True:
            try:
                await self._follow()
            except (UnavailableError, TimeoutError) as error:
                self._lost()
                log.warning("neighbour away", extra={"neighbour": self._name, "error": str(error)})
            await asyncio.sleep(RECONNECT_S)

    async def _follow(self) -> None:
        # A new stream always fetches: the neighbour may have been restored to an older state meanwhile.
        seen: int | None = None
        async with contextlib.aclosing(_newest(_guarded(self._neighbour.watch()))) as revisions:
            async for revision in revisions:
                if revision != seen or self._stale_since is not None:
                    async with self._lock:
                        await self._keep(await self._fetch())
                seen = revision

    async def _fetch(self) -> bytes:
        self._begun += 1
        payload = await self._neighbour.fetch()
        self._answered = self._begun
        return payload

    async def _keep(self, payload: bytes) -> None:
        self._take(payload, None)
        try:
            await self._store.save_snapshot(self._name, payload, self._clock())
        except Exception as error:
            if not self._is_away(error):
                raise
            log.warning("copy not kept", extra={"neighbour": self._name, "error": error})

    async def _load(self) -> None:
        try:
            kept = await self._store.load_snapshot(self._name)
        except Exception as error:
            if not self._is_away(error):
                raise
            log.warning("copy not read", extra={"neighbour": self._name, "error": error})
            return
        if kept is not None and self.value is None:
            self._take(*kept)

    def _is_news(self, payload: bytes) -> bool:
        """Tells whether a payload says anything new: to parse and keep it is the greater part of a fetch's cost."""
        return _digest(payload) != self.digest or self._stale_since is not None

    def _take(self, payload: bytes, stale_since: datetime | None) -> None:
        self.value = self._parse(payload)
        self.digest = _digest(payload)
        self._stale_since = stale_since
        self._changed()

    def _lost(self) -> None:
        self._stale_since = self._stale_since or self._clock()
        self._changed()

    def _changed(self) -> None:
        for tell in self._tell:
            tell()


def _digest(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()[:12]


async def _guarded(stream: AsyncIterator[int]) -> AsyncGenerator[int, None]:
    """Yields what the stream yields, and raises TimeoutError when it has been silent for too long."""
    while True:
        async with asyncio.timeout(SILENCE_S):
            try:
                revision = await anext(stream)
            except StopAsyncIteration:
                return
        yield revision


async def _newest(stream: AsyncIterator[int]) -> AsyncGenerator[int, None]:
    """Yields what the stream yields, but for what was outdated by the time that somebody asked for it.

    A thousand changes in a row are otherwise a thousand fetches of everything, long after the last of them.
    """
    came = asyncio.Event()
    newest: deque[int] = deque(maxlen=1)

    async def read() -> None:
        async for revision in stream:
            newest.append(revision)
            came.set()

    reading = asyncio.create_task(read())
    reading.add_done_callback(lambda _: came.set())
    try:
        while newest or not reading.done():
            await came.wait()
            came.clear()
            if newest:
                yield newest.pop()
        await reading
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
