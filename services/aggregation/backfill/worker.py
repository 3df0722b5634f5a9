"""Works on backfills, one at a time; any number of processes do, and what one leaves another goes on with."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from services.aggregation.backfill.domain import Backfill, Pace, Span, check_kept, kept_span, next_slice
from services.aggregation.backfill.extents import spans_of
from services.aggregation.backfill.leases import LeaseLostError, Leases
from services.aggregation.backfill.mending import Mender, ZoneChangedError
from services.aggregation.backfill.reading import Ranges, TooManyError
from services.common.backoff import Backoff
from services.common.epoch import microseconds, moment_of
from services.common.errors import FailedPreconditionError, UnavailableError
from services.common.reading_log import Extent
from services.common.tasks import wait_for

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
RENEW_EVERY_S = 4.0
SAY_EVERY_S = 5.0


class FrozenError(Exception):
    """Retention has dropped readings of days that were asked for."""


class BackfillWorker:
    """Works until it is cancelled. Whatever fails for a while is tried again; any other error ends it."""

    def __init__(
        self, leases: Leases, mender: Mender, ranges: Ranges, is_away: Callable[[BaseException], bool]
    ) -> None:
        self._leases = leases
        self._mender = mender
        self._ranges = ranges
        self._is_away = is_away
        self._backoff = Backoff()
        self._wake = asyncio.Event()
        self._pace = Pace()
        self._said = 0.0

    def wake(self) -> None:
        """Says that there may be something to do."""
        self._wake.set()

    async def run(self) -> None:
        """Works."""
        while True:
            self._wake.clear()
            try:
                job = await self._leases.claim()
                if job is None:
                    await wait_for(self._wake.wait(), LOOK_EVERY_S)
                else:
                    await self._work(job)
            except LeaseLostError:
                log.info("backfill left to others")
            except Exception as error:
                if not isinstance(error, UnavailableError) and not self._is_away(error):
                    raise
                self._pace.narrow()  # maybe it was too much at once
                log.warning("backfill waits", extra={"error": error})
                await self._backoff.wait()

    async def _work(self, job: Backfill) -> None:
        async with self._held(job):
            extent = await self._ranges.extent()
            if job.span is None:
                job = await self._leases.begin(job, extent)
                self._say("backfill begins", job)
            try:
                await self._go_through(job, extent)
            except FrozenError as error:
                self._say("backfill failed", await self._leases.end(job, str(error)))
            else:
                self._say("backfill done", await self._leases.end(job))

    async def _go_through(self, job: Backfill, extent: Extent) -> None:
        while job.span is not None and job.done_until < job.span.end:
            try:
                check_kept(job.start_date, microseconds(extent.frozen_before), await self._leases.calendar())
            except FailedPreconditionError as error:
                raise FrozenError(f"since it was asked for, {error.message.removeprefix('start_date: ')}") from error
            try:
                job = await self._advance(job, kept_span(job, microseconds(extent.frozen_before), spans_of(extent)))
            except FailedPreconditionError as error:
                if error.reason != "FROZEN":
                    raise
                # Retention went on meanwhile. Of everything, what it has dropped stays as it is.
                extent = await self._ranges.extent()

    async def _advance(self, job: Backfill, kept: Span) -> Backfill:
        """Does the next slice; returns the backfill as it then is."""
        calendar = await self._leases.calendar()
        end = job.span.end if job.span else 0
        part = next_slice(job.done_until, end, self._pace.width, calendar, kept)
        try:
            mended = await self._mender.mend(
                part, calendar, lambda connection: self._leases.hold(connection, job), self._pace.most(part)
            )
        except TooManyError:
            self._pace.narrow()
            return job
        except ZoneChangedError:
            return job
        self._pace.took(mended.readings)
        self._backoff.reset()
        job = await self._leases.advance(job, part.end, mended)
        if asyncio.get_running_loop().time() > self._said + SAY_EVERY_S:
            self._say("backfill", job)
        return job

    @asynccontextmanager
    async def _held(self, job: Backfill) -> AsyncIterator[None]:
        """Keeps the lease while the block runs."""
        task = asyncio.create_task(self._renew(job))
        try:
            yield
        finally:
            task.cancel()
            (ended,) = await asyncio.gather(task, return_exceptions=True)
            if isinstance(ended, Exception):
                raise ended

    async def _renew(self, job: Backfill) -> None:
        while True:
            await asyncio.sleep(RENEW_EVERY_S)
            try:
                await self._leases.renew(job)
            except LeaseLostError:
                return  # the work finds that out by itself, with its next transaction
            except Exception as error:
                if not self._is_away(error):
                    raise
                log.warning("lease not renewed", extra={"error": error})

    def _say(self, words: str, job: Backfill) -> None:
        self._said = asyncio.get_running_loop().time()
        done = str(moment_of(job.done_until))
        more = {"backfill_id": job.backfill_id, "done_until": done, "progress": round(job.progress, 4)}
        log.info(words, extra={**more, "cells": job.cells, "changed": job.changed, "reason": job.reason})
