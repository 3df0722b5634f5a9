"""The consumer's work: every reading of the log is judged once."""

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any, Protocol, TypeVar

import asyncpg
import numpy as np

from services.alert.evaluate import figures, resting, store, traces
from services.alert.evaluate.attendance import Attendance, last_reading
from services.alert.evaluate.batch import Batch, batch_of, fresh, last_of_each
from services.alert.evaluate.breath import breathe
from services.alert.evaluate.journal import Journal
from services.alert.evaluate.judging import Judging, Reading
from services.alert.evaluate.rulebook import Rulebook
from services.alert.evaluate.table import Rows, Table
from services.alert.evaluate.tuning import Tuning
from services.alert.evaluate.watch import Shown, Watch
from services.common.clock import Clock
from services.common.epoch import microseconds
from services.common.reading_log import SHARDS, Place, ReadingSlice, shard_of
from services.directory.domain import Directory
from services.heat.judging import Rules

log = logging.getLogger(__name__)

BEAT_S = 1.0
TELL_S = 1.0

T_co = TypeVar("T_co", covariant=True)


class Followed(Protocol[T_co]):
    """A neighbour's data, followed by revision."""

    @property
    def value(self) -> T_co | None: ...
    @property
    def digest(self) -> str: ...
    @property
    def degraded(self) -> str | None: ...


class Latest(Protocol):
    """The newest reading of each sensor, after a place up to which none is missing."""

    def latest(self) -> AsyncGenerator[Place | ReadingSlice, None]: ...


class EvaluationWork:
    """Satisfies LogWork.

    All that is in memory is a copy of what is committed, by shards: it is read when one is first needed, and dropped
    when it is lost.
    """

    def __init__(
        self, rules: Followed[Rules], directory: Followed[Directory], latest: Latest, tuning: Tuning, clock: Clock
    ) -> None:
        self._rules = rules
        self._directory = directory
        self._latest = latest
        self._tuning = tuning
        self._clock = clock
        self._table = Table()
        self._digests: tuple[str, str] | None = None
        self._judged_by: str | None = None  # the rules by which all that is in the table has been judged
        self._attendance = Attendance(self._table, tuning, lambda: directory.degraded is None)
        self._beaten = 0.0
        self._told = -math.inf

    async def apply(self, connection: asyncpg.Connection, slices: Sequence[ReadingSlice]) -> None:
        """Judges the next batches."""
        shards = {shard_of(part.series[n].sensor_id) for part in slices for n in np.unique(part.series_index).tolist()}
        with traces.evaluating(slices):
            async with self._changing(connection, shards) as (judging, touched):
                touched.extend(await self._take(slices, judging))
                traces.tell(judging.episodes, slices)

    async def tick(self, connection: asyncpg.Connection, shards: Collection[int]) -> None:
        """Judges what time and other rules bring."""
        async with self._changing(connection, shards) as (judging, touched):
            now = microseconds(self._clock())
            touched.extend(await self._attendance.look(judging, shards, now))

    async def rebuild(self, connection: asyncpg.Connection, place: Place) -> None:
        """Goes on from what is measured now, with the alerts that are open.

        What was missed is not judged, and pages nobody. What is read is at least as new as `place`, which was the log's
        end before. Readings after it come again with the log: what was read is not newer then than what is known, and
        does nothing; what was not is.
        """
        log.warning("evaluation goes on from the latest readings", extra={"seq": place.seq})
        try:
            async with aclosing(self._latest.latest()) as parts:
                async for part in parts:
                    if isinstance(part, ReadingSlice):
                        # Part by part, so that none keeps the event loop for long, however many sensors there are.
                        async with self._changing(connection, range(SHARDS)) as (judging, touched):
                            touched.extend(await self._take([self._of_now(part)], judging))
        finally:
            # The shards are another's by now; and after an error nothing of this was stored.
            self.lost(range(SHARDS))

    def lost(self, shards: Collection[int]) -> None:
        """Drops what is in memory of some shards."""
        self._table.drop(shards)
        self._attendance.lost(shards)

    @asynccontextmanager
    async def _changing(
        self, driver: asyncpg.Connection, shards: Collection[int]
    ) -> AsyncIterator[tuple[Judging, list[Rows]]]:
        """Gives what judges, and a list for the rows that change; then writes all of it.

        Before that, the shards are there, are judged by the newest rules, and know what people have ended by hand.
        """
        journal = Journal()
        touched: list[Rows] = []
        rulebook = self._renewed()
        judging = Judging(rulebook, journal)
        stale = await self._load(driver, shards, rulebook)
        whose, seen = await store.see(driver, self._table)
        touched.append(self._rows(whose))
        if stale:
            touched.append(await self._judge_again(judging, stale))
        yield judging, touched
        untold = self._untold()
        ended = await store.write(driver, journal, self._table, rulebook.revision, shown=untold, seen=seen)
        figures.count(journal)
        touched.append(self._rows(ended))
        rows = np.unique(np.concatenate(touched))
        if len(rows):
            await store.save(driver, self._table, rows)
        await self._beat(driver, rulebook, is_due=bool(stale))

    def _untold(self) -> Sequence[Shown]:
        """Returns what alerts are to be told of values, now and again: with each of them would cost more than all else.

        What a restart needs is stored with each sensor in every transaction.
        """
        now = asyncio.get_running_loop().time()
        if now < self._told + TELL_S:
            return []
        untold = self._table.untold()
        if untold:
            self._told = now
        return untold

    def _renewed(self) -> Rulebook:
        """Returns the newest rules, and has the table know them."""
        digests = (self._rules.digest, self._directory.digest)
        if self._table.rulebook is None or digests != self._digests:
            self._digests = digests
            rulebook = Rulebook(self._rules.value, self._directory.value, self._tuning)
            self._table.set_rulebook(rulebook, microseconds(self._clock()))
        assert self._table.rulebook is not None  # noqa: S101  for mypy
        return self._table.rulebook

    async def _load(self, driver: asyncpg.Connection, shards: Collection[int], rulebook: Rulebook) -> set[int]:
        """Reads the shards that are not there; returns those that were judged by other rules last."""
        missing = set(shards) - self._table.shards
        stale: set[int] = set()
        if missing:
            standings = await store.standings(driver, self._tuning.brief)
            for shard in missing:
                await store.load_shard(driver, self._table, shard)
            self._attendance.take_over({shard: standings[shard].since for shard in missing if shard in standings})
            up_to_date = {shard for shard, standing in standings.items() if standing.revision == rulebook.revision}
            stale = missing - up_to_date
        if self._judged_by not in {None, self._rules.digest}:
            stale = set(self._table.shards)
        self._judged_by = self._rules.digest
        return stale if rulebook.has_rules else set()

    async def _take(self, slices: Sequence[ReadingSlice], judging: Judging) -> list[Rows]:
        """Takes readings; returns the rows of their sensors."""
        if not slices:
            return []
        table = self._table
        batch = batch_of(slices, self._rows_of)
        is_fresh = fresh(batch, table.columns["capture"][batch.row])
        is_uneasy = table.is_uneasy(batch, self._tuning) & is_fresh
        is_moving = np.zeros(len(table), np.bool_)
        is_moving[batch.row[is_uneasy]] = True
        is_judged = is_fresh & is_moving[batch.row]
        resting.follow(table.columns, batch, np.flatnonzero(is_fresh & ~is_judged & table.is_resting(batch)))
        await self._judge(batch, np.flatnonzero(is_judged), judging)
        newest = last_of_each(batch, np.flatnonzero(is_fresh))
        if table.take(batch, newest):
            self._told = -math.inf
        return [batch.row[newest]]

    def _of_now(self, part: ReadingSlice) -> ReadingSlice:
        """Returns those of the newest readings that are of sensors in service, as if they had come just now."""
        rulebook = self._renewed()
        of_service = np.array([rulebook.may_be_in_service(series.sensor_id) for series in part.series], np.bool_)
        return replace(part.of_series(of_service), receive_time=self._clock())

    async def _judge(self, batch: Batch, chosen: Rows, judging: Judging) -> None:
        """Judges readings one by one."""
        table = self._table
        columns: tuple[Any, ...] = (batch.row, batch.loc, batch.capture, batch.receive, batch.quality, *batch.values)
        rows = zip(*(column[chosen].tolist() for column in columns), strict=True)
        intervals = table.columns["interval"]
        watched: dict[str, Watch] = {}
        for number, (row, loc, capture, receive, quality, *values) in enumerate(rows):
            name = table.names[row]
            watch = watched.get(name)
            if watch is None:
                watch = watched[name] = table.watch(name)
            reading = Reading(name, batch.loc_ids[loc], int(intervals[row]), capture, receive, values, quality)
            judging.take(watch, reading)
            await breathe(number)
        for name, watch in watched.items():
            table.keep(name, watch)

    async def _judge_again(self, judging: Judging, shards: Collection[int]) -> Rows:
        """Judges what is known of some shards by rules that are new."""
        now, table = microseconds(self._clock()), self._table
        rows = table.uneasy_rows()
        rows = rows[np.isin(table.columns["shard"][rows], list(shards))]
        for number, row in enumerate(rows.tolist()):
            reading = last_reading(table, row)
            watch = table.watch(reading.sensor_id)
            is_silent = now > reading.receive + self._tuning.patience(reading.interval)
            judging.again(watch, reading, now, is_silent=is_silent)
            table.keep(reading.sensor_id, watch)
            await breathe(number)
        return rows

    def _rows(self, names: Sequence[str]) -> Rows:
        return np.array([self._table.row(name) for name in names], np.intp)

    def _rows_of(self, names: Sequence[str], loc_ids: Sequence[str]) -> Sequence[int]:
        """Returns the rows of sensors, and makes those that are not there."""
        new = [(n, loc) for n, loc in zip(names, loc_ids, strict=True) if not self._table.knows(n)]
        if new:
            self._table.add(*map(list, zip(*dict(new).items(), strict=True)))
        return [self._table.row(name) for name in names]

    async def _beat(self, driver: asyncpg.Connection, rulebook: Rulebook, *, is_due: bool) -> None:
        """Says that shards are judged, now and again."""
        now = asyncio.get_running_loop().time()
        if is_due or now >= self._beaten + BEAT_S:
            revision = rulebook.revision if rulebook.has_rules else None
            moment = microseconds(self._clock())
            await store.beat(driver, self._table.shards, revision, moment, self._tuning.brief)
            self._beaten = now
