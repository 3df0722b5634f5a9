"""Sensors and places. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.common.access.domain import Scope
from services.common.errors import UnavailableError

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

    def place_of(self, sensor_id: str) -> Place | None:
        """Returns where a sensor is; None for one that is not known."""
        sensor = self.sensors.get(sensor_id)
        return self.places.get(sensor.loc_id) if sensor else None

    def is_within(self, sensor_id: str, scope: Scope) -> bool:
        """Tells whether a sensor is where a caller may look; one without a known place takes a caller who sees all."""
        if scope.is_everything:
            return True
        place = self.place_of(sensor_id)
        return place is not None and scope.covers(place.plant, place.factory)

    def sensors_within(self, scope: Scope) -> list[str]:
        """Returns the names of all sensors that are where a caller may look."""
        own = {loc_id for loc_id, place in self.places.items() if scope.covers(place.plant, place.factory)}
        return [name for name, sensor in self.sensors.items() if sensor.loc_id in own]


def reached(directory: Directory | None) -> Directory:
    """Returns the directory; while there has never been one it is UnavailableError."""
    if directory is None:
        raise UnavailableError("the location service has not been reached yet; try again later", "LOCATION_UNKNOWN")
    return directory


@dataclass(frozen=True, slots=True)
class PlaceFilter:
    """Which places are wanted; None is any.

    Attributes:
        scope: what the caller may see; None is everything, for which nothing is compared.
    """

    factory: str | None = None
    building: str | None = None
    floor: int | None = None
    loc_id: str | None = None
    scope: Scope | None = None

    @property
    def is_any(self) -> bool:
        """Whether every place fits, and what is at no known place."""
        return not self.words() and self.scope is None

    def fits(self, place: Place) -> bool:
        """Tells whether everything that is set fits."""
        return (
            (self.factory is None or place.factory == self.factory)
            and (self.building is None or place.building == self.building)
            and (self.floor is None or place.floor == self.floor)
            and (self.loc_id is None or place.loc_id == self.loc_id)
            and (self.scope is None or self.scope.covers(place.plant, place.factory))
        )

    def words(self) -> str:
        """Returns what is set, for a message, or nothing."""
        names = ("factory", "building", "floor", "loc_id")
        return ", ".join(f"{name} {getattr(self, name)!r}" for name in names if getattr(self, name) is not None)
