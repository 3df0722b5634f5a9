"""Recomputes hours from the raw readings, as of one place in the log and in bounded memory."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np

from services.aggregation.calendar import SiteCalendar
from services.aggregation.cells import COLUMNS, Cells, by_hour, merged
from services.aggregation.readings import measured
from services.common.epoch import moment_of
from services.common.reading_log import Extent, Place, ReadingSlice

TOGETHER = 50_000  # readings that are grouped at once
MOST_SENSORS = 5_000  # that one call names


class Ranges(Protocol):
    """The stored readings. A call that fails raises UnavailableError."""

    async def extent(self) -> Extent: ...  # noqa: D102
    def read(  # noqa: D102
        self, start: datetime, end: datetime, sensor_ids: Sequence[str] = ()
    ) -> AsyncIterator[Place | ReadingSlice]: ...


class TooManyError(Exception):
    """There are more readings, or hours, than are taken in at once."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Hours that begin from `start` to before `end`, of some sensors, or of all where none is named.

    Their readings are there from `read_from` on, which is within the first hour.
    """

    start: int
    end: int
    read_from: int
    sensors: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Recomputed:
    """The hours of a piece as all readings up to a place in the log make them; that is what `seq` says as well."""

    seq: int
    hours: Cells
    readings: int


async def recompute(ranges: Ranges, piece: Piece, calendar: SiteCalendar, most: int | None = None) -> Recomputed:
    """Recomputes a piece.

    Raises:
        TooManyError: it has more than `most` readings.
        FailedPreconditionError: retention has dropped some of it; its reason is FROZEN.
    """
    parts: list[Cells] = [_NOTHING]
    slices: list[ReadingSlice] = []
    seq = readings = waiting = 0
    stream = ranges.read(moment_of(piece.read_from), moment_of(piece.end), piece.sensors)
    async with aclosing(stream) as items:  # type: ignore[type-var]
        async for item in items:
            if isinstance(item, Place):
                seq = item.seq
                continue
            slices.append(item)
            waiting += len(item)
            readings += len(item)
            if most is not None and readings > most:
                raise TooManyError
            if waiting >= TOGETHER:
                parts = [merged([*parts, by_hour(measured(slices), calendar)])]
                slices, waiting = [], 0
    if slices:
        parts.append(by_hour(measured(slices), calendar))
    return Recomputed(seq, merged(parts), readings)


_NOTHING = Cells(
    (), np.empty(0, np.int64), np.empty(0, np.int64), {n: np.empty(0, np.int64) for n in (*COLUMNS, "seq")}
)
