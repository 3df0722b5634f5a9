"""What becomes of a row, and what a store tells of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from services.common.epoch import moment_of
from services.realtime.ingest.columns import Bools, Ints, Readings, runs
from services.realtime.ingest.rules import Refusal

ACCEPTED, DUPLICATE, LATE, CONFLICT, REJECTED, UNAVAILABLE = 1, 2, 3, 4, 5, 6  # as RowOutcome.Outcome counts them

_DUPLICATE = Refusal("", "the same reading was stored before")
_CONFLICT = Refusal("capture_time", "another reading of this sensor and time was stored before, and stays")


@dataclass(frozen=True, slots=True)
class StoredReading:
    """One reading as it is stored: °C and %, calibrated and as sent."""

    sensor_id: str
    capture_time: datetime
    receive_time: datetime
    loc_id: str
    temperature: float
    humidity: float
    pcv_temperature: float | None
    raw_temperature: float
    raw_humidity: float
    raw_pcv_temperature: float | None
    quality: int
    source: str


class NoPartitionError(Exception):
    """Some readings are of a time that has no partition: it is far off, or retention has dropped it."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What a store found.

    Attributes:
        is_new: of each reading, whether it is stored now.
        previous: of each sensor, its latest time before, or NEVER.
        repeated: the readings that are not new.
        existing: what is stored in place of those: temperature, humidity and index as sent, NaN where there is none.
    """

    is_new: Bools
    previous: Ints
    repeated: NDArray[np.intp]
    existing: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of the rows: a number each, and words for those that were not plainly accepted, by index."""

    codes: NDArray[np.int8]
    words: Mapping[int, Refusal]

    def split(self, lengths: Sequence[int]) -> list["Outcomes"]:
        """Returns the outcomes of batches of these lengths that follow each other, each counted from 0."""
        ends = np.cumsum(lengths)
        begins = [0, *ends[:-1].tolist()]
        words: list[dict[int, Refusal]] = [{} for _ in lengths]
        rows = list(self.words)
        for row, batch in zip(rows, np.searchsorted(ends, rows, side="right").tolist(), strict=True):
            words[batch][row - begins[batch]] = self.words[row]
        parts = np.split(self.codes, ends[:-1])
        return [Outcomes(codes, of_batch) for codes, of_batch in zip(parts, words, strict=True)]


def row_outcomes(
    made: Readings, first: NDArray[np.intp], kept: NDArray[np.intp], stored: Stored, sent_pcv: Bools
) -> tuple[NDArray[np.int8], dict[int, Refusal]]:
    """Returns the outcomes of the readings that were made of rows, in their order.

    Args:
        made: the readings, repeated ones too.
        first: of each reading, the position in `kept` of the first one with its sensor and time.
        kept: those first ones, as indices into `made`.
        stored: what the store found of `kept`.
        sent_pcv: whether a row brought its own index and it was kept, so that it counts in the comparison.
    """
    is_first = np.zeros(len(made), dtype=bool)
    is_first[kept] = True
    is_new = is_first & stored.is_new[first]
    previous = stored.previous[made.sensor]
    is_late = is_new & (made.capture_time < previous)
    # What stays is what the database had, or the first row of this batch: as it was sent, not as calibrated.
    stays = np.stack([made.raw_temperature, made.raw_humidity, made.raw_pcv_temperature], axis=1)[kept]
    stays[stored.repeated] = stored.existing
    stays = stays[first]
    same = (made.raw_temperature == stays[:, 0]) & (made.raw_humidity == stays[:, 1])
    same &= ~sent_pcv | (made.raw_pcv_temperature == stays[:, 2])
    codes = np.select([is_late, is_new, same], [LATE, ACCEPTED, DUPLICATE], CONFLICT).astype(np.int8)
    words = {}
    for index in np.flatnonzero(codes != ACCEPTED).tolist():
        words[index] = _words(int(codes[index]), int(previous[index]))
    return codes, words


def _words(code: int, previous: int) -> Refusal:
    if code == LATE:
        return Refusal("capture_time", f"is older than the sensor's last, {moment_of(previous).isoformat()}")
    return _DUPLICATE if code == DUPLICATE else _CONFLICT


def first_of_each(made: Readings) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Finds readings of equal sensor and time; returns `first` and `kept` as `row_outcomes` takes them.

    `kept` is in the order of sensor and time.
    """
    order = np.lexsort((made.capture_time, made.sensor))  # stable: of equal ones the earlier row comes first
    begins = runs([made.sensor[order], made.capture_time[order]])
    first = np.empty(len(order), dtype=np.intp)
    first[order] = np.cumsum(begins) - 1
    return first, order[begins]
