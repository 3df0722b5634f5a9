"""Device keys in PostgreSQL. Each change raises the keys' own revision in its own transaction, but for a use.

Whether a key's sensors exist is settled with row locks, as with places: who makes a key holds a key share lock on its
sensors, and who deletes a sensor locks it first and takes it out of the keys then. Rows are locked in the order of
sensors, keys, and the revision; several of one kind by their ids.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

from sqlalchemy import ColumnElement, RowMapping, Text, any_, delete, insert, literal, not_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from services.common import revisions
from services.common.access.domain import Scope
from services.common.access.sql import within
from services.common.audit.trail import Trail
from services.common.database import Database
from services.common.paging import PageRequest
from services.location.device_keys.domain import DeviceKey, DeviceKeyFilter, DeviceKeys, Use, no_such_sensors
from services.location.device_keys.tables import device_key
from services.location.tables import location, sensor

SCHEMA = "location"
REVISION = "device_key_revision"

DEVICE_KEY = "device_key"

_AUDIT = Trail(SCHEMA, revisions.channel(SCHEMA))

_TAKE_DOWN = text("""
WITH used AS (
    SELECT * FROM unnest(CAST(:key_ids AS text[]), CAST(:times AS timestamptz[]), CAST(:addresses AS text[]))
    AS t(key_id, use_time, address)
), locked AS (
    SELECT key_id, use_time, address FROM location.device_key JOIN used USING (key_id)
    WHERE last_use_time IS NULL OR last_use_time < use_time
    ORDER BY key_id FOR NO KEY UPDATE OF device_key
)
UPDATE location.device_key SET last_use_time = locked.use_time, last_use_address = locked.address
FROM locked WHERE device_key.key_id = locked.key_id
""")


class SqlDeviceKeys:
    """Satisfies DeviceKeyStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, request: PageRequest, wanted: DeviceKeyFilter, scope: Scope) -> Sequence[DeviceKey]:
        """Returns up to one key more than the limit."""
        statement = select(device_key).where(*_in_scope(scope)).order_by(device_key.c.key_id)
        if wanted.sensor_id is not None:
            statement = statement.where(device_key.c.sensor_ids.contains([wanted.sensor_id]))
        if request.after is not None:
            statement = statement.where(device_key.c.key_id > request.after[0])
        async with self._database.transaction() as connection:
            rows = await connection.execute(statement.offset(request.skip).limit(request.limit + 1))
            return [_key(row) for row in rows.mappings()]

    async def get(self, key_id: str, scope: Scope) -> DeviceKey | None:
        """Returns one key, or None."""
        async with self._database.transaction() as connection:
            row = (await connection.execute(select(device_key).where(*_own(key_id, scope)))).mappings().first()
            return _key(row) if row else None

    async def add(self, new: DeviceKey, scope: Scope) -> None:
        """Stores a key; sensors that do not exist in the scope are InvalidInputError."""
        async with self._database.transaction() as connection:
            known = await _locked_sensors(connection, new.sensor_ids, scope)
            missing = [sensor_id for sensor_id in new.sensor_ids if sensor_id not in known]
            if missing:
                raise no_such_sensors(missing)
            await connection.execute(insert(device_key).values(asdict(new)))
            await _bump(connection)
            await _record(connection, None, new)

    async def change(self, key_id: str, change: Callable[[DeviceKey], DeviceKey], scope: Scope) -> DeviceKey | None:
        """Changes one key under its row lock; None if it does not exist."""
        async with self._database.transaction() as connection:
            statement = select(device_key).where(*_own(key_id, scope)).with_for_update()
            row = (await connection.execute(statement)).mappings().first()
            if row is None:
                return None
            old = _key(row)
            changed = change(old)
            await connection.execute(update(device_key).where(device_key.c.key_id == key_id).values(asdict(changed)))
            await _bump(connection)
            await _record(connection, old, changed)
            return changed

    async def delete(self, key_id: str, scope: Scope) -> bool:
        """Deletes a key; False if there was none."""
        statement = delete(device_key).where(*_own(key_id, scope)).returning(device_key)
        async with self._database.transaction() as connection:
            row = (await connection.execute(statement)).mappings().first()
            if row is None:
                return False
            await _bump(connection)
            await _record(connection, _key(row), None)
            return True

    async def all(self, known_revision: int | None) -> DeviceKeys | None:
        """Returns every key as it stands at one revision, or None if that is the known one."""
        async with self._database.snapshot() as connection:
            revision = await revisions.read(connection, SCHEMA, REVISION)
            if revision == known_revision:
                return None
            rows = (await connection.execute(select(device_key).order_by(device_key.c.key_id))).mappings()
            return DeviceKeys(revision, [_key(row) for row in rows])

    async def take_down(self, uses: Sequence[Use]) -> None:
        """Takes down when keys were last used, where that is news."""
        values = {
            "key_ids": [use.key_id for use in uses],
            "times": [use.use_time for use in uses],
            "addresses": [use.address for use in uses],
        }
        async with self._database.transaction() as connection:
            await connection.execute(_TAKE_DOWN, values)


async def take_sensor_out(connection: AsyncConnection, sensor_id: str) -> None:
    """Takes a sensor, whose row the caller has locked, out of its keys, and revokes those that have no other.

    A sensor that is registered under its name later may be another one: no key of before may send for it.
    """
    has_it = device_key.c.sensor_ids.contains([sensor_id])
    statement = select(device_key).where(has_it).order_by(device_key.c.key_id).with_for_update()
    keys = [_key(row) for row in (await connection.execute(statement)).mappings()]
    for key in keys:
        own = device_key.c.key_id == key.key_id
        left = tuple(each for each in key.sensor_ids if each != sensor_id)
        if left:
            await connection.execute(update(device_key).where(own).values(sensor_ids=left))
        else:
            await connection.execute(delete(device_key).where(own))
        await _record(connection, key, replace(key, sensor_ids=left) if left else None)
    if keys:
        await _bump(connection)


async def _record(connection: AsyncConnection, before: DeviceKey | None, after: DeviceKey | None) -> None:
    """Records a change of a key, in the factory of its sensors; in none where these are in several."""
    one = after or before
    if one is None:
        return
    places = sensor.join(location, sensor.c.loc_id == location.c.loc_id)
    of_sensors = sensor.c.sensor_id == any_(literal(list(one.sensor_ids), ARRAY(Text)))
    statement = select(location.c.plant, location.c.factory).select_from(places).where(of_sensors).distinct().limit(2)
    found = (await connection.execute(statement)).mappings().all()
    where = dict(found[0]) if len(found) == 1 else {}
    await _AUDIT.record(connection, DEVICE_KEY, one.key_id, before, after, **where)


async def _bump(connection: AsyncConnection) -> None:
    await revisions.bump(connection, SCHEMA, REVISION)


async def _locked_sensors(connection: AsyncConnection, sensor_ids: Sequence[str], scope: Scope) -> set[str]:
    """Returns those of the sensors that exist in the scope; none of them goes or moves before the transaction ends."""
    asked = sensor.c.sensor_id == any_(literal(list(sensor_ids), ARRAY(Text)))
    statement = select(sensor.c.sensor_id).select_from(sensor.join(location, sensor.c.loc_id == location.c.loc_id))
    statement = statement.where(asked, within(scope, location.c.plant, location.c.factory))
    locked = statement.order_by(sensor.c.sensor_id).with_for_update(read=True, key_share=True, of=sensor)
    return set((await connection.execute(locked)).scalars())


def _own(key_id: str, scope: Scope) -> list[ColumnElement[bool]]:
    return [device_key.c.key_id == key_id, *_in_scope(scope)]


def _in_scope(scope: Scope) -> list[ColumnElement[bool]]:
    """Keeps to the keys of which no sensor is elsewhere."""
    if scope.is_everything:
        return []
    places = sensor.join(location, sensor.c.loc_id == location.c.loc_id)
    elsewhere = select(sensor.c.sensor_id).select_from(places).correlate(device_key)
    elsewhere = elsewhere.where(
        sensor.c.sensor_id == any_(device_key.c.sensor_ids),
        not_(within(scope, location.c.plant, location.c.factory)),
    )
    return [~elsewhere.exists()]


def _key(row: RowMapping) -> DeviceKey:
    return DeviceKey(**{**row, "sensor_ids": tuple(row["sensor_ids"])})
