"""The use cases of places and sensors, and what they need of a store."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from services.common.access.domain import Scope
from services.common.clock import Clock
from services.common.errors import invalid
from services.common.paging import Page, PageRequest, page
from services.location.domain import (
    Directory,
    Location,
    LocationFilter,
    Sensor,
    SensorFilter,
    SensorLocation,
    changed_location,
    changed_sensor,
    checked_batch,
    checked_location_filter,
    checked_sensor_filter,
    is_id,
    new_location,
    new_sensor,
    no_location,
    no_sensor,
)


class LocationStore(Protocol):
    """What the location use cases need. A change raises the revision in its own transaction."""

    async def list_sensor_locations(
        self, request: PageRequest, wanted: LocationFilter, scope: Scope
    ) -> Sequence[SensorLocation]: ...
    async def sensor_locations(self, sensor_ids: Sequence[str]) -> Sequence[SensorLocation]: ...
    async def locations(self, loc_ids: Sequence[str]) -> Sequence[Location]: ...
    async def add_location(self, new: Location) -> None: ...
    async def change_location(self, loc_id: str, change: Callable[[Location], Location]) -> Location | None: ...
    async def delete_location(self, loc_id: str, scope: Scope) -> bool: ...


class SensorStore(Protocol):
    """What the sensor use cases need. A change raises the revision in its own transaction.

    Sensors and places that are not within the scope are as if they were not there.
    """

    async def list_sensors(self, request: PageRequest, wanted: SensorFilter, scope: Scope) -> Sequence[Sensor]: ...
    async def get_sensor(self, sensor_id: str, scope: Scope) -> Sensor | None: ...
    async def add_sensor(self, new: Sensor, scope: Scope) -> None: ...
    async def change_sensor(
        self, sensor_id: str, change: Callable[[Sensor], Sensor], scope: Scope
    ) -> Sensor | None: ...
    async def delete_sensor(self, sensor_id: str, scope: Scope) -> bool: ...
    async def directory(self, known_revision: int | None) -> Directory | None: ...


class LocationUseCases:
    """What callers can do with places. Places that are not within the scope are as if they were not there."""

    def __init__(self, store: LocationStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def list_page(self, request: PageRequest, wanted: LocationFilter, scope: Scope) -> Page[SensorLocation]:
        """Returns a page of places with their sensors by ascending loc_id and then sensor_id."""
        rows = await self._store.list_sensor_locations(request, checked_location_filter(wanted), scope)
        return page(rows, request, lambda row: (row.loc_id, row.sensor_id or ""))

    async def where(self, sensor_id: str, scope: Scope) -> SensorLocation:
        """Returns where a sensor is, or raises NotFoundError."""
        for found in await self._store.sensor_locations([sensor_id]) if is_id(sensor_id) else ():
            if scope.covers(found.plant, found.factory):
                return found
        raise no_sensor(sensor_id)

    async def where_many(self, sensor_ids: Sequence[str], scope: Scope) -> list[SensorLocation]:
        """Returns where sensors are, in the order asked, without those that do not exist."""
        asked = checked_batch("sensor_ids", sensor_ids)
        rows = await self._store.sensor_locations(asked)
        found = {row.sensor_id: row for row in rows if scope.covers(row.plant, row.factory)}
        return [found[sensor_id] for sensor_id in asked if sensor_id in found]

    async def get(self, loc_id: str, scope: Scope) -> Location:
        """Returns one place, or raises NotFoundError."""
        for found in await self._store.locations([loc_id]) if is_id(loc_id) else ():
            if scope.covers(found.plant, found.factory):
                return found
        raise no_location(loc_id)

    async def get_many(self, loc_ids: Sequence[str], scope: Scope) -> list[Location]:
        """Returns places in the order asked, without those that do not exist."""
        asked = checked_batch("loc_ids", loc_ids)
        rows = await self._store.locations(asked)
        found = {row.loc_id: row for row in rows if scope.covers(row.plant, row.factory)}
        return [found[loc_id] for loc_id in asked if loc_id in found]

    async def create(self, fields: Mapping[str, Any], scope: Scope) -> Location:
        """Stores a new place; one of the same id is AlreadyExistsError, a factory of others ForbiddenError."""
        location = new_location(fields, self._clock())
        scope.require(location.plant, location.factory)
        await self._store.add_location(location)
        return location

    async def update(self, loc_id: str, fields: Mapping[str, Any], scope: Scope) -> Location:
        """Changes the given fields; to move it into a factory of others is ForbiddenError."""
        _require_change(fields)
        now = self._clock()

        def change(old: Location) -> Location:
            if not scope.covers(old.plant, old.factory):
                raise no_location(loc_id)
            new = changed_location(old, fields, now)
            scope.require(new.plant, new.factory)
            return new

        if is_id(loc_id):
            location = await self._store.change_location(loc_id, change)
            if location is not None:
                return location
        raise no_location(loc_id)

    async def delete(self, loc_id: str, scope: Scope) -> None:
        """Deletes a place; one with sensors is FailedPreconditionError."""
        if not is_id(loc_id) or not await self._store.delete_location(loc_id, scope):
            raise no_location(loc_id)


class SensorUseCases:
    """What callers can do with sensors. Those at places that are not within the scope are as if they were not there."""

    def __init__(self, store: SensorStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def list_page(self, request: PageRequest, wanted: SensorFilter, scope: Scope) -> Page[Sensor]:
        """Returns a page by ascending sensor_id."""
        rows = await self._store.list_sensors(request, checked_sensor_filter(wanted), scope)
        return page(rows, request, lambda row: (row.sensor_id,))

    async def get(self, sensor_id: str, scope: Scope) -> Sensor:
        """Returns one sensor, or raises NotFoundError."""
        sensor = await self._store.get_sensor(sensor_id, scope) if is_id(sensor_id) else None
        if sensor is None:
            raise no_sensor(sensor_id)
        return sensor

    async def create(self, fields: Mapping[str, Any], scope: Scope) -> Sensor:
        """Stores a new sensor; a place that does not exist is InvalidInputError, a taken id AlreadyExistsError."""
        sensor = new_sensor(fields, self._clock())
        await self._store.add_sensor(sensor, scope)
        return sensor

    async def update(self, sensor_id: str, fields: Mapping[str, Any], scope: Scope) -> Sensor:
        """Changes the given fields; given calibrations replace all that were there."""
        _require_change(fields)
        now = self._clock()
        if is_id(sensor_id):
            sensor = await self._store.change_sensor(sensor_id, lambda old: changed_sensor(old, fields, now), scope)
            if sensor is not None:
                return sensor
        raise no_sensor(sensor_id)

    async def delete(self, sensor_id: str, scope: Scope) -> None:
        """Deletes a sensor."""
        if not is_id(sensor_id) or not await self._store.delete_sensor(sensor_id, scope):
            raise no_sensor(sensor_id)

    async def directory(self, known_revision: int | None) -> Directory | None:
        """Returns everything at one revision, or None if the caller has that revision."""
        return await self._store.directory(known_revision)


def _require_change(fields: Mapping[str, Any]) -> None:
    if not fields:
        raise invalid("body", "sets no field to change; set at least one")
