"""The consumer's work: adds each batch of the log to the rollups."""

import logging
from collections.abc import Collection, Sequence
from typing import Protocol

import asyncpg
import numpy as np
from numpy.typing import NDArray

from services.aggregation.cells import Measured, by_hour
from services.aggregation.readings import measured
from services.aggregation.rollup.figures import HOURS
from services.aggregation.rollup.store import RollupWriter, Standing
from services.common.reading_log import Place, ReadingSlice, shard_of

log = logging.getLogger(__name__)


class Rebuilds(Protocol):
    """Has everything made anew, in the caller's transaction."""

    async def request(self, connection: asyncpg.Connection, place: Place) -> None: ...


class RollupWork:
    """Satisfies LogWork.

    An hour knows the last batch that is in it. Where a backfill made an hour of readings that this consumer has not
    come to yet, they are passed over here.
    """

    def __init__(self, writer: RollupWriter, rebuilds: Rebuilds) -> None:
        self._writer = writer
        self._rebuilds = rebuilds

    async def apply(self, connection: asyncpg.Connection, slices: Sequence[ReadingSlice]) -> None:
        """Adds the next batches."""
        readings = measured(slices)
        shards = np.array([shard_of(series.sensor_id) for series in readings.series], np.int64)[readings.index]
        standing = await self._writer.lock(connection, np.unique(shards).tolist())
        is_doubtful = readings.seq <= standing.ahead[shards]
        if is_doubtful.any():
            readings = await self._without_contained(connection, readings, is_doubtful, standing)
        if len(readings):
            hours = by_hour(readings, standing.calendar)
            await self._writer.add(connection, hours, standing.calendar)
            HOURS.inc(len(hours.period))

    async def _without_contained(
        self, connection: asyncpg.Connection, readings: Measured, is_doubtful: NDArray[np.bool_], standing: Standing
    ) -> Measured:
        """Leaves out the readings that are in their hours already."""
        hours = by_hour(readings.take(is_doubtful), standing.calendar)
        seqs = (await self._writer.seqs(connection, hours)).tolist()
        last = dict(zip(zip(hours.index.tolist(), hours.period.tolist(), strict=True), seqs, strict=True))
        starts = standing.calendar.hour_starts(readings.moment).tolist()
        contained = [last.get(key, 0) for key in zip(readings.index.tolist(), starts, strict=True)]
        return readings.take(~is_doubtful | (readings.seq > np.array(contained, np.int64)))

    async def rebuild(self, connection: asyncpg.Connection, place: Place) -> None:
        """Asks for a backfill of everything, beside which the log is followed from `place` on.

        Readings after `place` that the backfill has read as well do no harm: an hour that it made knows how far it is.
        """
        log.warning("rollups are made anew from the readings", extra={"seq": place.seq})
        await self._rebuilds.request(connection, place)

    def lost(self, shards: Collection[int]) -> None:  # noqa: ARG002  all that it remembers is quickly read again
        """Forgets what a transaction that failed may have made."""
        self._writer.forget()
