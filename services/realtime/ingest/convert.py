"""Between protobuf and the domain of ingest. Pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from montrg.realtime.v1 import ingest_service_pb2 as pb2
from montrg.realtime.v1 import reading_log_service_pb2 as log_pb2
from numpy.typing import NDArray

from services.heat.quality import GOOD, REASONS
from services.realtime.ingest.columns import Bools, Floats, Readings, SentRows
from services.realtime.ingest.domain import ACCEPTED, Outcomes, StoredReading

# In seconds, far beyond every moment that a rule lets pass, and small enough to be counted in microseconds.
_FAR_S = 2**43 // 1000


def sent_rows(readings: Sequence[pb2.Reading], traceparent: str = "") -> SentRows:
    """Takes the fields out of the messages, in one pass: most of its cost is making Python's objects of them.

    All rows are taken for the sender's own, which is to be looked at still. `traceparent` is that of their call.
    """
    rows = [
        (
            *(r.sensor_id, r.temperature, r.humidity, r.pcv_temperature, r.temperature_unit, r.source),
            *((captured := r.capture_time).seconds, captured.nanos),
        )
        for r in readings
    ]
    columns = list(zip(*rows, strict=True)) or [()] * 8
    has_time = _presence(readings, "capture_time", np.array(columns[6], dtype=np.int64))
    return SentRows(
        sensor_id=columns[0],
        capture_time=_microseconds(columns[6], columns[7]),
        has_time=has_time,
        **_number(readings, "temperature", "has_temperature", columns[1]),
        **_number(readings, "humidity", "has_humidity", columns[2]),
        **_number(readings, "pcv_temperature", "has_pcv", columns[3]),
        unit=[word or "celsius" for word in columns[4]],
        source=[word or "measured" for word in columns[5]],
        is_own=np.ones(len(rows), dtype=bool),
        traceparent=traceparent,
    )


def _microseconds(seconds: Sequence[int], nanoseconds: Sequence[int]) -> NDArray[np.int64]:
    """Returns microseconds since 1970; of what no timestamp can be, which only bytes can say, a far-off moment."""
    whole, part = np.array(seconds, dtype=np.int64), np.array(nanoseconds, dtype=np.int64)
    is_one = (part >= 0) & (part < 1_000_000_000)
    return np.where(is_one, np.clip(whole, -_FAR_S, _FAR_S) * 1_000_000 + part // 1000, _FAR_S * 1_000_000)


def _number(readings: Sequence[pb2.Reading], field: str, presence: str, values: Sequence[float]) -> dict[str, Any]:
    """Returns a column, NaN where it is missing, and which rows have it."""
    column = np.array(values, dtype=np.float64)
    present = _presence(readings, field, column)
    return {field: np.where(present, column, np.nan), presence: present}


def _presence(readings: Sequence[pb2.Reading], field: str, values: NDArray[Any]) -> Bools:
    """Tells which rows have a field; a value that is not 0 must have been sent."""
    present: Bools = values != 0
    for index in np.flatnonzero(~present).tolist():
        present[index] = readings[index].HasField(field)
    return present


def outcomes_to_proto(outcomes: Outcomes) -> pb2.WriteReadingsResponse:
    """Counts the outcomes and describes those that are not plainly accepted."""
    counts = np.bincount(outcomes.codes, minlength=7)
    response = pb2.WriteReadingsResponse()
    for name, number in pb2.RowOutcome.Outcome.items():
        if number:
            setattr(response, name.lower(), int(counts[number]))
    for index in np.flatnonzero(outcomes.codes != ACCEPTED).tolist():
        words = outcomes.words[index]
        code = int(outcomes.codes[index])
        response.outcomes.add(index=index, outcome=code, field=words.field, reason=words.reason)
    return response


def stored_reading(reading: StoredReading) -> pb2.StoredReading:
    """Converts a stored reading."""
    quality = pb2.StoredReading.GOOD if reading.quality == GOOD else pb2.StoredReading.SUSPECT
    return pb2.StoredReading(
        sensor_id=reading.sensor_id,
        capture_time=reading.capture_time,
        receive_time=reading.receive_time,
        loc_id=reading.loc_id,
        temperature=reading.temperature,
        humidity=reading.humidity,
        pcv_temperature=reading.pcv_temperature,
        raw_temperature=reading.raw_temperature,
        raw_humidity=reading.raw_humidity,
        raw_pcv_temperature=reading.raw_pcv_temperature,
        quality=quality,
        quality_reason=REASONS.get(reading.quality),
        source=reading.source,
    )


def batch_payload(readings: Readings, clock_skew_s: Floats) -> bytes:
    """Serialises readings as the log keeps them: a ReadingBatch without its place.

    Args:
        readings: sorted by sensor and time.
        clock_skew_s: how far each sensor's clock is ahead after them.
    """
    texts, series_of_row = readings.series()
    skew_of = dict(zip(readings.sensors, clock_skew_s.tolist(), strict=True))
    # From 1: 0 is no trace.
    told = {name: readings.traces[name] for name, *_ in texts if name in readings.traces}
    number = {trace: n for n, trace in enumerate(dict.fromkeys(told.values()), 1)}
    trace_of = {name: number[trace] for name, trace in told.items()}
    return log_pb2.ReadingBatch(
        receive_time=readings.receive_time,
        series=[
            log_pb2.Series(
                sensor_id=sensor_id,
                loc_id=loc_id,
                source=source,
                clock_skew_s=skew_of[sensor_id],
                trace=trace_of.get(sensor_id, 0),
            )
            for sensor_id, loc_id, source in texts
        ],
        traceparents=number,
        series_index=series_of_row.tolist(),
        capture_time_us=readings.capture_time.tolist(),
        temperature=readings.temperature.tolist(),
        humidity=readings.humidity.tolist(),
        pcv_temperature=readings.pcv_temperature.tolist(),
        quality=readings.quality.tolist(),
    ).SerializeToString()
