"""A store of places and sensors in memory, which passes the same tests as the SQL one."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TypeVar

from services.common.access.domain import Scope
from services.common.paging import PageRequest
from services.location.domain import (
    Directory,
    Location,
    LocationFilter,
    Sensor,
    SensorFilter,
    SensorLocation,
    location_exists,
    location_in_use,
    no_such_place,
    sensor_exists,
)

Row = TypeVar("Row")


class MemoryRepository:
    """Satisfies LocationStore and SensorStore."""

    def __init__(self) -> None:
        self.revision = 1
        self._locations: dict[str, Location] = {}
        self._sensors: dict[str, Sensor] = {}

    async def list_sensor_locations(
        self, request: PageRequest, wanted: LocationFilter, scope: Scope
    ) -> Sequence[SensorLocation]:
        entries = []
        for place in (one for one in self._locations.values() if _covers(scope, one)):
            ids: list[str | None] = [*self._sensors_at(place.loc_id)]
            entries += [_entry(sensor_id, place) for sensor_id in ids or [None] if _fits(place, wanted)]
        entries.sort(key=lambda e: (e.loc_id, e.sensor_id or ""))
        after = request.after
        return _part([e for e in entries if after is None or (e.loc_id, e.sensor_id or "") > after], request)

    async def sensor_locations(self, sensor_ids: Sequence[str]) -> Sequence[SensorLocation]:
        found = [self._sensors[one] for one in sensor_ids if one in self._sensors]
        return [_entry(sensor.sensor_id, self._locations[sensor.loc_id]) for sensor in found]

    async def locations(self, loc_ids: Sequence[str]) -> Sequence[Location]:
        return [self._locations[one] for one in loc_ids if one in self._locations]

    async def add_location(self, new: Location) -> None:
        if new.loc_id in self._locations:
            raise location_exists(new.loc_id)
        self._locations[new.loc_id] = new
        self.revision += 1

    async def change_location(self, loc_id: str, change: Callable[[Location], Location]) -> Location | None:
        if loc_id not in self._locations:
            return None
        self._locations[loc_id] = change(self._locations[loc_id])
        self.revision += 1
        return self._locations[loc_id]

    async def delete_location(self, loc_id: str, scope: Scope) -> bool:
        if loc_id not in self._locations or not _covers(scope, self._locations[loc_id]):
            return False
        if self._sensors_at(loc_id):
            raise location_in_use(loc_id, self._sensors_at(loc_id))
        return self._counted(self._locations.pop(loc_id, None))

    async def list_sensors(self, request: PageRequest, wanted: SensorFilter, scope: Scope) -> Sequence[Sensor]:
        after = request.after
        ordered = [self._sensors[one] for one in sorted(self._sensors) if after is None or (one,) > after]
        return _part([one for one in ordered if _fits(one, wanted) and self._is_own(one.sensor_id, scope)], request)

    async def get_sensor(self, sensor_id: str, scope: Scope) -> Sensor | None:
        return self._sensors[sensor_id] if self._is_own(sensor_id, scope) else None

    async def add_sensor(self, new: Sensor, scope: Scope) -> None:
        if not self._is_own_place(new.loc_id, scope):
            raise no_such_place(new.loc_id)
        if new.sensor_id in self._sensors:
            raise sensor_exists(new.sensor_id)
        self._sensors[new.sensor_id] = new
        self.revision += 1

    async def change_sensor(self, sensor_id: str, change: Callable[[Sensor], Sensor], scope: Scope) -> Sensor | None:
        if not self._is_own(sensor_id, scope):
            return None
        changed = change(self._sensors[sensor_id])
        if not self._is_own_place(changed.loc_id, scope):
            raise no_such_place(changed.loc_id)
        self._sensors[sensor_id] = changed
        self.revision += 1
        return changed

    async def delete_sensor(self, sensor_id: str, scope: Scope) -> bool:
        if not self._is_own(sensor_id, scope):
            return False
        return self._counted(self._sensors.pop(sensor_id, None))

    async def directory(self, known_revision: int | None) -> Directory | None:
        if known_revision == self.revision:
            return None
        sensors = [self._sensors[one] for one in sorted(self._sensors)]
        return Directory(self.revision, sensors, [self._locations[one] for one in sorted(self._locations)])

    def _is_own_place(self, loc_id: str, scope: Scope) -> bool:
        return loc_id in self._locations and _covers(scope, self._locations[loc_id])

    def _is_own(self, sensor_id: str, scope: Scope) -> bool:
        return sensor_id in self._sensors and self._is_own_place(self._sensors[sensor_id].loc_id, scope)

    def _sensors_at(self, loc_id: str) -> list[str]:
        return sorted(sensor.sensor_id for sensor in self._sensors.values() if sensor.loc_id == loc_id)

    def _counted(self, removed: object) -> bool:
        self.revision += removed is not None
        return removed is not None


def _covers(scope: Scope, place: Location) -> bool:
    return scope.covers(place.plant, place.factory)


def _entry(sensor_id: str | None, place: Location) -> SensorLocation:
    values = asdict(place)
    del values["upd_dt"]
    return SensorLocation(sensor_id=sensor_id, **values)


def _fits(row: Location | Sensor, wanted: LocationFilter | SensorFilter) -> bool:
    return all(getattr(row, name) == value for name, value in asdict(wanted).items() if value is not None)


def _part(rows: list[Row], request: PageRequest) -> list[Row]:
    return rows[request.skip : request.skip + request.limit + 1]
