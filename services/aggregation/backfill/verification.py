"""Proves rollups right, or finds what is wrong with them. Changes nothing."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import replace

from services.aggregation.backfill.checking import PATIENCE_S, Checked, HourCheck, snapshot
from services.aggregation.backfill.domain import (
    END_OF_TIME,
    Difference,
    Pace,
    Slice,
    Span,
    Status,
    checked_days,
    ended,
    first_kept_day,
    next_slice,
    span_of,
)
from services.aggregation.backfill.extents import rollup_spans, spans_of
from services.aggregation.backfill.periods import compare_all
from services.aggregation.backfill.reading import Piece, Ranges, TooManyError
from services.aggregation.backfill.words import period_words
from services.aggregation.calendar import SiteCalendar
from services.aggregation.tables import DAILY, MONTHLY
from services.common.database import Database
from services.common.epoch import microseconds
from services.common.errors import FailedPreconditionError
from services.common.reading_log import SHARDS

SAY_EVERY_S = 1.0


Message = Difference | Status


class Verifier:
    """Verifies ranges."""

    def __init__(
        self,
        database: Database,
        ranges: Ranges,
        calendar: Callable[[], Awaitable[SiteCalendar]],
        patience_s: float = PATIENCE_S,
    ) -> None:
        """Takes what gives the calendar that the rollups are kept by, and how long the consumer is waited for."""
        self._database = database
        self._ranges = ranges
        self._calendar = calendar
        self._patience_s = patience_s

    async def verify(self, start: str | None, end: str | None) -> AsyncGenerator[Message, None]:
        """Yields each difference, about each second a status, and a last one at the end.

        Raises:
            InvalidInputError: there are no such days.
            UnavailableError: the consumer does not come to what was read, or something else is away.
        """
        days = checked_days(start, end)
        calendar = await self._calendar()
        extent = await self._ranges.extent()
        async with self._database.driver() as connection:
            there = [*spans_of(extent), *await rollup_spans(connection, calendar)]
        span = span_of(*days, there, calendar)
        check = HourCheck(self._database, self._ranges, calendar, self._patience_s)
        run = _Run(self._database, self._ranges, calendar, check)
        if span is not None:
            async with aclosing(run.slices(span.start, span.end, microseconds(extent.frozen_before))) as messages:
                async for message in messages:
                    yield message
        yield replace(run.status, progress=1.0, is_done=True)


class _Run:
    def __init__(self, database: Database, ranges: Ranges, calendar: SiteCalendar, check: HourCheck) -> None:
        self._database = database
        self._ranges = ranges
        self._calendar = calendar
        self._check = check
        self._said = asyncio.get_running_loop().time()
        self.status = Status()

    async def slices(self, start: int, end: int, frozen_before: int) -> AsyncGenerator[Message, None]:
        """Verifies one slice after the other."""
        pace, done = Pace(), start
        while done < end:
            part = next_slice(done, end, pace.width, self._calendar, Span(frozen_before, END_OF_TIME))
            try:
                checked = await self._hours(part, pace.most(part))
            except TooManyError:
                pace.narrow()
                continue
            except FailedPreconditionError as error:
                if error.reason != "FROZEN":
                    raise
                # Retention went on meanwhile.
                frozen_before = microseconds((await self._ranges.extent()).frozen_before)
                continue
            pace.took(checked.readings)
            if start < frozen_before:
                self._note(frozen_before)
            for message in self._told(checked.hours, checked.words):
                yield message
            async for message in self._periods(part):
                yield message
            done = part.end
            self.status = replace(self.status, progress=min(1.0, (done - start) / (end - start)))

    async def _hours(self, part: Slice, most: int | None) -> Checked:
        if part.read_from is None:
            return Checked()
        return await self._check.check(Piece(part.start, part.end, part.read_from), most)

    async def _periods(self, part: Slice) -> AsyncGenerator[Message, None]:
        """Compares the days and months that end with a slice with their hours."""
        for level, period in zip((DAILY, MONTHLY), ended(part, self._calendar), strict=True):
            if period is None:
                continue
            for shard in range(SHARDS):
                async with snapshot(self._database, self._calendar) as connection:
                    count, unlike = await compare_all(connection, level, shard, *period)
                for message in self._told(count, [period_words(level, one, self._calendar) for one in unlike]):
                    yield message

    def _told(self, count: int, found: Iterable[str]) -> Iterable[Message]:
        """Counts, gives the differences, and says how far all is where it was not said for a while."""
        self.status = replace(self.status, verified=self.status.verified + count)
        for words in found:
            self.status = replace(self.status, differences=self.status.differences + 1)
            yield Difference(words, self.status)
        now = asyncio.get_running_loop().time()
        if now > self._said + SAY_EVERY_S:
            self._said = now
            yield self.status

    def _note(self, frozen_before: int) -> None:
        first = first_kept_day(frozen_before, self._calendar)
        words = f"the readings of before {first} were dropped: days and months until then are compared with their hours"
        self.status = replace(self.status, note=words)
