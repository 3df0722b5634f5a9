"""The readings of one transaction, sensor by sensor in the log's order, and which of them are new. Pure."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.common.epoch import microseconds
from services.common.reading_log import ReadingSlice

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Columns with an element for each reading; those of one sensor are together, in the order in which they came.

    Attributes:
        row: the sensor's row in the table.
        loc: points into loc_ids.
        values: temperature, humidity and perceived temperature; NaN where there is none.
    """

    row: NDArray[np.intp]
    loc: NDArray[np.intp]
    capture: Ints
    receive: Ints
    values: Sequence[NDArray[np.float64]]
    quality: NDArray[np.uint32]
    loc_ids: Sequence[str]

    def __len__(self) -> int:
        return len(self.row)


def batch_of(slices: Sequence[ReadingSlice], rows_of: Callable[[Sequence[str], Sequence[str]], Sequence[int]]) -> Batch:
    """Returns the readings of slices.

    Args:
        slices: in the log's order, at least one.
        rows_of: gives the rows of sensors, by their names and places.
    """
    loc_number: dict[str, int] = {}
    row, loc = [], []
    for part in slices:
        used = np.unique(part.series_index)
        series = [part.series[n] for n in used.tolist()]
        own = np.searchsorted(used, part.series_index)
        places = [sys.intern(s.loc_id) for s in series]
        row.append(np.array(rows_of([s.sensor_id for s in series], places), np.intp)[own])
        loc.append(np.array([loc_number.setdefault(p, len(loc_number)) for p in places], np.intp)[own])
    rows = np.concatenate(row)
    order = np.argsort(rows, kind="stable")

    def column(name: str) -> NDArray[np.float64]:
        return np.concatenate([getattr(part, name) for part in slices])[order]

    return Batch(
        row=rows[order],
        loc=np.concatenate(loc)[order],
        capture=np.concatenate([part.capture_time_us for part in slices])[order],
        receive=np.concatenate([np.full(len(p), microseconds(p.receive_time)) for p in slices])[order],
        values=[column("temperature"), column("humidity"), column("pcv_temperature")],
        quality=np.concatenate([part.quality for part in slices])[order],
        loc_ids=list(loc_number),
    )


def fresh(batch: Batch, watermark: Ints) -> Bools:
    """Tells which readings are newer than everything that came of their sensors before.

    Args:
        batch: the readings.
        watermark: of each reading, the newest capture_time of its sensor before the batch.
    """
    first = np.ones(len(batch), np.bool_)
    first[1:] = batch.row[1:] != batch.row[:-1]
    is_newer: Bools = batch.capture > watermark
    if (first[1:] | (batch.capture[1:] > batch.capture[:-1])).all():
        return is_newer
    # The greatest so far of each sensor: numbers that grow from sensor to sensor, so that one pass does for all.
    _, rank = np.unique(batch.capture, return_inverse=True)
    key = np.cumsum(first) * (len(batch) + 1) + rank
    greatest = np.maximum.accumulate(key)
    is_newer[1:] &= first[1:] | (key[1:] > greatest[:-1])
    return is_newer


def last_of_each(batch: Batch, chosen: NDArray[np.intp]) -> NDArray[np.intp]:
    """Returns, of some readings by their ascending places, the last of each sensor."""
    rows = batch.row[chosen]
    is_last = np.ones(len(chosen), np.bool_)
    is_last[:-1] = rows[1:] != rows[:-1]
    return chosen[is_last]
