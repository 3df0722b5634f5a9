"""Thresholds and mappings as values, what makes one valid, and what is wrong with a ladder of bands."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.common.access.domain import Scope
from services.common.errors import ForbiddenError, InvalidInputError, Violation
from services.heat.levels import LEVELS, METRICS, parse_level

SENSOR_ID = re.compile(r"[A-Za-z0-9._-]{1,50}")
DEFAULT_DURATION_S = 60
MAX_DURATION_S = 86_400
BOUNDS = {"temperature": (-100.0, 200.0), "humidity": (0.0, 100.0), "pcv_temperature": (-100.0, 200.0)}


@dataclass(frozen=True, slots=True)
class Threshold:
    """One band; an unset bound is open. `threshold_id` is 0 until it is stored."""

    threshold_id: int
    threshold_type: str
    level: str
    min_value: float | None
    max_value: float | None
    mapped_only: bool
    source: str
    upd_dt: datetime


@dataclass(frozen=True, slots=True)
class Mapping:
    """Ties a sensor to a threshold. `map_id` is 0 until it is stored."""

    map_id: int
    sensor_id: str
    threshold_id: int
    duration_seconds: int
    valid_from: datetime | None
    valid_to: datetime | None
    enabled: bool
    upd_dt: datetime


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything at one revision."""

    revision: int
    thresholds: Sequence[Threshold]
    mappings: Sequence[Mapping]


@dataclass(frozen=True, slots=True)
class Finding:
    """A gap or overlap between two bands."""

    threshold_type: str
    min_value: float | None
    max_value: float | None
    threshold_ids: tuple[int, int]
    message: str


def checked_type(word: str) -> str:
    """Returns the metric that a word names; an unknown one is InvalidInputError."""
    if word not in METRICS:
        raise InvalidInputError([_type_violation(word)])
    return word


def checked_sensor(sensor_id: str) -> str:
    """Returns the name of a sensor; one that no sensor can have is InvalidInputError."""
    violations = _sensor_violations(sensor_id)
    if violations:
        raise InvalidInputError(violations)
    return sensor_id


def _sensor_violations(sensor_id: str) -> list[Violation]:
    if SENSOR_ID.fullmatch(sensor_id):
        return []
    return [Violation("sensor_id", "give 1 to 50 of letters, digits, '-', '_' and '.'")]


def _type_violation(word: str) -> Violation:
    return Violation("threshold_type", f"is {word!r}; give one of {', '.join(METRICS)}")


def checked_threshold(threshold: Threshold) -> Threshold:
    """Returns the threshold with its level's present name, or raises InvalidInputError with every bad field."""
    violations = []
    if threshold.threshold_type not in METRICS:
        violations.append(_type_violation(threshold.threshold_type))
    level = parse_level(threshold.level)
    if level is None:
        violations.append(Violation("level", f"is {threshold.level!r}; give one of {', '.join(LEVELS)}"))
    violations += _bound_violations(threshold)
    if violations or level is None:
        raise InvalidInputError(violations)
    return Threshold(
        threshold.threshold_id,
        threshold.threshold_type,
        level,
        threshold.min_value,
        threshold.max_value,
        threshold.mapped_only,
        threshold.source,
        threshold.upd_dt,
    )


def _bound_violations(threshold: Threshold) -> list[Violation]:
    least, most = BOUNDS.get(threshold.threshold_type, (-math.inf, math.inf))
    violations = [
        Violation(name, f"is {value}; give a number from {least:g} to {most:g}")
        for name, value in (("min_value", threshold.min_value), ("max_value", threshold.max_value))
        if value is not None and not (math.isfinite(value) and least <= value <= most)
    ]
    low, high = threshold.min_value, threshold.max_value
    if low is None and high is None:
        violations.append(Violation("min_value", "is unset and so is max_value; give at least one of them"))
    elif low is not None and high is not None and not violations and low >= high:
        violations.append(Violation("min_value", f"is {low:g}, not below max_value {high:g}; give a smaller one"))
    return violations


def checked_mapping(mapping: Mapping) -> Mapping:
    """Returns the mapping, or raises InvalidInputError with every bad field."""
    violations = _sensor_violations(mapping.sensor_id)
    if mapping.threshold_id <= 0:
        violations.append(Violation("threshold_id", "give the id of a threshold, a number from 1"))
    if not 0 <= mapping.duration_seconds <= MAX_DURATION_S:
        violations.append(Violation("duration_seconds", f"is {mapping.duration_seconds}; give 0 to {MAX_DURATION_S}"))
    if mapping.valid_from and mapping.valid_to and mapping.valid_from >= mapping.valid_to:
        violations.append(Violation("valid_to", "is not after valid_from; give a later time or leave it out"))
    if violations:
        raise InvalidInputError(violations)
    return mapping


def check_ladder(thresholds: Sequence[Threshold]) -> tuple[list[Finding], list[Finding]]:
    """Returns the gaps and the overlaps between the bands of one type, in order of their values."""
    bands = sorted((t for t in thresholds if not t.mapped_only), key=lambda t: (_low(t), _high(t)))
    gaps, overlaps = [], []
    reach: Threshold | None = None  # the band that reaches highest so far
    for band in bands:
        if reach is not None and _low(band) > _high(reach):
            gaps.append(_finding(reach, band, "no band holds", _high(reach), _low(band)))
        overlaps += [
            _finding(other, band, "two levels hold", max(_low(other), _low(band)), min(_high(other), _high(band)))
            for other in bands[: bands.index(band)]
            if other.level != band.level and _low(band) < _high(other)
        ]
        if reach is None or _high(band) > _high(reach):
            reach = band
    return gaps, overlaps


def _low(threshold: Threshold) -> float:
    return -math.inf if threshold.min_value is None else threshold.min_value


def _high(threshold: Threshold) -> float:
    return math.inf if threshold.max_value is None else threshold.max_value


def _finding(first: Threshold, second: Threshold, what: str, low: float, high: float) -> Finding:
    ids = (first.threshold_id, second.threshold_id)
    message = (
        f"{what} from {low:g} to {high:g}: change threshold {ids[0]} ({first.level}) or {ids[1]} ({second.level})"
        " so that one ends where the other begins"
    )
    finite = [None if math.isinf(v) else v for v in (low, high)]
    return Finding(first.threshold_type, finite[0], finite[1], ids, message)


def sensor_elsewhere(sensor_id: str, scope: Scope) -> ForbiddenError:
    """Words the refusal to map a sensor that is elsewhere, which is as if it were not there."""
    message = f"sensor_id: {sensor_id!r} is no sensor of yours; you may work with those of {scope.words()} alone"
    return ForbiddenError(message, "OUT_OF_SCOPE", {"field": "sensor_id"})
