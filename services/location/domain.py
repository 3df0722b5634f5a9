"""Places and sensors as values, what makes one valid, and how a refusal is worded."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from services.common.errors import (
    AlreadyExistsError,
    FailedPreconditionError,
    InvalidInputError,
    NotFoundError,
    Violation,
    invalid,
)

ID = re.compile(r"[A-Za-z0-9._-]{1,50}")
RESERVED_IDS = ("batch", "loc", ".", "..")  # segments of the REST paths, or of every path
ID_REMEDY = "give 1 to 50 of letters, digits, '-', '_' and '.', but none of 'batch', 'loc', '.' and '..'"
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # a terminal or a CSV would trip over them, PostgreSQL refuses the first
MAX_NAME = 100
FLOORS = (-100, 300)
HEIGHTS_M = (0.0, 100.0)
INTERVALS_S = (1, 86_400)
TEMPERATURE_OFFSETS = (-20.0, 20.0)
HUMIDITY_OFFSETS = (-50.0, 50.0)
DEFAULT_INTERVAL_S = 60
SUMMER = "summer"
INDEX_KINDS = (SUMMER, "winter")
MAX_BATCH = 1000
MAX_CALIBRATIONS = 1000  # one sensor must not make the directory too large for everybody
MAX_NAMED_SENSORS = 10

_NAME_REMEDY = f"give 1 to {MAX_NAME} characters"
_FLOOR_REMEDY = f"give {FLOORS[0]} to {FLOORS[1]}, basements negative"
_LOCATION_REQUIRED = {
    "loc_id": ID_REMEDY,
    "factory": _NAME_REMEDY,
    "building": _NAME_REMEDY,
    "floor": _FLOOR_REMEDY,
    "area": _NAME_REMEDY,
}
_SENSOR_REQUIRED = {"sensor_id": ID_REMEDY, "loc_id": "give the loc_id of a place that exists"}


@dataclass(frozen=True, slots=True)
class Location:
    """A place. `plant` is empty where a company has only one."""

    loc_id: str
    plant: str
    factory: str
    building: str
    floor: int
    area: str
    upd_dt: datetime


@dataclass(frozen=True, slots=True)
class Calibration:
    """A correction that is added from `valid_from` on. A stored one always has that time."""

    valid_from: datetime | None
    temperature_offset: float
    humidity_offset: float


@dataclass(frozen=True, slots=True)
class Sensor:
    """A sensor; its calibrations are by ascending valid_from. `height_m` is None where nobody measured it."""

    sensor_id: str
    loc_id: str
    name: str
    is_active: bool
    height_m: float | None
    interval_s: int
    index_kind: str
    calibrations: tuple[Calibration, ...]
    upd_dt: datetime


@dataclass(frozen=True, slots=True)
class SensorLocation:
    """Where a sensor is; `sensor_id` is None for a place without sensors."""

    sensor_id: str | None
    loc_id: str
    plant: str
    factory: str
    building: str
    floor: int
    area: str


@dataclass(frozen=True, slots=True)
class LocationFilter:
    """Keeps a list to places that have each value that is not None."""

    plant: str | None = None
    factory: str | None = None
    building: str | None = None
    floor: int | None = None


@dataclass(frozen=True, slots=True)
class SensorFilter:
    """Keeps a list to sensors that have each value that is not None."""

    loc_id: str | None = None
    is_active: bool | None = None


@dataclass(frozen=True, slots=True)
class Directory:
    """Everything at one revision."""

    revision: int
    sensors: Sequence[Sensor]
    locations: Sequence[Location]


def is_id(word: str) -> bool:
    """Tells whether a place or sensor can be called so."""
    return ID.fullmatch(word) is not None and word not in RESERVED_IDS


def new_location(fields: Mapping[str, Any], now: datetime) -> Location:
    """Makes a place of what a caller gave, or raises InvalidInputError with every missing and bad field."""
    blank = Location("", "", "", "", 0, "", now)
    location = replace(blank, **fields)
    _refuse(_missing(fields, _LOCATION_REQUIRED), _location_violations(location))
    return location


def changed_location(old: Location, fields: Mapping[str, Any], now: datetime) -> Location:
    """Returns the place with the given fields changed, or raises InvalidInputError with every bad field."""
    location = replace(old, **fields, upd_dt=now)
    _refuse([], _location_violations(location))
    return location


def new_sensor(fields: Mapping[str, Any], now: datetime) -> Sensor:
    """Makes a sensor of what a caller gave, or raises InvalidInputError with every missing and bad field."""
    blank = Sensor("", "", "", True, None, DEFAULT_INTERVAL_S, SUMMER, (), now)
    sensor = replace(blank, **fields)
    _refuse(_missing(fields, _SENSOR_REQUIRED), _sensor_violations(sensor))
    return _in_order(sensor)


def changed_sensor(old: Sensor, fields: Mapping[str, Any], now: datetime) -> Sensor:
    """Returns the sensor with the given fields changed, or raises InvalidInputError with every bad field."""
    sensor = replace(old, **fields, upd_dt=now)
    _refuse([], _sensor_violations(sensor))
    return _in_order(sensor)


def checked_batch(field: str, ids: Sequence[str]) -> list[str]:
    """Returns the ids that something can have, each once, in the order asked; none or too many are refused."""
    if not 1 <= len(ids) <= MAX_BATCH:
        raise invalid(field, f"has {len(ids)} ids; give 1 to {MAX_BATCH}, separated by commas")
    return [word for word in dict.fromkeys(ids) if is_id(word)]


def checked_location_filter(wanted: LocationFilter) -> LocationFilter:
    """Returns the filter, or raises InvalidInputError with every field that no place can have."""
    texts = (("plant", wanted.plant), ("factory", wanted.factory), ("building", wanted.building))
    _refuse([], [v for name, value in texts if value is not None for v in text_violations(name, value, 0)])
    return wanted


def checked_sensor_filter(wanted: SensorFilter) -> SensorFilter:
    """Returns the filter, or raises InvalidInputError if no place can be called so."""
    if wanted.loc_id is not None and not is_id(wanted.loc_id):
        raise invalid("loc_id", f"is {wanted.loc_id[:60]!r}; {ID_REMEDY}")
    return wanted


def _refuse(missing: list[Violation], bad: list[Violation]) -> None:
    named = {violation.field for violation in missing}
    violations = missing + [violation for violation in bad if violation.field not in named]
    if violations:
        raise InvalidInputError(violations)


def _missing(fields: Mapping[str, Any], remedies: Mapping[str, str]) -> list[Violation]:
    return [Violation(name, f"is missing; {remedy}") for name, remedy in remedies.items() if name not in fields]


def _location_violations(location: Location) -> list[Violation]:
    return [
        *_id_violations("loc_id", location.loc_id),
        *text_violations("plant", location.plant, 0),
        *text_violations("factory", location.factory, 1),
        *text_violations("building", location.building, 1),
        *_range_violations("floor", location.floor, FLOORS),
        *text_violations("area", location.area, 1),
    ]


def _sensor_violations(sensor: Sensor) -> list[Violation]:
    violations = [
        *_id_violations("sensor_id", sensor.sensor_id),
        *_id_violations("loc_id", sensor.loc_id),
        *text_violations("name", sensor.name, 0),
        *_range_violations("interval_s", sensor.interval_s, INTERVALS_S),
    ]
    if sensor.height_m is not None:
        violations += _range_violations("height_m", sensor.height_m, HEIGHTS_M)
    if sensor.index_kind not in INDEX_KINDS:
        violations.append(Violation("index_kind", f"is {sensor.index_kind[:60]!r}; give {' or '.join(INDEX_KINDS)}"))
    return violations + _calibration_violations(sensor.calibrations)


def _calibration_violations(calibrations: Sequence[Calibration]) -> list[Violation]:
    if len(calibrations) > MAX_CALIBRATIONS:
        return [Violation("calibrations", f"has {len(calibrations)} entries; give at most {MAX_CALIBRATIONS}")]
    violations = []
    starts: set[datetime] = set()
    for index, one in enumerate(calibrations):
        place = f"calibrations[{index}]"
        if one.valid_from is None:
            remedy = "is missing or out of range; give a time such as 2026-07-15T09:00:00+09:00"
            violations.append(Violation(f"{place}.valid_from", remedy))
        elif one.valid_from in starts:
            violations.append(Violation(f"{place}.valid_from", "is that of another calibration; keep one of them"))
        else:
            starts.add(one.valid_from)
        violations += _range_violations(f"{place}.temperature_offset", one.temperature_offset, TEMPERATURE_OFFSETS)
        violations += _range_violations(f"{place}.humidity_offset", one.humidity_offset, HUMIDITY_OFFSETS)
    return violations


def _id_violations(name: str, value: str) -> list[Violation]:
    return [] if is_id(value) else [Violation(name, f"is {value[:60]!r}; {ID_REMEDY}")]


def text_violations(name: str, value: str, least: int) -> list[Violation]:
    """Returns what is wrong with a text for people, which has at least so many characters."""
    if len(value) > MAX_NAME or len(value.strip()) < least:
        return [Violation(name, f"has {len(value.strip())} characters; give {least} to {MAX_NAME}")]
    if CONTROL.search(value):
        return [Violation(name, "has a control character, such as a line break; leave it out")]
    return []


def _range_violations(name: str, value: float, bounds: tuple[float, float]) -> list[Violation]:
    # Written so that NaN, which compares as false, is refused.
    if bounds[0] <= value <= bounds[1]:
        return []
    return [Violation(name, f"is {value}; give {bounds[0]:g} to {bounds[1]:g}")]


def _in_order(sensor: Sensor) -> Sensor:
    return replace(sensor, calibrations=tuple(sorted(sensor.calibrations, key=attrgetter("valid_from"))))


def no_location(loc_id: str) -> NotFoundError:
    """Words the refusal of a place that does not exist."""
    message = f"there is no place {loc_id[:60]!r}; GET /api/v1/locations/ lists them"
    return NotFoundError(message, "LOCATION_NOT_FOUND", {"loc_id": loc_id[:60]})


def no_sensor(sensor_id: str) -> NotFoundError:
    """Words the refusal of a sensor that does not exist."""
    message = f"there is no sensor {sensor_id[:60]!r}; GET /api/v1/sensors/ lists them"
    return NotFoundError(message, "SENSOR_NOT_FOUND", {"sensor_id": sensor_id[:60]})


def no_such_place(loc_id: str) -> InvalidInputError:
    """Words the refusal of a sensor whose place does not exist."""
    return invalid("loc_id", f"is {loc_id!r}: no such place; create it first with POST /api/v1/locations/")


def location_exists(loc_id: str) -> AlreadyExistsError:
    """Words the refusal of a second place of one id."""
    message = f"place {loc_id!r} exists already; update it with PUT /api/v1/locations/loc/{loc_id}"
    return AlreadyExistsError(message, "LOCATION_EXISTS", {"loc_id": loc_id})


def sensor_exists(sensor_id: str) -> AlreadyExistsError:
    """Words the refusal of a second sensor of one id."""
    message = f"sensor {sensor_id!r} exists already; update it with PUT /api/v1/sensors/{sensor_id}"
    return AlreadyExistsError(message, "SENSOR_EXISTS", {"sensor_id": sensor_id})


def location_in_use(loc_id: str, sensor_ids: Sequence[str]) -> FailedPreconditionError:
    """Words the refusal to delete a place; of many sensors the first ten are named."""
    named = ", ".join(sensor_ids[:MAX_NAMED_SENSORS]) + (" and more" if len(sensor_ids) > MAX_NAMED_SENSORS else "")
    message = f"place {loc_id!r} has sensors {named}: move or delete those first"
    return FailedPreconditionError(message, "LOCATION_IN_USE", {"loc_id": loc_id, "sensor_ids": named})
