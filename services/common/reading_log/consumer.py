"""Follows the reading log for the shards that this replica holds: work and cursors change in one transaction."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import asyncpg
import grpc

from services.common.backoff import Backoff
from services.common.database import Database
from services.common.errors import NotFoundError, OutOfRangeError, UnavailableError
from services.common.interceptors import database_is_away
from services.common.reading_log import figures
from services.common.reading_log.client import LogBatch, LogClient
from services.common.reading_log.columns import ReadingSlice, cut
from services.common.reading_log.cursors import Cursors, FencedError
from services.common.reading_log.membership import Membership
from services.common.reading_log.read_ahead import MOST_READINGS, ReadAhead, reading_ahead
from services.common.reading_log.shards import SHARDS, Cursor, plan
from services.common.reading_log.state import ConsumerState, Place
from services.common.reading_log.work import LogWork, Ticking
from services.common.spoken import spoken

log = logging.getLogger(__name__)

TICK_EVERY_S = 1.0
RECENT = timedelta(seconds=1)
REPORT_EVERY_S = 1.0
REPORT_SAME_EVERY_S = 5.0


class LogConsumer:
    """One replica of a consumer.

    Any number of replicas share the 16 shards. What each does is fenced: it is committed only together with the
    cursors, and only by the one who holds them. Whatever fails for a while is tried again; an error that nobody
    foresaw, such as one of the work itself, ends `run`.
    """

    def __init__(
        self,
        name: str,
        work: LogWork,
        *,
        schema: str,
        database: Database,
        database_url: str,
        channel: grpc.aio.Channel,
        most_readings: int = MOST_READINGS,
        pause_s: float = 0.0,
        applied: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Takes what the consumer is called, its work, and what it works with.

        Args:
            name: the same for all replicas: 1 to 50 of letters, digits, `-`, `_` and `.`.
            work: what is done with the readings.
            schema: where CREATE_TABLES was run.
            database: where the work writes.
            database_url: the same database, for a session that lasts; not through a pooler.
            channel: to the realtime service.
            most_readings: that one transaction may hold, unless a single batch is larger.
            pause_s: how long the batches after a transaction gather for the next one, unless they are as many as it may
                hold. What comes after a pause of the log is not kept waiting.
            applied: told of how many readings a transaction had, when it is committed.
        """
        self._pause_s, self._applied = pause_s, applied
        self._restarts, self._rebuilds = figures.RESTARTS.labels(name), figures.REBUILDS.labels(name)
        self._most_readings = most_readings
        self._name = name
        self._work = work
        self._database = database
        self._log = LogClient(channel, name)
        self._cursors = Cursors(schema, name)
        self._membership = Membership(database_url, schema, name, self._on_tick)
        self._backoff = Backoff()
        self._wake = asyncio.Event()
        self._due = True  # for a look at who holds what
        self._tick_at = 0.0
        self._held: Mapping[int, Cursor] = {}
        self._at = Place("", 0)  # where the stream is
        self._refused: Place | None = None
        self._reported = (Place("", 0), 0.0)
        self._state = ConsumerState()

    @property
    def state(self) -> ConsumerState:
        """How it is doing now."""
        place = _least(self._held.values()) if self._held else None
        standing = self._membership.standing
        members = len(standing.alive) if standing else 0
        return replace(self._state, members=members, shards=frozenset(self._held), place=place)

    async def run(self) -> None:
        """Consumes until it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._membership.run())
            tasks.create_task(self._report())
            tasks.create_task(self._consume())

    def tick_soon(self) -> None:
        """Has the work's tick() called as soon as may be."""
        self._tick_at = 0.0
        self._wake.set()

    def _on_tick(self) -> None:
        self._due = True
        self._wake.set()

    async def _consume(self) -> None:
        while True:
            try:
                await self._follow()
            except Exception as error:
                if not _is_passing(error):
                    raise
                if isinstance(error, OutOfRangeError) and self._held:
                    self._refused = _least(self._held.values())
                self._note(error)
                # What became of a transaction that failed is not known here: the database says.
                self._hold({})
                await self._backoff.wait()

    async def _follow(self) -> None:
        """Follows one stream, for as long as it serves what is held."""
        await self._settle()
        if not self._held:
            self._state = replace(self._state, following_since=None)
            await self._woken()
            return
        least = _least(self._held.values())
        if not least.generation or least == self._refused:
            await self._rebuild()
            return
        await self._log.register()
        await self._check_places(least)
        self._at = least
        async with reading_ahead(self._log.subscribe(least), self._wake.set, self._most_readings) as ahead:
            while True:
                await self._woken()
                if ahead.alive and self._state.following_since is None:
                    self._state = replace(self._state, following_since=datetime.now(UTC))
                if batches := ahead.take():
                    await self._step(batches)
                    self._backoff.reset()
                    await ahead.gather(self._pause_s)
                    self._wake.set()  # there may be more
                elif ahead.error:
                    raise ahead.error
                if self._due and (await self._settle() or not self._held):
                    return
                # Under a steady load there always is a batch: then one that has just come is near enough to the end.
                if not batches or _is_recent(batches[-1]):
                    await self._tick(ahead)

    async def _woken(self) -> None:
        await self._wake.wait()
        self._wake.clear()

    async def _settle(self) -> bool:
        """Comes to a fair share of the shards; tells whether it holds any that the stream does not fit."""
        self._due = False
        held: dict[int, Cursor] = {}
        standing = self._membership.standing
        if standing is not None:
            async with self._database.driver() as connection:
                cursors = await self._cursors.read(connection)
                if len(cursors) < SHARDS:
                    await self._cursors.make(connection)
                    cursors = await self._cursors.read(connection)
                wanted = plan(cursors, standing.member, standing.alive)
                changed = await self._cursors.carry_out(connection, wanted, standing.member)
            held = {c.shard: c for c in (*cursors, *changed)}
            held = {shard: cursor for shard, cursor in held.items() if cursor.holder == standing.member}
        gained = [cursor for shard, cursor in held.items() if self._held.get(shard) != cursor]
        self._hold(held)
        return any(Place(cursor.generation, cursor.seq) != self._at for cursor in gained)

    def _hold(self, held: Mapping[int, Cursor]) -> None:
        lost = frozenset(shard for shard, cursor in self._held.items() if held.get(shard) != cursor)
        self._held = held
        if lost:
            self._work.lost(lost)

    async def _check_places(self, least: Place) -> None:
        """Asks about the places ahead of the stream's: the log may have been restored to what lies between."""
        furthest = {cursor.generation: cursor.seq for cursor in sorted(self._held.values(), key=lambda c: c.seq)}
        for place in {Place(*item) for item in furthest.items()} - {least}:
            await self._log.check(place)

    async def _step(self, batches: Sequence[LogBatch]) -> None:
        """Does the work of some batches of one generation, in one transaction."""
        place, slices = self._cut(batches)
        moved = {
            shard: replace(cursor, generation=place.generation, seq=place.seq)
            for shard, cursor in self._held.items()
            if cursor.seq < place.seq
        }
        if moved:
            async with self._database.driver() as connection:
                await self._cursors.fence(connection, self._held.values(), place)
                if slices:
                    await self._work.apply(connection, slices)
            count, transactions = sum(map(len, slices)), self._state.transactions + 1
            self._state = replace(self._state, readings=self._state.readings + count, transactions=transactions)
            self._applied(count)
        self._held = {**self._held, **moved}
        self._at = place

    async def _tick(self, ahead: ReadAhead) -> None:
        """Does the work that time brings, if it is due, and everything that was in the log has been applied."""
        now = asyncio.get_running_loop().time()
        if not isinstance(self._work, Ticking) or not ahead.alive or self._at.seq < ahead.end or now < self._tick_at:
            return
        self._tick_at = now + TICK_EVERY_S
        async with self._database.driver() as connection:
            await self._cursors.fence(connection, self._held.values())
            await self._work.tick(connection, frozenset(self._held))

    def _cut(self, batches: Sequence[LogBatch]) -> tuple[Place, Sequence[ReadingSlice]]:
        """Returns the last batch's place, and what of all of them is to be done for the shards that are held."""
        slices = []
        place = self._at
        for item in batches:
            place = Place(item.generation, item.batch.seq)
            shards = {shard for shard, cursor in self._held.items() if cursor.seq < place.seq}
            part = cut(item.batch, shards)
            if part is not None:
                slices.append(part)
        ahead = [c for c in self._held.values() if c.generation == self._at.generation and c.seq > self._at.seq]
        if ahead and place.generation != self._at.generation:
            raise OutOfRangeError("the log was restored to an older state than some shards are at", "CURSOR_AHEAD")
        return place, slices

    async def _rebuild(self) -> None:
        """Has the work made anew, once for all replicas; the cursors then stand where the log ended before."""
        await self._log.register()
        place = await self._log.end()
        log.warning("rebuilding", extra={"consumer": self._name, "generation": place.generation, "seq": place.seq})
        async with self._database.driver() as connection:
            await self._cursors.fence_all(connection, self._held.values())
            self._hold({})
            await self._work.rebuild(connection, place)
            await self._cursors.restart(connection, place)
        self._refused = None
        self._rebuilds.inc()
        self._state = replace(self._state, rebuilds=self._state.rebuilds + 1)

    async def _report(self) -> None:
        """Tells the log how far all replicas together are, so that it can drop what is behind them."""
        while True:
            await asyncio.sleep(REPORT_EVERY_S)
            if self._state.following_since is None:
                continue
            try:
                await self._report_once()
            except Exception as error:
                if not _is_passing(error):
                    raise
                # The log keeps a little more than it must; and following it will say what is wrong.
                log.info("place not reported", extra={"consumer": self._name, "error": str(error)})

    async def _report_once(self) -> None:
        # A crash of the database's machine may take back a moment of this, which the log keeps for longer than that.
        async with self._database.driver() as connection:
            cursors = await self._cursors.read(connection)
        least, now = _least(cursors), asyncio.get_running_loop().time()
        if least == self._reported[0] and now < self._reported[1] + REPORT_SAME_EVERY_S:
            return
        try:
            answer = await self._log.commit(least)
        except NotFoundError:
            await self._log.register()
        else:
            self._reported = (least, now)
            self._state = replace(self._state, lag_readings=answer.lag_readings, lag_s=answer.lag_s)

    def _note(self, error: Exception) -> None:
        self._restarts.inc()
        message = spoken(error)
        log.warning("consumer starts again", extra={"consumer": self._name, "error": message})
        self._state = replace(self._state, following_since=None, last_error=message, last_error_time=datetime.now(UTC))


def _is_recent(message: LogBatch) -> bool:
    return datetime.now(UTC) - message.batch.append_time.ToDatetime(UTC) < RECENT


def _least(cursors: Collection[Cursor]) -> Place:
    least = min(cursors, key=lambda cursor: cursor.seq)
    return Place(least.generation, least.seq)


def _is_passing(error: Exception) -> bool:
    """Tells whether the same may work a little later."""
    # A driver's own errors come from work that uses its connection past SQLAlchemy, such as a COPY.
    known = (UnavailableError, OutOfRangeError, FencedError, asyncpg.InterfaceError, asyncpg.InternalClientError)
    return isinstance(error, known) or database_is_away(error)
