"""Rows of readings as columns: Python handles a batch of 10,000 in milliseconds only a column at a time. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SentRows:
    """Rows as sensors sent them; each attribute has an element a row.

    Attributes:
        capture_time: microseconds since 1970 in UTC; what `has_time` says is missing is 0.
        temperature: in the row's unit; NaN where it is missing, which `has_temperature` tells from a NaN that was sent.
        pcv_temperature: likewise; a sensor need not send it.
        unit: `celsius` or `fahrenheit`, of both temperatures.
        is_own: whether the sender may write the sensor.
        traceparent: that of the call that sent all of them; empty where it is not traced, or they are of several.
    """

    sensor_id: Sequence[str]
    capture_time: Ints
    has_time: Bools
    temperature: Floats
    has_temperature: Bools
    humidity: Floats
    has_humidity: Bools
    pcv_temperature: Floats
    has_pcv: Bools
    unit: Sequence[str]
    source: Sequence[str]
    is_own: Bools
    traceparent: str = ""

    def __len__(self) -> int:
        return len(self.sensor_id)


_LISTS = ("sensor_id", "unit", "source")


def joined(parts: Sequence[SentRows]) -> SentRows:
    """Returns the rows of several batches as one."""
    if len(parts) == 1:
        return parts[0]
    columns: dict[str, Any] = {}
    for name in SentRows.__dataclass_fields__.keys() - {"traceparent"}:
        values = [getattr(part, name) for part in parts]
        columns[name] = [v for value in values for v in value] if name in _LISTS else np.concatenate(values)
    return SentRows(**columns)


_ARRAYS = (
    *("sensor", "source", "capture_time", "temperature", "humidity", "pcv_temperature"),
    *("raw_temperature", "raw_humidity", "raw_pcv_temperature", "quality"),
)


@dataclass(frozen=True, slots=True)
class Readings:
    """Readings as they are stored: °C and %, calibrated and as sent; each array has an element a reading.

    Attributes:
        sensors: the sensors' names, ascending.
        loc_ids: where each of the sensors is.
        sources: the names of the sources.
        sensor: points into `sensors`.
        source: points into `sources`.
        capture_time: microseconds since 1970 in UTC.
        pcv_temperature: published, NaN where there is none; `raw_pcv_temperature` is what it was rounded from.
        quality: see services/heat/quality.py.
        receive_time: when all of them were received.
        traces: the traceparent of the call that sent readings of a sensor, by its name, where that is traced.
    """

    sensors: Sequence[str]
    loc_ids: Sequence[str]
    sources: Sequence[str]
    sensor: NDArray[np.intp]
    source: NDArray[np.intp]
    capture_time: Ints
    temperature: Floats
    humidity: Floats
    pcv_temperature: Floats
    raw_temperature: Floats
    raw_humidity: Floats
    raw_pcv_temperature: Floats
    quality: NDArray[np.int16]
    receive_time: datetime
    traces: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.sensor)

    def take(self, rows: NDArray[np.intp] | Bools) -> "Readings":
        """Returns some of the readings, in the order that `rows` gives; the sensors and sources stay as they are."""
        return replace(self, **{name: getattr(self, name)[rows] for name in _ARRAYS})

    def with_quality(self, rows: Bools, quality: NDArray[np.int16]) -> "Readings":
        """Returns the readings with another quality of some of them."""
        worth = self.quality.copy()
        worth[rows] = quality
        return replace(self, quality=worth)

    def series(self) -> tuple[list[tuple[str, str, str]], NDArray[np.intp]]:
        """Returns the combinations of sensor_id, loc_id and source that occur, and which one each reading has."""
        pairs, series_of_row = np.unique(self.sensor * len(self.sources) + self.source, return_inverse=True)
        numbers = [divmod(pair, len(self.sources)) for pair in pairs.tolist()]
        return [(self.sensors[i], self.loc_ids[i], self.sources[j]) for i, j in numbers], series_of_row


def runs(keys: Sequence[NDArray[np.generic]]) -> Bools:
    """Tells of each row whether it begins a run of equal keys; the keys are columns."""
    begins = np.zeros(len(keys[0]), dtype=bool)
    begins[:1] = True
    for key in keys:
        begins[1:] |= key[1:] != key[:-1]
    return begins
