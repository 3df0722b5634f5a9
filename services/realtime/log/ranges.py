"""The use cases of ranges: every reading of a time range as of one place in the log, and when there are readings."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from services.common.errors import FailedPreconditionError, InvalidInputError, Violation
from services.common.times import LATEST
from services.directory.domain import SENSOR_ID
from services.realtime.log.ahead import read_ahead

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # nothing older was ever taken in
MOST_SENSORS = 10_000

# A range holds a connection, and a snapshot that keeps the whole database from forgetting old rows.
AT_ONCE = 2  # of a process; who comes then waits for its turn, and ingest still has connections
AHEAD = 4
PATIENCE_S = 30.0
LONGEST_S = 600.0


@dataclass(frozen=True, slots=True)
class Range:
    """What is asked for: from `start` until before `end`; no sensors means all of them."""

    start: datetime
    end: datetime
    sensor_ids: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the log."""

    generation: str
    seq: int


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Some readings by ascending sensor_id and time, as columns; the contract (`ReadingBatch`) says what they mean.

    Attributes:
        series: the combinations of sensor_id, loc_id and source that occur.
    """

    series: Sequence[tuple[str, str, str]]
    series_index: NDArray[np.intp]
    capture_time_us: NDArray[np.int64]
    temperature: NDArray[np.float64]
    humidity: NDArray[np.float64]
    pcv_temperature: NDArray[np.float64]
    quality: NDArray[np.int16]

    def __len__(self) -> int:
        return len(self.series_index)


@dataclass(frozen=True, slots=True)
class End:
    """Says that a range was read whole, and how many readings it has."""

    readings: int


@dataclass(frozen=True, slots=True)
class Extent:
    """A moment at or before the first reading, one after the last, and what retention has dropped."""

    first: datetime | None
    end: datetime | None
    frozen_before: datetime


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The database at one moment: the log's end, what retention had dropped, and the readings, which come once."""

    place: Place
    frozen_before: datetime
    rows: AsyncIterator[Rows]


class RangeStore(Protocol):
    """What the use cases need of a store."""

    def snapshot(self, wanted: Range) -> AbstractAsyncContextManager[Snapshot]: ...  # noqa: D102
    async def place(self) -> Place: ...  # noqa: D102
    async def latest(self, after: str) -> tuple[Rows, str] | None: ...  # noqa: D102
    async def extent(self) -> Extent: ...  # noqa: D102


class RangeUseCases:
    """What neighbours can read of the readings."""

    def __init__(
        self, store: RangeStore, *, at_once: int = AT_ONCE, patience_s: float = PATIENCE_S, longest_s: float = LONGEST_S
    ) -> None:
        self._store = store
        self._turns = asyncio.Semaphore(at_once)
        self._patience_s = patience_s
        self._longest_s = longest_s

    def read(
        self, start: datetime | None, end: datetime | None, sensor_ids: Sequence[str]
    ) -> AsyncGenerator[Place | Rows | End, None]:
        """Yields the place as of which the range is read, its readings in parts, and the end.

        Raises:
            InvalidInputError: there can be no such range.
            FailedPreconditionError: retention has dropped a part of it, maybe while it was read.
            UnavailableError: what was yielded was not taken for a while.
            ExhaustedError: all of it would take too long.
        """
        parts = self._parts(checked(start, end, sensor_ids))
        return read_ahead(parts, items=AHEAD, patience_s=self._patience_s, longest_s=self._longest_s)

    async def _parts(self, wanted: Range) -> AsyncGenerator[Place | Rows | End, None]:
        # A number of the log is given inside COMMIT, under a lock that is held until the transaction can be seen. So
        # every snapshot sees the log up to a number without a gap, and exactly the readings of those batches.
        readings = 0
        async with self._turns, self._store.snapshot(wanted) as snapshot:
            _check_kept(wanted, snapshot.frozen_before)
            yield snapshot.place
            async for rows in snapshot.rows:
                readings += len(rows)
                yield rows
        # What is dropped is gone for older snapshots as well, unless they have read of it already.
        _check_kept(wanted, (await self._store.extent()).frozen_before)
        yield End(readings)

    async def latest(self) -> AsyncGenerator[Place | Rows | End, None]:
        """Yields a place in the log, the newest reading of each sensor in parts, and the end.

        Nothing is held between two parts, however slowly they are taken, so they show no one moment. But each was read
        after the place was the log's end, and a sensor's newest reading is replaced only by a newer one, in the very
        transaction that appends that to the log. So of what was appended up to the place nothing is missing but what
        has been replaced; and what was appended later, whether it is in a part, has replaced what would have been, or
        is of a sensor whose turn had passed, comes again to who follows the log from the place on.
        """
        yield await self._store.place()
        readings, after = 0, ""
        while (part := await self._store.latest(after)) is not None:
            rows, after = part
            readings += len(rows)
            yield rows
        yield End(readings)

    async def extent(self) -> Extent:
        """Tells from when to when there are readings."""
        return await self._store.extent()


def checked(start: datetime | None, end: datetime | None, sensor_ids: Sequence[str]) -> Range:
    """Returns what is asked for, or raises InvalidInputError."""
    bad = [*_bad_times(start, end), *_bad_sensors(sensor_ids)]
    if bad or start is None or end is None:
        raise InvalidInputError(bad)
    return Range(start, end, sensor_ids)


def _bad_times(start: datetime | None, end: datetime | None) -> list[Violation]:
    bad = []
    for field, moment in (("start_time", start), ("end_time", end)):
        if moment is None or not EARLIEST <= moment < LATEST:
            bad.append(Violation(field, f"give a time from {EARLIEST:%Y-%m-%d} to {LATEST:%Y-%m-%d}"))
    if not bad and start is not None and end is not None and start >= end:
        bad.append(Violation("end_time", "is not after start_time; give a later time"))
    return bad


def _bad_sensors(sensor_ids: Sequence[str]) -> list[Violation]:
    if len(sensor_ids) > MOST_SENSORS:
        return [Violation("sensor_ids", f"names {len(sensor_ids)}; give {MOST_SENSORS} at most, or none for all")]
    return [
        Violation(f"sensor_ids[{index}]", "give 1 to 50 of letters, digits, '-', '_' and '.'")
        for index, name in enumerate(sensor_ids)
        if not SENSOR_ID.fullmatch(name)
    ]


def _check_kept(wanted: Range, frozen_before: datetime) -> None:
    if wanted.start < frozen_before:
        words = frozen_before.isoformat()
        message = f"start_time: retention has dropped the readings before {words}; give a start_time from there on"
        raise FailedPreconditionError(message, "FROZEN", {"frozen_before": words})
