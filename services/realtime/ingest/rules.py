"""The one table of what a row can never be, whatever its sensor is. Pure; columns in, the first broken rule out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from services.common.epoch import microseconds
from services.directory.domain import SENSOR_ID
from services.realtime.ingest.columns import Bools, Floats, SentRows

UNITS = ("celsius", "fahrenheit")
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
FUTURE_TOLERANCE = timedelta(seconds=60)
LEAST_C, MOST_C = -40.0, 60.0
LEAST_PERCEIVED_C, MOST_PERCEIVED_C = -80.0, 100.0  # wind and humidity take it far beyond the air's
SENTINELS = (-99.0, -999.0)

_NAME = "give 1 to 50 of letters, digits, '-', '_' and '.'"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row is not stored."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Clocks:
    """The moments that rules compare with: now, and the one before which retention has dropped readings."""

    now: datetime
    frozen_before: datetime


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: which rows break it, and what their senders are told."""

    field: str
    broken: Callable[[SentRows, Clocks], Bools]
    words: Callable[[SentRows, Clocks, int], str]


def refusals(rows: SentRows, clocks: Clocks) -> dict[int, Refusal]:
    """Returns the refused rows by their index, each with the first rule that it breaks."""
    found: dict[int, Refusal] = {}
    for rule in RULES:
        for index in np.flatnonzero(rule.broken(rows, clocks)).tolist():
            if index not in found:
                found[index] = Refusal(rule.field, rule.words(rows, clocks, index))
    return found


def celsius(values: Floats, units: Sequence[str]) -> Floats:
    """Converts a column of temperatures to °C, to a ten-thousandth, so that converting leaves no noise behind."""
    is_fahrenheit = _where(units, lambda unit: unit == "fahrenheit")
    if not is_fahrenheit.any():
        return values
    with np.errstate(invalid="ignore", over="ignore"):  # one that is beyond all numbers is about to be refused
        return np.where(is_fahrenheit, np.round((values - 32) / 1.8, 4), values)


def _where(words: Sequence[str], fits: Callable[[str], bool]) -> Bools:
    """Asks once for each different word."""
    answers: Mapping[str, bool] = {word: fits(word) for word in set(words)}
    if len(answers) == 1:
        return np.full(len(words), next(iter(answers.values())))
    return np.array([answers[word] for word in words], dtype=bool)


def _is_no_name(words: Sequence[str]) -> Bools:
    return _where(words, lambda word: SENSOR_ID.fullmatch(word) is None)


def _no_measurement(values: Floats, present: Bools) -> Bools:
    return present & (~np.isfinite(values) | np.isin(values, SENTINELS))


def _outside(values: Floats, least: float, most: float, rows: SentRows) -> Bools:
    in_celsius = celsius(values, rows.unit)
    with np.errstate(invalid="ignore"):
        return np.isfinite(values) & ~((in_celsius >= least) & (in_celsius <= most))


def _outside_words(values: Floats, least: float, most: float, rows: SentRows, index: int) -> str:
    value = celsius(values[index : index + 1], rows.unit[index : index + 1])[0]
    return f"is {value:.2f} °C, outside {least:g} to {most:g}; check the sensor and its unit"


def _ahead_s(rows: SentRows, clocks: Clocks, index: int) -> float:
    return (int(rows.capture_time[index]) - microseconds(clocks.now)) / 1e6


def _no_percentage(values: Floats, present: Bools) -> Bools:
    with np.errstate(invalid="ignore"):
        return present & ~((values >= 0) & (values <= 100))


RULES = (
    Rule("sensor_id", lambda r, _: _is_no_name(r.sensor_id), lambda *_: _NAME),
    Rule(
        "temperature_unit",
        lambda r, _: _where(r.unit, lambda unit: unit not in UNITS),
        lambda r, _, i: f"is {r.unit[i][:60]!r}; give celsius or fahrenheit",
    ),
    Rule("source", lambda r, _: _is_no_name(r.source), lambda *_: _NAME),
    Rule("capture_time", lambda r, _: ~r.has_time, lambda *_: "is missing; give the time of measurement with its zone"),
    Rule(
        "capture_time",
        lambda r, c: r.capture_time > microseconds(c.now + FUTURE_TOLERANCE),
        lambda r, c, i: f"is {_ahead_s(r, c, i):.0f} s in the future, more than 60; set the sensor's clock",
    ),
    Rule(
        "capture_time",
        lambda r, _: r.capture_time < microseconds(EARLIEST),
        lambda *_: "is before 2000-01-01; set the sensor's clock",
    ),
    Rule(
        "capture_time",
        lambda r, c: r.capture_time < microseconds(c.frozen_before),
        lambda _, c, __: f"FROZEN: readings before {c.frozen_before.isoformat()} were dropped by retention",
    ),
    Rule("temperature", lambda r, _: ~r.has_temperature, lambda *_: "is missing; give the air temperature"),
    Rule(
        "temperature",
        lambda r, _: _no_measurement(r.temperature, r.has_temperature),
        lambda r, _, i: f"is {r.temperature[i]}, which is no measurement; leave the reading out",
    ),
    Rule(
        "temperature",
        lambda r, _: _outside(r.temperature, LEAST_C, MOST_C, r),
        lambda r, _, i: _outside_words(r.temperature, LEAST_C, MOST_C, r, i),
    ),
    Rule(
        "pcv_temperature",
        lambda r, _: _no_measurement(r.pcv_temperature, r.has_pcv),
        lambda r, _, i: f"is {r.pcv_temperature[i]}, which is no measurement; leave the field out",
    ),
    Rule(
        "pcv_temperature",
        lambda r, _: _outside(r.pcv_temperature, LEAST_PERCEIVED_C, MOST_PERCEIVED_C, r),
        lambda r, _, i: _outside_words(r.pcv_temperature, LEAST_PERCEIVED_C, MOST_PERCEIVED_C, r, i),
    ),
    Rule("humidity", lambda r, _: ~r.has_humidity, lambda *_: "is missing; give the relative humidity in %"),
    Rule(
        "humidity",
        lambda r, _: _no_percentage(r.humidity, r.has_humidity),
        lambda r, _, i: f"is {r.humidity[i]}; give the relative humidity in %, 0 to 100",
    ),
)
