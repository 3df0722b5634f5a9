"""Places and sensors in PostgreSQL. Each change raises the schema's revision in its own transaction.

Whether a sensor's place exists is settled with row locks: who adds or moves a sensor holds a key share lock on the
place, and who deletes a place locks it first and looks for sensors then. So the refusal can name what is in the way,
and the foreign key behind it is never reached. The revision's row is always locked last. Device keys go by the same
rule with sensors.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, Text, and_, any_, delete, literal, select, true, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.common import revisions
from services.common.access.domain import Scope
from services.common.access.sql import within
from services.common.audit.trail import Trail
from services.common.database import Database
from services.common.paging import PageRequest
from services.location.device_keys.repository import take_sensor_out
from services.location.domain import (
    MAX_NAMED_SENSORS,
    Calibration,
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
from services.location.tables import location, sensor

SCHEMA = "location"
LOCATION, SENSOR = "location", "sensor"

_AUDIT = Trail(SCHEMA, revisions.channel(SCHEMA))
_ENTRY = (
    sensor.c.sensor_id,
    location.c.loc_id,
    location.c.plant,
    location.c.factory,
    location.c.building,
    location.c.floor,
    location.c.area,
)
_AT_PLACE = sensor.c.loc_id == location.c.loc_id


class SqlRepository:
    """Satisfies LocationStore and SensorStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list_sensor_locations(
        self, request: PageRequest, wanted: LocationFilter, scope: Scope
    ) -> Sequence[SensorLocation]:
        """Returns up to one entry more than the limit, so that the caller sees whether there are more."""
        statement = select(*_ENTRY).select_from(location.outerjoin(sensor, _AT_PLACE))
        statement = statement.where(*_equal(location, wanted), _own_place(scope))
        if request.after is not None:
            loc_id, sensor_id = request.after
            # A place without sensors has a NULL here, which is after nothing: its one entry is never repeated.
            rest_of_place = sensor.c.sensor_id > sensor_id
            statement = statement.where(location.c.loc_id >= loc_id, (location.c.loc_id > loc_id) | rest_of_place)
        statement = statement.order_by(location.c.loc_id, sensor.c.sensor_id)
        return [SensorLocation(**row) for row in await self._read(_part(statement, request))]

    async def sensor_locations(self, sensor_ids: Sequence[str]) -> Sequence[SensorLocation]:
        """Returns where the sensors are that exist, in any order."""
        statement = select(*_ENTRY).select_from(location.join(sensor, _AT_PLACE))
        rows = await self._read(statement.where(_one_of(sensor.c.sensor_id, sensor_ids)))
        return [SensorLocation(**row) for row in rows]

    async def locations(self, loc_ids: Sequence[str]) -> Sequence[Location]:
        """Returns the places that exist, in any order."""
        rows = await self._read(select(location).where(_one_of(location.c.loc_id, loc_ids)))
        return [Location(**row) for row in rows]

    async def add_location(self, new: Location) -> None:
        """Stores a place; one of the same id is AlreadyExistsError."""
        async with self._database.transaction() as connection:
            if not await _insert(connection, location, asdict(new)):
                raise location_exists(new.loc_id)
            await revisions.bump(connection, SCHEMA)
            await _record_place(connection, None, new)

    async def change_location(self, loc_id: str, change: Callable[[Location], Location]) -> Location | None:
        """Changes one place under its row lock; None if it does not exist."""
        own = location.c.loc_id == loc_id
        async with self._database.transaction() as connection:
            row = await _first(connection, select(location).where(own).with_for_update(key_share=True))
            if row is None:
                return None
            old = Location(**row)
            changed = change(old)
            await connection.execute(update(location).where(own).values(asdict(changed)))
            await revisions.bump(connection, SCHEMA)
            await _record_place(connection, old, changed)
            return changed

    async def delete_location(self, loc_id: str, scope: Scope) -> bool:
        """Deletes a place; False if there was none in the scope; one with sensors is FailedPreconditionError."""
        own = and_(location.c.loc_id == loc_id, _own_place(scope))
        sensors = select(sensor.c.sensor_id).where(sensor.c.loc_id == loc_id).order_by(sensor.c.sensor_id)
        async with self._database.transaction() as connection:
            row = await _first(connection, select(location).where(own).with_for_update())
            if row is None:
                return False
            in_the_way = (await connection.execute(sensors.limit(MAX_NAMED_SENSORS + 1))).scalars().all()
            if in_the_way:
                raise location_in_use(loc_id, in_the_way)
            await connection.execute(delete(location).where(own))
            await revisions.bump(connection, SCHEMA)
            await _record_place(connection, Location(**row), None)
            return True

    async def list_sensors(self, request: PageRequest, wanted: SensorFilter, scope: Scope) -> Sequence[Sensor]:
        """Returns up to one sensor more than the limit."""
        statement = select(sensor).where(*_equal(sensor, wanted), _own_sensor(scope)).order_by(sensor.c.sensor_id)
        if request.after is not None:
            statement = statement.where(sensor.c.sensor_id > request.after[0])
        return [_sensor(row) for row in await self._read(_part(statement, request))]

    async def get_sensor(self, sensor_id: str, scope: Scope) -> Sensor | None:
        """Returns one sensor, or None."""
        own = and_(sensor.c.sensor_id == sensor_id, _own_sensor(scope))
        async with self._database.transaction() as connection:
            row = await _first(connection, select(sensor).where(own))
            return _sensor(row) if row else None

    async def add_sensor(self, new: Sensor, scope: Scope) -> None:
        """Stores a sensor; without its place it is InvalidInputError, a second one of its id AlreadyExistsError."""
        async with self._database.transaction() as connection:
            await _require_place(connection, new.loc_id, scope)
            if not await _insert(connection, sensor, _values(new)):
                raise sensor_exists(new.sensor_id)
            await revisions.bump(connection, SCHEMA)
            await _record_sensor(connection, None, new)

    async def change_sensor(self, sensor_id: str, change: Callable[[Sensor], Sensor], scope: Scope) -> Sensor | None:
        """Changes one sensor under its row lock; None if it does not exist."""
        own = and_(sensor.c.sensor_id == sensor_id, _own_sensor(scope))
        async with self._database.transaction() as connection:
            row = await _first(connection, select(sensor).where(own).with_for_update())
            if row is None:
                return None
            old = _sensor(row)
            changed = change(old)
            if changed.loc_id != old.loc_id:
                await _require_place(connection, changed.loc_id, scope)
            await connection.execute(update(sensor).where(sensor.c.sensor_id == sensor_id).values(_values(changed)))
            await revisions.bump(connection, SCHEMA)
            await _record_sensor(connection, old, changed)
            return changed

    async def delete_sensor(self, sensor_id: str, scope: Scope) -> bool:
        """Deletes a sensor, and takes it out of its device keys; False if there was none in the scope."""
        own = and_(sensor.c.sensor_id == sensor_id, _own_sensor(scope))
        async with self._database.transaction() as connection:
            row = (await connection.execute(delete(sensor).where(own).returning(sensor))).mappings().first()
            if row is None:
                return False
            await take_sensor_out(connection, sensor_id)
            await revisions.bump(connection, SCHEMA)
            await _record_sensor(connection, _sensor(dict(row)), None)
            return True

    async def directory(self, known_revision: int | None) -> Directory | None:
        """Returns everything as it stands at one revision, or None if that is the known one."""
        async with self._database.snapshot() as connection:
            revision = await revisions.read(connection, SCHEMA)
            if revision == known_revision:
                return None
            sensors = (await connection.execute(select(sensor).order_by(sensor.c.sensor_id))).mappings()
            locations = (await connection.execute(select(location).order_by(location.c.loc_id))).mappings()
            return Directory(
                revision, [_sensor(dict(row)) for row in sensors], [Location(**dict(row)) for row in locations]
            )

    async def _read(self, statement: Select[Any]) -> list[dict[str, Any]]:
        async with self._database.transaction() as connection:
            return [dict(row) for row in (await connection.execute(statement)).mappings()]


def _part(statement: Select[Any], request: PageRequest) -> Select[Any]:
    return statement.offset(request.skip).limit(request.limit + 1)


def _equal(table: Table, wanted: LocationFilter | SensorFilter) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in asdict(wanted).items() if value is not None]


def _one_of(column: ColumnElement[str], values: Sequence[str]) -> ColumnElement[bool]:
    """Compares with one array, so that each length of a batch is the same prepared statement."""
    return column == any_(literal(list(values), ARRAY(Text)))


async def _first(connection: AsyncConnection, statement: Select[Any]) -> dict[str, Any] | None:
    row = (await connection.execute(statement)).mappings().first()
    return dict(row) if row else None


async def _insert(connection: AsyncConnection, table: Table, values: Mapping[str, Any]) -> bool:
    """Inserts a row; False if one of its key exists, also one that another transaction commits meanwhile."""
    (key,) = table.primary_key
    statement = insert(table).values(values).on_conflict_do_nothing(index_elements=[key]).returning(key)
    return (await connection.execute(statement)).first() is not None


def _own_place(scope: Scope) -> ColumnElement[bool]:
    return within(scope, location.c.plant, location.c.factory)


def _own_sensor(scope: Scope) -> ColumnElement[bool]:
    if scope.is_everything:
        return true()
    return sensor.c.loc_id.in_(select(location.c.loc_id).where(_own_place(scope)))


async def _require_place(connection: AsyncConnection, loc_id: str, scope: Scope) -> None:
    place = select(location.c.loc_id).where(location.c.loc_id == loc_id, _own_place(scope))
    if await _first(connection, place.with_for_update(read=True, key_share=True)) is None:
        raise no_such_place(loc_id)


async def _record_place(connection: AsyncConnection, before: Location | None, after: Location | None) -> None:
    place = after or before
    if place is not None:
        where = {"plant": place.plant, "factory": place.factory}
        await _AUDIT.record(connection, LOCATION, place.loc_id, before, after, **where)


async def _record_sensor(connection: AsyncConnection, before: Sensor | None, after: Sensor | None) -> None:
    """Records a change of a sensor, where it is after the change."""
    one = after or before
    if one is not None:
        place = select(location.c.plant, location.c.factory).where(location.c.loc_id == one.loc_id)
        where = await _first(connection, place) or {}
        await _AUDIT.record(connection, SENSOR, one.sensor_id, before, after, **where)


def _sensor(row: Mapping[str, Any]) -> Sensor:
    calibrations = tuple(
        Calibration(datetime.fromisoformat(one["valid_from"]), one["temperature_offset"], one["humidity_offset"])
        for one in row["calibrations"]
    )
    return Sensor(**{**row, "calibrations": calibrations})


def _values(stored: Sensor) -> dict[str, Any]:
    calibrations = [
        asdict(one) | {"valid_from": one.valid_from.isoformat()} for one in stored.calibrations if one.valid_from
    ]
    return asdict(stored) | {"calibrations": calibrations}
