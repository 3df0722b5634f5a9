"""The use cases of device keys, on the store in memory and on PostgreSQL alike."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete

from services.common.access.domain import EVERYTHING, NOTHING, scope_of
from services.common.database import Database
from services.common.errors import FailedPreconditionError, InvalidInputError, NotFoundError
from services.common.paging import page_request
from services.device_keys.secret import digest, key_id_of
from services.location.device_keys.domain import DeviceKeyFilter, Issued, Use
from services.location.device_keys.repository import SqlDeviceKeys
from services.location.device_keys.service import DeviceKeyUseCases
from services.location.device_keys.tables import device_key
from services.location.domain import new_location, new_sensor
from services.location.repository import SqlRepository
from services.location.tables import location, sensor
from tests.location.device_keys.memory import MemoryDeviceKeys

NOW = datetime(2026, 7, 15, 5, 0, 0, 123456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ANY = DeviceKeyFilter()
F1, F2 = scope_of(["F1"]), scope_of(["P2 > F2"])


class SqlSide(SqlDeviceKeys):
    """The store, and the sensors beside it."""

    def __init__(self, database):
        super().__init__(database)
        self._sensors = SqlRepository(database)
        self._numbers = itertools.count()

    async def add_sensor(self, sensor_id, plant, factory):
        loc_id = f"at-{sensor_id}-{next(self._numbers)}"
        place = {"loc_id": loc_id, "plant": plant, "factory": factory, "building": "B", "floor": 1, "area": "A"}
        await self._sensors.add_location(new_location(place, NOW))
        await self._sensors.add_sensor(new_sensor({"sensor_id": sensor_id, "loc_id": loc_id}, NOW), EVERYTHING)

    async def delete_sensor(self, sensor_id):
        assert await self._sensors.delete_sensor(sensor_id, EVERYTHING)


@pytest.fixture(scope="module")
async def database(location_database_url):
    opened = Database(location_database_url, 5, "test")
    yield opened
    await opened.close()


@pytest.fixture(params=["memory", "sql"])
async def store(request, database):
    made = MemoryDeviceKeys() if request.param == "memory" else SqlSide(database)
    async with database.transaction() as connection:
        for table in (device_key, sensor, location):
            await connection.execute(delete(table))
    for sensor_id, plant, factory in (("S1", "", "F1"), ("S2", "P1", "F1"), ("S3", "P2", "F2")):
        await made.add_sensor(sensor_id, plant, factory)
    return made


@pytest.fixture
def keys(store):
    return DeviceKeyUseCases(store, lambda: NOW)


async def create(keys, *sensor_ids, scope=EVERYTHING, **fields):
    return await keys.create({"sensor_ids": sensor_ids} | fields, scope)


async def listed(keys, scope=EVERYTHING, wanted=ANY, limit=100):
    """The keys' ids, read in pages of `limit`."""
    found, token = [], ""
    while True:
        page = await keys.list_page(page_request(limit, 0, token, (str,), wanted), wanted, scope)
        found += [key.key_id for key in page.items]
        token = page.next_page_token
        if not token:
            return found


async def test_what_is_created_is_what_is_read_and_of_the_secret_only_its_hash_is_kept(keys):
    issued = await create(keys, "S2", "S1", name="Gateway", expire_time=NOW + MINUTE)
    key = issued.key
    assert (key.name, key.sensor_ids, key.expire_time) == ("Gateway", ("S1", "S2"), NOW + MINUTE)
    assert (key.create_time, key.last_use_time, key.previous_valid_until) == (NOW, None, None)
    assert key_id_of(issued.secret) == key.key_id
    assert await keys.get(key.key_id, EVERYTHING) == key
    assert (key.secret_sha256, key.previous_sha256) == (digest(issued.secret), None)
    assert issued.secret not in repr(issued)


async def test_sensors_that_do_not_exist_are_named_and_nothing_is_made(keys):
    before = (await keys.all(None)).revision
    with pytest.raises(InvalidInputError, match=r"sensor_ids: has 'S8', 'S9': no such sensors; create them first"):
        await create(keys, "S1", "S9", "S8")
    many = [f"none-{n:02}" for n in range(30)]
    with pytest.raises(InvalidInputError, match="'none-09' and more: no such sensors"):
        await create(keys, *many)
    assert (await keys.all(None)).revision == before
    assert await listed(keys) == []


@pytest.mark.parametrize("limit", [1, 2, 100])
async def test_pages_hold_each_key_once_and_in_order(keys, limit):
    made = [(await create(keys, *sensors)).key.key_id for sensors in (["S1"], ["S1", "S3"], ["S3"], ["S2"])]
    assert await listed(keys, limit=limit) == sorted(made)
    assert await listed(keys, wanted=DeviceKeyFilter("S3"), limit=limit) == sorted(made[1:3])
    assert await listed(keys, wanted=DeviceKeyFilter("S9"), limit=limit) == []


@pytest.mark.parametrize("missing", ["none", "", "\0", "센서", "x" * 5_000])
async def test_what_does_not_exist_is_not_found_whatever_it_is_called(keys, missing):
    calls = (keys.get(missing, EVERYTHING), keys.rotate(missing, 0, EVERYTHING), keys.delete(missing, EVERYTHING))
    for call in calls:
        with pytest.raises(NotFoundError, match="there is no device key"):
            await call


async def test_a_rotated_key_has_a_new_secret_and_the_present_one_for_a_while(keys):
    first = await create(keys, "S1")
    second = await keys.rotate(first.key.key_id, 5, EVERYTHING)
    assert second.secret != first.secret
    assert key_id_of(second.secret) == first.key.key_id
    kept = await keys.get(first.key.key_id, EVERYTHING)
    assert (kept.secret_sha256, kept.previous_sha256) == (digest(second.secret), digest(first.secret))
    assert kept.previous_valid_until == NOW + 5 * MINUTE
    third = await keys.rotate(first.key.key_id, 0, EVERYTHING)
    kept = await keys.get(first.key.key_id, EVERYTHING)
    assert (kept.secret_sha256, kept.previous_sha256) == (digest(third.secret), None)


async def test_a_key_that_has_expired_is_not_rotated_and_can_be_deleted(store):
    key = (await create(DeviceKeyUseCases(store, lambda: NOW - MINUTE), "S1", expire_time=NOW)).key
    keys = DeviceKeyUseCases(store, lambda: NOW)
    with pytest.raises(FailedPreconditionError, match="has expired"):
        await keys.rotate(key.key_id, None, EVERYTHING)
    await keys.delete(key.key_id, EVERYTHING)
    with pytest.raises(NotFoundError):
        await keys.get(key.key_id, EVERYTHING)


async def test_a_key_is_in_a_scope_if_all_of_its_sensors_are(keys):
    here = (await create(keys, "S1", "S2")).key.key_id
    there = (await create(keys, "S3")).key.key_id
    both = (await create(keys, "S2", "S3")).key.key_id
    assert await listed(keys) == sorted([here, there, both])
    assert (await listed(keys, F1), await listed(keys, F2), await listed(keys, NOTHING)) == ([here], [there], [])
    assert await listed(keys, scope_of(["F1", "P2 > *"])) == sorted([here, there, both])
    assert await listed(keys, scope_of(["P1 > F1"])) == []  # S1 is in no plant
    for key_id in (there, both):
        for call in (keys.get(key_id, F1), keys.rotate(key_id, 0, F1), keys.delete(key_id, F1)):
            with pytest.raises(NotFoundError, match=f"there is no device key '{key_id}'; GET"):
                await call
    await keys.delete(here, F1)
    assert await listed(keys) == sorted([there, both])


async def test_a_sensor_elsewhere_is_refused_in_the_words_of_a_missing_one(keys):
    with pytest.raises(InvalidInputError) as elsewhere:
        await create(keys, "S1", "S3", scope=F1)
    await create(keys, "S1", "S2", scope=F1)
    with pytest.raises(InvalidInputError) as missing:
        await create(keys, "S1", "S4", scope=F1)
    assert str(elsewhere.value) == str(missing.value).replace("S4", "S3")


async def test_a_deleted_sensor_is_taken_out_of_its_keys_and_takes_the_last_one_with_it(store, keys):
    both = (await create(keys, "S1", "S3")).key.key_id
    alone = (await create(keys, "S1")).key.key_id
    other = (await create(keys, "S2")).key.key_id
    before = (await keys.all(None)).revision
    await store.delete_sensor("S1")
    left = await keys.all(before)
    assert {key.key_id: key.sensor_ids for key in left.keys} == {both: ("S3",), other: ("S2",)}
    with pytest.raises(NotFoundError):
        await keys.get(alone, EVERYTHING)
    await store.add_sensor("S1", "", "F9")
    assert (await keys.get(both, EVERYTHING)).sensor_ids == ("S3",), "whoever is called so later is another one"


async def test_each_change_raises_the_keys_revision_and_a_sensors_does_not(store, keys):
    await store.add_sensor("S4", "", "F1")
    start = (await keys.all(None)).revision
    assert await keys.all(start) is None
    key_id = (await create(keys, "S1")).key.key_id
    await keys.rotate(key_id, 0, EVERYTHING)
    await store.delete_sensor("S4")
    await keys.report([Use(key_id, NOW, "192.0.2.1")])
    assert (await keys.all(None)).revision == start + 2
    await keys.delete(key_id, EVERYTHING)
    assert (await keys.all(None)).revision == start + 3


async def test_of_a_keys_uses_the_newest_counts_whatever_order_they_come_in(keys):
    used = (await create(keys, "S1")).key.key_id
    unused = (await create(keys, "S1")).key.key_id
    await keys.report([Use(used, NOW, "192.0.2.2"), Use("gone", NOW, "192.0.2.9")])
    await keys.report([Use(used, NOW - MINUTE, "192.0.2.1")])
    await keys.report([])
    key = await keys.get(used, EVERYTHING)
    assert (key.last_use_time, key.last_use_address) == (NOW, "192.0.2.2")
    assert (await keys.get(unused, EVERYTHING)).last_use_time is None
    with pytest.raises(InvalidInputError, match="uses: has 10001 entries"):
        await keys.report([Use(used, NOW, "")] * 10_001)


async def test_a_key_and_the_end_of_its_sensor_in_a_race_never_leave_a_key_of_a_missing_sensor(database):
    store = SqlSide(database)
    keys = DeviceKeyUseCases(store, lambda: NOW)
    for attempt in range(20):
        await store.add_sensor(f"race-{attempt}", "", f"F{attempt}")
        racers = (create(keys, f"race-{attempt}"), store.delete_sensor(f"race-{attempt}"))
        results = await asyncio.gather(*racers, return_exceptions=True)
        assert results[1] is None
        assert isinstance(results[0], Issued | InvalidInputError), results
        assert await listed(keys, wanted=DeviceKeyFilter(f"race-{attempt}")) == []
