"""Between protobuf and the domain of ingest. Pure."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from montrg.realtime.v1 import ingest_service_pb2 as pb2
from montrg.realtime.v1 import reading_log_service_pb2 as log_pb2
from numpy.typing import NDArray

from services.realtime.ingest.columns import Bools, Floats, Readings, SentRows
from services.realtime.ingest.domain import ACCEPTED, Outcomes, StoredReading
from services.realtime.quality import GOOD, REASONS

# In seconds, far beyond every moment that a rule lets pass, and small enough to be counted in microseconds.
_FAR_S = 2**43 // 1000


def sent_rows(readings: Sequence[pb2.Reading]) -> SentRows:
    """Takes the fields out of the messages, a column at a time."""
    temperature, has_temperature = _numbers(readings, "temperature", lambda r: r.temperature)
    humidity, has_humidity = _numbers(readings, "humidity", lambda r: r.humidity)
    pcv_temperature, has_pcv = _numbers(readings, "pcv_temperature", lambda r: r.pcv_temperature)
    capture_time, has_time = _times(readings)
    return SentRows(
        sensor_id=[r.sensor_id for r in readings],
        capture_time=capture_time,
        has_time=has_time,
        temperature=temperature,
        has_temperature=has_temperature,
        humidity=humidity,
        has_humidity=has_humidity,
        pcv_temperature=pcv_temperature,
        has_pcv=has_pcv,
        unit=_words(readings, "temperature_unit", [r.temperature_unit for r in readings], "celsius"),
        source=_words(readings, "source", [r.source for r in readings], "measured"),
    )


def _numbers(readings: Sequence[pb2.Reading], field: str, value: Callable[[Any], float]) -> tuple[Floats, Bools]:
    """Returns a column and which rows have it; asking each message for its presence would take twice as long."""
    values = np.array([value(r) for r in readings], dtype=np.float64)
    present = np.ones(len(values), dtype=bool)
    for index in np.flatnonzero(values == 0).tolist():
        present[index] = readings[index].HasField(field)
    values[~present] = np.nan
    return values, present


def _times(readings: Sequence[pb2.Reading]) -> tuple[NDArray[np.int64], Bools]:
    stamps = [r.capture_time for r in readings]
    seconds = np.array([stamp.seconds for stamp in stamps], dtype=np.int64)
    nanoseconds = np.array([stamp.nanos for stamp in stamps], dtype=np.int64)
    present = np.ones(len(stamps), dtype=bool)
    for index in np.flatnonzero(seconds == 0).tolist():
        present[index] = readings[index].HasField("capture_time")
    return np.clip(seconds, -_FAR_S, _FAR_S) * 1_000_000 + nanoseconds // 1000, present


def _words(readings: Sequence[pb2.Reading], field: str, words: list[str], default: str) -> list[str]:
    if "" not in words:
        return words
    return [w or ("" if r.HasField(field) else default) for w, r in zip(words, readings, strict=True)]


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
    return log_pb2.ReadingBatch(
        receive_time=readings.receive_time,
        series=[
            log_pb2.Series(sensor_id=sensor_id, loc_id=loc_id, source=source, clock_skew_s=skew_of[sensor_id])
            for sensor_id, loc_id, source in texts
        ],
        series_index=series_of_row.tolist(),
        capture_time_us=readings.capture_time.tolist(),
        temperature=readings.temperature.tolist(),
        humidity=readings.humidity.tolist(),
        pcv_temperature=readings.pcv_temperature.tolist(),
        quality=readings.quality.tolist(),
    ).SerializeToString()
