"""Keeps the board current: with the log of readings, the directory, the rules and the clock."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from services.common.clock import Clock
from services.common.epoch import microseconds
from services.common.errors import UnavailableError
from services.common.tasks import wait_for
from services.directory.domain import Directory
from services.heat.judging import Rules
from services.realtime.live.board import Board
from services.realtime.live.domain import Loaded, Reading
from services.realtime.live.tokens import Position, state_of
from services.realtime.log.domain import Entry, Head

log = logging.getLogger(__name__)

T_co = TypeVar("T_co", covariant=True)

TICK_S = 1.0  # how late a sensor may be noticed to be stale
PATIENCE_S = 1.0  # a database that does not answer for so long is taken as away
MOST_LEARNT = 1_000  # batches of the log that are read again for somebody who comes back


class Feed(Protocol):
    """The newest batches of the log, in memory."""

    @property
    def last_seq(self) -> int | None: ...
    @property
    def losses(self) -> int: ...
    def after(self, seq: int) -> Sequence[Entry] | None: ...
    async def refresh(self) -> bool: ...
    def on_change(self, tell: Callable[[], None]) -> None: ...


class LatestStore(Protocol):
    """Everything that is stored at one moment."""

    async def load(self) -> Loaded: ...


class Log(Protocol):
    """The log itself."""

    async def head(self) -> Head: ...
    async def read(self, seq: int) -> Sequence[Entry]: ...


class Followed(Protocol[T_co]):
    """A neighbour's data, followed by revision."""

    @property
    def value(self) -> T_co | None: ...
    @property
    def digest(self) -> str: ...
    @property
    def degraded(self) -> str | None: ...
    def on_change(self, tell: Callable[[], None]) -> None: ...


class Batches(Protocol):
    """Decodes the batches of the log."""

    def readings(self, payload: bytes) -> Sequence[Reading]: ...
    def sensor_ids(self, payload: bytes) -> Sequence[str]: ...


class View:
    """A board that is current.

    Args:
        board: what is kept current.
        feed: tells what the log has new.
        store: where the board is loaded from: at the start, and after the database was away.
        stored_log: the log itself.
        batches: decodes the log's batches.
        directory: followed by revision.
        rules: likewise.
        clock: what time it is.
        is_away: tells a database that cannot be reached from a mistake.
        tell: called whenever the board may have changed.
        evaluation: says what is wrong with the judging of the readings, or None.
    """

    def __init__(
        self,
        board: Board,
        *,
        feed: Feed,
        store: LatestStore,
        stored_log: Log,
        batches: Batches,
        directory: Followed[Directory],
        rules: Followed[Rules],
        clock: Clock,
        is_away: Callable[[BaseException], bool],
        tell: Callable[[], None],
        evaluation: Callable[[], str | None] = lambda: None,
    ) -> None:
        self.board = board
        self._feed = feed
        self._store = store
        self._log = stored_log
        self._batches = batches
        self._directory = directory
        self._rules = rules
        self._shown: tuple[Directory | None, Rules | None] = (None, None)
        self._clock = clock
        self._is_away = is_away
        self._tell = tell
        self._evaluation = evaluation
        self._learning = asyncio.Lock()
        self._wake = asyncio.Event()
        self._current = asyncio.Event()  # whether the board has been loaded since the feed last lost the database
        self._generation = ""  # empty until the board is loaded for the first time
        self._state = ""
        self._losses = -1  # how often the feed had lost the database when the board was loaded
        self._reached_at = clock()
        feed.on_change(self._on_feed)
        directory.on_change(self._wake.set)
        rules.on_change(self._wake.set)

    @property
    def directory(self) -> Directory | None:
        """The directory by which the board is shown."""
        return self._directory.value

    @property
    def rules(self) -> Rules | None:
        """The rules by which the board is judged."""
        return self._rules.value

    @property
    def is_current(self) -> bool:
        """Whether the board shows what is stored."""
        return self._feed.last_seq is not None and self._current.is_set()

    @property
    def position(self) -> Position:
        """What somebody has seen who has seen the board as it is."""
        return Position(self._state, self.board.seq, self.board.now)

    async def run(self) -> None:
        """Keeps the board current until it is cancelled."""
        while True:
            self._wake.clear()
            if self._feed.last_seq is not None and not self._follow():
                await self._load()
            self._settle()
            await wait_for(self._wake.wait(), TICK_S)

    async def fresh(self) -> Sequence[str]:
        """Waits until the board shows all that was committed before the call; returns what could not be relied upon.

        While the database is away the board is as it was.

        Raises:
            UnavailableError: nothing has been read of the database yet.
        """
        try:
            async with asyncio.timeout(PATIENCE_S):
                reached = await self._catch_up()
        except TimeoutError:
            reached = False
        if not self._generation:
            words = "the database is away, and nothing has been read of it yet; try again in a second"
            raise UnavailableError(words, "DATABASE_UNAVAILABLE")
        self._settle()
        return self._notes(reached=reached)

    async def _catch_up(self) -> bool:
        """Waits until the board shows all that was committed before the call; False where the database is away."""
        while self._feed.last_seq is not None or not self._generation:
            await self._current.wait()
            if await self._feed.refresh():
                if self._follow():
                    self._reached_at = self._clock()
                    return True
                self._wake.set()
        return False

    async def learn(self, seq: int) -> bool:
        """Learns which sensors have sent since an earlier batch; False where that cannot be told any more."""
        async with self._learning:
            known_from, losses = self.board.known_from, self._losses
            if seq >= known_from:
                return True
            try:
                batches = await self._read_back(seq, known_from)
            except Exception as error:
                if not self._is_away(error):
                    raise
                return False
            # The board may have been loaded anew meanwhile, from a database that was restored.
            if batches is None or losses != self._losses or known_from != self.board.known_from:
                return False
            self.board.learn(seq, batches)
            return True

    async def _read_back(self, seq: int, known_from: int) -> list[tuple[int, Sequence[str]]] | None:
        batches: list[tuple[int, Sequence[str]]] = []
        at = seq
        while at < known_from and len(batches) < MOST_LEARNT:
            entries = await self._log.read(at)
            if not entries:
                break
            batches += [(entry.seq, self._batches.sensor_ids(entry.payload)) for entry in entries]
            at = entries[-1].seq
        whole = at >= known_from and (await self._log.head()).trimmed_seq <= seq
        return batches if whole else None

    def _on_feed(self) -> None:
        if self._feed.last_seq is not None:
            self._reached_at = self._clock()
        self._wake.set()

    def _follow(self) -> bool:
        """Applies the newest batches; False where the board must be loaded first."""
        entries: Sequence[Entry] | None = None
        if self._losses == self._feed.losses:
            entries = self._feed.after(self.board.seq) if self.board.seq < (self._feed.last_seq or 0) else ()
        if entries is None:
            self._current.clear()
            return False
        for entry in entries:
            self.board.apply(entry.seq, self._batches.readings(entry.payload))
            self._generation = entry.generation  # a new one begins with a batch
        return True

    async def _load(self) -> None:
        losses = self._feed.losses
        try:
            loaded = await self._store.load()
        except Exception as error:
            if not self._is_away(error):
                raise
            log.warning("board not loaded", extra={"error": error})
            return
        self._generation, self._losses = loaded.generation, losses
        self.board.load(loaded.readings, loaded.seq)
        log.info("board loaded", extra={"sensors": len(loaded.readings), "seq": loaded.seq})
        if self._follow():
            self._current.set()

    def _settle(self) -> None:
        """Brings the board up to the directory, the rules and the clock, and tells of it."""
        directory, rules = self._directory.value, self._rules.value
        if directory is not self._shown[0]:
            self.board.set_directory(directory)
        if rules is not self._shown[1]:
            self.board.set_rules(rules)
        self._shown = (directory, rules)
        self._state = state_of(self._generation, self._directory.digest, self._rules.digest)
        self.board.advance(microseconds(self._clock()))
        self.board.set_notes(self._notes(reached=self.is_current))
        self._tell()

    def _notes(self, *, reached: bool) -> Sequence[str]:
        since = f"{self._reached_at:%Y-%m-%dT%H:%M:%SZ}"
        words = f"READINGS_STALE since {since}: the database is away, what was stored last before is shown"
        others = (self._directory.degraded, self._rules.degraded, self._evaluation())
        return [note for note in (None if reached else words, *others) if note]
