"""Between protobuf and the live view. Pure.

Serialised messages that are put one after the other are the serialised form of all of them together. So a measurement
is made once and put into any number of answers.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from montrg.realtime.v1 import reading_log_service_pb2 as log_pb2
from montrg.realtime.v1 import realtime_service_pb2 as pb2

from services.common.access.domain import Scope
from services.common.protobuf_columns import varint
from services.directory.domain import PlaceFilter
from services.heat.levels import status
from services.heat.quality import REASONS
from services.realtime.live.domain import GOOD, STALE, SUSPECT, Changes, Heading, Levels, Reading, Where

_FIELDS = ("factory", "building", "floor", "loc_id")

# The tags of field 3 of MeasurementSnapshot and of field 4 of WatchMeasurementsResponse, both `measurements`.
_IN_SNAPSHOT, _IN_CHANGES = b"\x1a", b"\x22"

_QUALITIES: dict[str, Any] = {name: pb2.Measurement.Quality.Value(name) for name in (GOOD, SUSPECT, STALE)}


def place_filter(
    request: pb2.GetLocationMeasurementsRequest | pb2.WatchMeasurementsRequest, scope: Scope
) -> PlaceFilter:
    """Returns what a request wants, of what its caller may see."""
    return PlaceFilter(
        **{name: getattr(request, name) for name in _FIELDS if request.HasField(name)}, scope=scope.limit
    )


def render(reading: Reading, quality: str, where: Where, levels: Levels) -> bytes:
    """Serialises a measurement, its length before it: what follows a tag."""
    message = pb2.Measurement(quality=_QUALITIES[quality], clock_skew_s=reading.clock_skew_s)
    if quality == SUSPECT:
        message.quality_reason = REASONS[reading.quality]
    captured = message.capture_time
    captured.seconds, microseconds = divmod(reading.capture_time, 1_000_000)
    captured.nanos = microseconds * 1_000
    values = (reading.temperature, reading.humidity, reading.pcv_temperature)
    metrics = message.metrics
    for metric, value, level in zip(
        (metrics.temperature, metrics.humidity, metrics.pcv_temperature), values, levels, strict=True
    ):
        if value is not None:
            metric.value = value
            if level is not None:
                metric.status, metric.level = status(level), level
    body = _still(reading.sensor_id, where) + message.SerializeToString()
    return varint(len(body)) + body


@lru_cache(maxsize=100_000)
def _still(sensor_id: str, where: Where) -> bytes:
    """Serialises what seldom changes of a measurement."""
    place = where.place
    location = pb2.Place(loc_id=where.loc_id)
    if place is not None:
        location.factory, location.building, location.floor = place.factory, place.building, place.floor
        location.area = place.area
        if place.plant:
            location.plant = place.plant
    return pb2.Measurement(sensor_id=sensor_id, location=location).SerializeToString()


def snapshot(heading: Heading, measurements: Sequence[bytes]) -> bytes:
    """Serialises a MeasurementSnapshot."""
    ymd, hh = f"{heading.local_time:%Y%m%d}", f"{heading.local_time:%H}"
    around = pb2.MeasurementSnapshot(ymd=ymd, hh=hh, degraded=heading.degraded).SerializeToString()
    return around + _tagged(_IN_SNAPSHOT, measurements)


def watch_message(kind: str, heading: Heading, changes: Changes, token: str, reason: str = "") -> bytes:
    """Serialises a WatchMeasurementsResponse; `kind` is a name of its Kind."""
    around = pb2.WatchMeasurementsResponse(
        kind=kind,
        ymd=f"{heading.local_time:%Y%m%d}",
        hh=f"{heading.local_time:%H}",
        removed=changes.removed,
        degraded=heading.degraded,
        resume_token=token,
        reason=reason,
    ).SerializeToString()
    return around + _tagged(_IN_CHANGES, changes.measurements)


def _tagged(tag: bytes, measurements: Sequence[bytes]) -> bytes:
    return tag.join((b"", *measurements))


def readings(payload: bytes) -> list[Reading]:
    """Returns the last reading of each series of a serialised ReadingBatch, which is sorted by sensor and time."""
    batch = log_pb2.ReadingBatch.FromString(payload)
    series = [(s.sensor_id, s.loc_id, s.clock_skew_s) for s in batch.series]
    of_row = np.array(batch.series_index, dtype=np.int64)
    is_last = np.append(of_row[1:] != of_row[:-1], [True])[: len(of_row)]
    fields: tuple[Any, ...] = (
        batch.capture_time_us,
        batch.temperature,
        batch.humidity,
        batch.pcv_temperature,
        batch.quality,
    )
    last = np.flatnonzero(is_last).tolist()
    # Lists first: taking single values out of a repeated field is slow.
    numbers = [[column[row] for row in last] for column in map(list, fields)]
    rows = zip((series[number] for number in of_row[is_last].tolist()), *numbers, strict=True)
    return [
        Reading(sensor_id, moment, loc_id, temperature, humidity, None if math.isnan(pcv) else pcv, quality, skew_s)
        for (sensor_id, loc_id, skew_s), moment, temperature, humidity, pcv, quality in rows
    ]


def sensor_ids(payload: bytes) -> list[str]:
    """Returns the names of the sensors in a serialised ReadingBatch."""
    return [series.sensor_id for series in log_pb2.ReadingBatch.FromString(payload).series]
