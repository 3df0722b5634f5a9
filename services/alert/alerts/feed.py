"""Keeps the board current: looks at the database whenever it is told that something has happened to an alert.

A look compares every open alert that is known with what is stored, by event_seq and update_time, in one snapshot. It
does not ask what came after some number or moment, behind which a transaction could still commit: whatever is visible
and not known differs, and what is not visible yet is announced when it commits. What readings change of an alert
without an event is not announced: while somebody watches it is looked for about once a second. Alerts that were raised
and cleared between two looks are found by the moment of the clearing, which cannot be before the raising was visible.
"""

import asyncio
from collections.abc import Callable, Sequence

import asyncpg

from services.alert.alerts.board import KEPT_US, Board, Known, Look
from services.alert.alerts.repository import COLUMNS
from services.alert.domain import CLEARED, CLEARS, RESOLVED, Alert
from services.alert.writer import CHANNEL
from services.common.clock import Clock
from services.common.epoch import microseconds, moment_of
from services.common.errors import UnavailableError
from services.common.notifications import ChannelFollower
from services.common.tasks import wait_for

TICK_S = 1.0  # how late a note may be, or a new value
PATIENCE_S = 2.0  # a database that does not answer for so long is taken as away
LOOK_TIMEOUT_S = 10.0
# With 10,000 open alerts a look takes 0.1 s: so many changes a second must not become as many looks.
MOST_PAUSE_S = 0.25
# Nor may new values alone: of so many parts of the time one is spent on looking for them.
VALUES_SHARE = 10

# The first is when the transaction began, before it took its snapshot. Only a database that was restored to an older
# state has fewer alerts.
_TIMES = """
SELECT now(), clock_timestamp(), EXISTS (
    SELECT FROM unnest($1::integer[]) AS k(alert_id)
    WHERE NOT EXISTS (SELECT FROM alert.alert a WHERE a.alert_id = k.alert_id)
)
"""
_KNOWN = """
WITH known AS (SELECT * FROM unnest($1::integer[], $2::integer[], $3::timestamptz[])
               AS k(alert_id, event_seq, update_time))
"""
_NEWS = f"""{_KNOWN}
SELECT {COLUMNS} FROM alert.alert a LEFT JOIN known k USING (alert_id)
WHERE a.state <> '{CLEARED}'
    AND (a.event_seq IS DISTINCT FROM k.event_seq OR a.update_time IS DISTINCT FROM k.update_time)
UNION ALL
SELECT {COLUMNS} FROM known k JOIN alert.alert a USING (alert_id) WHERE a.state = '{CLEARED}'
"""  # noqa: S608  our own names
# Whoever clears an alert that others can see, and that the last look could not, does so after that look.
_CAME_AND_WENT = f"""{_KNOWN}
SELECT {COLUMNS} FROM alert.alert a
WHERE a.state = '{CLEARED}' AND a.alert_id IN (
    SELECT e.alert_id FROM alert.alert_event e WHERE e.create_time > $4 AND e.event_type IN ('{CLEARS}', '{RESOLVED}')
) AND NOT EXISTS (SELECT FROM known k WHERE k.alert_id = a.alert_id)
"""  # noqa: S608
_NOTHING: Known = ([], [], [])


class BoardFeed:
    """Keeps a board current.

    Args:
        board: what is kept current.
        database_url: the service's login.
        notes: says what else cannot be relied upon now.
        clock: what time it is.
        tell: called whenever the board may have changed.
        is_watched: whether anybody waits for that.
    """

    def __init__(
        self,
        board: Board,
        database_url: str,
        *,
        notes: Callable[[], Sequence[str]],
        clock: Clock,
        tell: Callable[[], None],
        is_watched: Callable[[], bool],
    ) -> None:
        self.board = board
        self._channel = ChannelFollower(database_url, CHANNEL, self._look, self._lose)
        self._notes = notes
        self._clock = clock
        self._tell = tell
        self._is_watched = is_watched
        self._values_at = 0.0  # when new values may be looked for again
        self._on_look: list[Callable[[], None]] = []
        self._looked = asyncio.Condition()
        self._begun = self._ended = 0  # the numbers of the last look that began, and that ended well
        self._reached_at = clock()
        self._is_away = True

    @property
    def is_current(self) -> bool:
        """Whether the board shows what is stored."""
        return not self._is_away

    def on_look(self, tell: Callable[[], None]) -> None:
        """Calls back after each look: something may have happened to an alert."""
        self._on_look.append(tell)

    async def run(self) -> None:
        """Keeps the board current until it is cancelled."""
        await asyncio.gather(self._channel.run(), self._tick())

    async def fresh(self) -> None:
        """Waits until the board shows all that was committed before the call; without the database it is as it was.

        Raises:
            UnavailableError: nothing has been read of the database yet.
        """
        next_look = self._begun + 1
        self._channel.wake()
        async with self._looked:
            if not await wait_for(self._looked.wait_for(lambda: self._ended >= next_look), PATIENCE_S):
                await self._lose()
        if self.board.position is None:
            words = "the database is away, and nothing has been read of it yet; try again in a second"
            raise UnavailableError(words, "DATABASE_UNAVAILABLE")

    async def _look(self, connection: asyncpg.Connection) -> None:
        self._begun += 1
        clock = asyncio.get_running_loop().time
        start = clock()
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            known, last = self.board.known(), self.board.position
            *times, are_gone = await connection.fetchrow(_TIMES, known[0], timeout=LOOK_TIMEOUT_S)
            began, ended = map(microseconds, times)
            if last is None or are_gone or began - last > KEPT_US:
                self.board.load(Look(began, ended, await _read(connection, _NEWS, *_NOTHING)))
            else:
                news = await _read(connection, _NEWS, *known)
                news += await _read(connection, _CAME_AND_WENT, *known, moment_of(last))
                self.board.apply(Look(began, ended, news))
        self._reached_at, self._is_away = self._clock(), False
        self._settle()
        async with self._looked:
            self._ended = self._begun
            self._looked.notify_all()
        for tell in self._on_look:
            tell()
        took = clock() - start
        self._values_at = start + took * VALUES_SHARE
        await asyncio.sleep(min(took, MOST_PAUSE_S))  # so at most half of the time is spent on looking

    async def _lose(self) -> None:
        self._is_away = True
        self._settle()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._settle()
            if self._is_watched() and asyncio.get_running_loop().time() >= self._values_at:
                self._channel.wake()

    def _settle(self) -> None:
        since = f"{self._reached_at:%Y-%m-%dT%H:%M:%SZ}"
        words = f"ALERTS_STALE since {since}: the database is away, the alerts that were known last are shown"
        self.board.set_notes([*([words] if self._is_away else []), *self._notes()])
        self._tell()


async def _read(connection: asyncpg.Connection, statement: str, *values: object) -> list[Alert]:
    return [Alert(*row) for row in await connection.fetch(statement, *values, timeout=LOOK_TIMEOUT_S)]
