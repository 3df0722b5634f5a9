"""Sensors and places. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

SENSOR_ID = re.compile(r"[A-Za-z0-9._-]{1,50}")


@dataclass(frozen=True, slots=True)
class Calibration:
    """Offsets that are added from `valid_from` on."""

    valid_from: datetime
    temperature_offset: float
    humidity_offset: float


@dataclass(frozen=True, slots=True)
class Sensor:
    """What is to be known of a sensor; calibrations by ascending valid_from."""

    sensor_id: str
    loc_id: str
    is_active: bool
    interval_s: int
    index_kind: str
    calibrations: Sequence[Calibration]


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
