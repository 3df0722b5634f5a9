"""Makes the stored form of rows that no rule refuses: calibrated, with their index and quality. Pure."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from services.common.epoch import microseconds
from services.directory.domain import Sensor
from services.heat.perceived import LEAST_HUMIDITY, MOST_HUMIDITY, formula_holds, perceived_temperature, publish
from services.heat.quality import GOOD, IMPLAUSIBLE, PINNED
from services.realtime.ingest.columns import Bools, Floats, Ints, Readings, SentRows
from services.realtime.ingest.rules import celsius

PLAUSIBLE_C = 45.0


def make_readings(rows: SentRows, taken: NDArray[np.intp], sensors: Sequence[Sensor], now: datetime) -> Readings:
    """Makes the readings of the rows at `taken`, in that order.

    Args:
        rows: what was sent; the rows at `taken` break no rule.
        taken: indices into `rows`.
        sensors: the sensors of those rows, each once, by ascending sensor_id.
        now: when they were received.
    """
    sensor = _numbered([s.sensor_id for s in sensors], rows.sensor_id, taken)
    sources = sorted(set(rows.source))
    source = _numbered(sources, rows.source, taken)
    capture_time = rows.capture_time[taken]
    raw_temperature, raw_humidity = celsius(rows.temperature, rows.unit)[taken], rows.humidity[taken]
    raw_pcv = celsius(rows.pcv_temperature, rows.unit)[taken]
    temperature, humidity, moved = _calibrated(sensors, sensor, capture_time, raw_temperature, raw_humidity)
    # What the sensor computed of values that a calibration has moved is outdated. A winter sensor's index needs the
    # wind, which only the sensor knows.
    is_ours = np.array([s.index_kind == "summer" for s in sensors])[sensor] & (moved | np.isnan(raw_pcv))
    raw_pcv = np.where(is_ours, perceived_temperature(temperature, humidity), raw_pcv)
    return Readings(
        sensors=[s.sensor_id for s in sensors],
        loc_ids=[s.loc_id for s in sensors],
        sources=sources,
        sensor=sensor,
        source=source,
        capture_time=capture_time,
        temperature=temperature,
        humidity=humidity,
        pcv_temperature=publish(raw_pcv),
        raw_temperature=raw_temperature,
        raw_humidity=raw_humidity,
        raw_pcv_temperature=raw_pcv,
        quality=_quality(temperature, humidity, raw_humidity, is_ours),
        receive_time=now,
    )


def _numbered(words: Sequence[str], of_row: Sequence[str], taken: NDArray[np.intp]) -> NDArray[np.intp]:
    """Returns the place in `words` of each taken row's word."""
    number = {word: index for index, word in enumerate(words)}
    mine = of_row if len(taken) == len(of_row) else [of_row[i] for i in taken.tolist()]
    return np.array([number[word] for word in mine], dtype=np.intp)


def _calibrated(
    sensors: Sequence[Sensor], sensor: NDArray[np.intp], capture_time: Ints, temperature: Floats, humidity: Floats
) -> tuple[Floats, Floats, Bools]:
    """Adds each sensor's offsets that were in force; tells also which rows they moved."""
    offsets = np.zeros((2, len(sensor)))
    by_sensor = np.argsort(sensor, kind="stable")
    ends = np.searchsorted(sensor[by_sensor], np.arange(len(sensors) + 1))
    for number, known in enumerate(sensors):
        if known.calibrations:
            mine = by_sensor[ends[number] : ends[number + 1]]
            begins = [microseconds(c.valid_from) for c in known.calibrations]
            in_force = np.searchsorted(begins, capture_time[mine], side="right")
            steps = [(0.0, 0.0), *((c.temperature_offset, c.humidity_offset) for c in known.calibrations)]
            offsets[:, mine] = np.array(steps)[in_force].T
    moved = (offsets[0] != 0) | (offsets[1] != 0)
    humidity = np.where(moved, np.clip(humidity + offsets[1], 0.0, 100.0), humidity)
    # Plus nought, so that what rounds to it is not a nought below nought.
    return np.round(temperature + offsets[0], 2) + 0.0, np.round(humidity, 2), moved


def _quality(temperature: Floats, humidity: Floats, raw_humidity: Floats, is_ours: Bools) -> NDArray[np.int16]:
    """Tells what the readings are worth; a sensor's own index is not bound to the temperatures of our formula."""
    within = (humidity >= LEAST_HUMIDITY) & (humidity <= MOST_HUMIDITY)
    plausible = (temperature <= PLAUSIBLE_C) & within & (~is_ours | formula_holds(temperature, humidity))
    pinned = (raw_humidity == 0.0) | (raw_humidity == 100.0)
    worth: NDArray[np.int16] = np.select([pinned, ~plausible], [PINNED, IMPLAUSIBLE], GOOD).astype(np.int16)
    return worth
