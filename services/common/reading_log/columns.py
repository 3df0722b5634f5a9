"""A batch of the log as numpy columns, cut to the shards that a replica holds."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from montrg.realtime.v1 import reading_log_service_pb2 as pb2
from numpy.typing import NDArray

from services.common.reading_log.shards import shard_of

# Those of a slice that have an element for each reading.
COLUMNS = ("series_index", "capture_time_us", "temperature", "humidity", "pcv_temperature", "quality")


@dataclass(frozen=True, slots=True, eq=False)
class ReadingSlice:
    """The readings of one batch whose sensors are in some shards, by ascending sensor_id and capture_time.

    Every column has an element for each reading; the contract (`ReadingBatch`) says what they mean.

    Attributes:
        seq: the batch's place in the log.
        append_time: when the batch was committed.
        receive_time: when its readings were received.
        series: what readings of one sensor have in common: sensor_id, loc_id, source, clock_skew_s. It is the whole
            batch's: entries of other shards are in it too, and no reading points to them.
        series_index: points into `series`.
        capture_time_us: microseconds since 1970-01-01T00:00:00Z.
        pcv_temperature: NaN where there is none.
        quality: 1 good; all others are suspect.
        traceparents: of the calls that wrote them, where they are traced; the `trace` of a series points into them,
            from 1.
    """

    seq: int
    append_time: datetime
    receive_time: datetime
    series: Sequence[pb2.Series]
    series_index: NDArray[np.uint32]
    capture_time_us: NDArray[np.int64]
    temperature: NDArray[np.float64]
    humidity: NDArray[np.float64]
    pcv_temperature: NDArray[np.float64]
    quality: NDArray[np.uint32]
    traceparents: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.series_index)

    def of_series(self, wanted: NDArray[np.bool_]) -> "ReadingSlice":
        """Returns the readings of some series; `wanted` has an element for each of them."""
        rows = np.flatnonzero(wanted[self.series_index])
        return replace(self, **{name: getattr(self, name)[rows] for name in COLUMNS})


def cut(batch: pb2.ReadingBatch, shards: Collection[int]) -> ReadingSlice | None:
    """Returns the part of a batch that belongs to the shards, or None where there is none."""
    # The hash is taken once a series; what remains for each reading is one look-up in an array.
    wanted = np.array([shard_of(series.sensor_id) in shards for series in batch.series], bool)
    if not wanted.any():
        return None
    part = ReadingSlice(
        seq=batch.seq,
        append_time=batch.append_time.ToDatetime(UTC),
        receive_time=batch.receive_time.ToDatetime(UTC),
        series=batch.series,
        series_index=np.array(batch.series_index, np.uint32),
        capture_time_us=np.array(batch.capture_time_us, np.int64),
        temperature=np.array(batch.temperature, np.float64),
        humidity=np.array(batch.humidity, np.float64),
        pcv_temperature=np.array(batch.pcv_temperature, np.float64),
        quality=np.array(batch.quality, np.uint32),
        traceparents=batch.traceparents,
    )
    return part if wanted.all() else part.of_series(wanted)
