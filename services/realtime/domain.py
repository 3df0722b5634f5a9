"""What a reading can be, what becomes of it, and what realtime knows of sensors and places. Pure."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.heat.perceived import formula_holds, perceived_temperature, publish

SENSOR_ID = re.compile(r"[A-Za-z0-9._-]{1,50}")
UNITS = ("celsius", "fahrenheit")
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
FUTURE_TOLERANCE = timedelta(seconds=60)
LEAST_C, MOST_C, PLAUSIBLE_C = -40.0, 60.0, 45.0
SENTINELS = (-99.0, -999.0)
STALE_AFTER_INTERVALS = 3

GOOD, SUSPECT, STALE = "GOOD", "SUSPECT", "STALE"


@dataclass(frozen=True, slots=True)
class SentReading:
    """A reading as a sensor sent it. `temperature_unit` also holds for `pcv_temperature`."""

    sensor_id: str
    capture_time: datetime | None
    temperature: float | None
    humidity: float | None
    pcv_temperature: float | None
    temperature_unit: str
    source: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A reading as it is stored: °C and %, calibrated and as sent."""

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
    quality: str
    source: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row is not stored."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of one row: ACCEPTED, DUPLICATE, LATE, CONFLICT, REJECTED or UNAVAILABLE."""

    index: int
    outcome: str
    field: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Offsets that are added from `valid_from` on."""

    valid_from: datetime
    temperature_offset: float
    humidity_offset: float


@dataclass(frozen=True, slots=True)
class Sensor:
    """What realtime needs to know of a sensor; calibrations by ascending valid_from."""

    sensor_id: str
    loc_id: str
    is_active: bool
    interval_s: int
    index_kind: str
    calibrations: Sequence[Calibration]

    def calibration_at(self, moment: datetime) -> Calibration | None:
        """Returns the calibration in force at a moment, or None."""
        in_force = [c for c in self.calibrations if c.valid_from <= moment]
        return in_force[-1] if in_force else None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sensor can be."""

    loc_id: str
    plant: str
    factory: str
    building: str
    floor: int
    area: str


@dataclass(frozen=True, slots=True)
class Directory:
    """Every sensor and place at one revision."""

    revision: int
    sensors: Mapping[str, Sensor]
    places: Mapping[str, Place]


@dataclass(frozen=True, slots=True)
class PlaceFilter:
    """Which places are wanted; None is any."""

    factory: str | None = None
    building: str | None = None
    floor: int | None = None
    loc_id: str | None = None

    def fits(self, place: Place) -> bool:
        """Tells whether everything that is set fits."""
        return (
            (self.factory is None or place.factory == self.factory)
            and (self.building is None or place.building == self.building)
            and (self.floor is None or place.floor == self.floor)
            and (self.loc_id is None or place.loc_id == self.loc_id)
        )

    def words(self) -> str:
        """Returns what is set, for a message, or nothing."""
        names = ("factory", "building", "floor", "loc_id")
        return ", ".join(f"{name} {getattr(self, name)!r}" for name in names if getattr(self, name) is not None)


def refuse(sent: SentReading, now: datetime, frozen_before: datetime) -> Refusal | None:
    """Returns why a row can never be stored, whatever its sensor is, or None."""
    if not SENSOR_ID.fullmatch(sent.sensor_id):
        return Refusal("sensor_id", "give 1 to 50 of letters, digits, '-', '_' and '.'")
    if sent.temperature_unit not in UNITS:
        return Refusal("temperature_unit", f"is {sent.temperature_unit!r}; give celsius or fahrenheit")
    if not SENSOR_ID.fullmatch(sent.source):
        return Refusal("source", "give 1 to 50 of letters, digits, '-', '_' and '.'")
    return _refuse_time(sent.capture_time, now, frozen_before) or _refuse_values(sent)


def _refuse_time(moment: datetime | None, now: datetime, frozen_before: datetime) -> Refusal | None:
    if moment is None:
        return Refusal("capture_time", "is missing; give the time of measurement with its zone")
    if moment > now + FUTURE_TOLERANCE:
        ahead = (moment - now).total_seconds()
        return Refusal("capture_time", f"is {ahead:.0f} s in the future, more than 60; set the sensor's clock")
    if moment < EARLIEST:
        return Refusal("capture_time", "is before 2000-01-01; set the sensor's clock")
    if moment < frozen_before:
        return Refusal("capture_time", f"FROZEN: readings before {frozen_before.isoformat()} were dropped by retention")
    return None


def _refuse_values(sent: SentReading) -> Refusal | None:
    for field in ("temperature", "pcv_temperature"):
        value = getattr(sent, field)
        if value is None:
            if field == "temperature":
                return Refusal(field, "is missing; give the air temperature")
            continue
        if not math.isfinite(value) or value in SENTINELS:
            return Refusal(field, f"is {value}, which is no measurement; leave the reading out")
        celsius = to_celsius(value, sent.temperature_unit)
        # A perceived temperature may rise well above the air's.
        most = MOST_C if field == "temperature" else MOST_C + 40
        if not LEAST_C <= celsius <= most:
            return Refusal(
                field, f"is {celsius:.2f} °C, outside {LEAST_C:g} to {most:g}; check the sensor and its unit"
            )
    humidity = sent.humidity
    if humidity is None:
        return Refusal("humidity", "is missing; give the relative humidity in %")
    if not (math.isfinite(humidity) and 0 <= humidity <= 100):
        return Refusal("humidity", f"is {humidity}; give the relative humidity in %, 0 to 100")
    return None


def to_celsius(value: float, unit: str) -> float:
    """Converts to °C, to a ten-thousandth, so that converting leaves no noise behind."""
    return value if unit == "celsius" else round((value - 32) / 1.8, 4)


def make_reading(sent: SentReading, sensor: Sensor, now: datetime) -> Reading:
    """Makes the stored form of a row that `refuse` let pass: calibrated, with its index and quality.

    A perceived temperature that the sensor sent is kept, unless a calibration makes it outdated.
    """
    moment, temperature_sent, humidity_sent = sent.capture_time, sent.temperature, sent.humidity
    if moment is None or temperature_sent is None or humidity_sent is None:
        raise ValueError("make_reading takes only rows that refuse() let pass")
    raw_temperature = to_celsius(temperature_sent, sent.temperature_unit)
    calibration = sensor.calibration_at(moment)
    temperature, humidity = raw_temperature, humidity_sent
    raw_pcv = None if sent.pcv_temperature is None else to_celsius(sent.pcv_temperature, sent.temperature_unit)
    if calibration is not None:
        temperature += calibration.temperature_offset
        humidity = min(100.0, max(0.0, humidity + calibration.humidity_offset))
        if calibration.temperature_offset or calibration.humidity_offset:
            raw_pcv = raw_pcv if sensor.index_kind == "winter" else None
    temperature, humidity = round(temperature, 2), round(humidity, 2)
    if raw_pcv is None and sensor.index_kind == "summer":
        raw_pcv = perceived_temperature(temperature, humidity)
    plausible = temperature <= PLAUSIBLE_C and formula_holds(temperature, humidity)
    return Reading(
        sensor_id=sent.sensor_id,
        capture_time=moment,
        receive_time=now,
        loc_id=sensor.loc_id,
        temperature=temperature,
        humidity=humidity,
        pcv_temperature=None if raw_pcv is None else publish(raw_pcv),
        raw_temperature=raw_temperature,
        raw_humidity=humidity_sent,
        raw_pcv_temperature=raw_pcv,
        quality=GOOD if plausible else SUSPECT,
        source=sent.source,
    )


def same_values(new: Reading, sent_pcv: bool, old: Reading) -> bool:
    """Tells whether a row repeats a stored one: what the sensor sent is compared, not what calibration made of it."""
    same = new.raw_temperature == old.raw_temperature and new.raw_humidity == old.raw_humidity
    return same and (not sent_pcv or new.raw_pcv_temperature == old.raw_pcv_temperature)


def current_quality(reading: Reading, interval_s: int, now: datetime) -> str:
    """Returns the quality as of now: STALE once the sensor has been silent for three intervals."""
    if now - reading.capture_time > timedelta(seconds=STALE_AFTER_INTERVALS * interval_s):
        return STALE
    return reading.quality
