"""The use cases of places and sensors, on the store in memory and on PostgreSQL alike."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete

from services.common.access.domain import EVERYTHING
from services.common.database import Database
from services.common.errors import (
    AlreadyExistsError,
    DomainError,
    FailedPreconditionError,
    InvalidInputError,
    NotFoundError,
)
from services.common.paging import page_request
from services.location.domain import Calibration, LocationFilter, SensorFilter
from services.location.repository import SqlRepository
from services.location.service import LocationUseCases, SensorUseCases
from services.location.tables import location, sensor
from tests.location.memory import MemoryRepository

NOW = datetime(2026, 7, 15, 5, 0, 0, 123456, tzinfo=UTC)
EVERYWHERE = LocationFilter()


@pytest.fixture(scope="module")
async def database(location_database_url):
    opened = Database(location_database_url, 5, "test")
    yield opened
    await opened.close()


@pytest.fixture(params=["memory", "sql"])
async def store(request, database):
    if request.param == "memory":
        return MemoryRepository()
    async with database.transaction() as connection:
        await connection.execute(delete(sensor))
        await connection.execute(delete(location))
    return SqlRepository(database)


@pytest.fixture
def places(store):
    return LocationUseCases(store, lambda: NOW)


@pytest.fixture
def sensors(store):
    return SensorUseCases(store, lambda: NOW)


def place(loc_id, **more):
    return {"loc_id": loc_id, "factory": "F1", "building": "B1", "floor": 1, "area": "Press"} | more


async def fill(places, sensors):
    """Three places: A without sensors, B with two, C with one."""
    for loc_id, floor in (("C", 1), ("A", 1), ("B", 2)):
        await places.create(place(loc_id, floor=floor), EVERYTHING)
    for sensor_id, loc_id in (("S3", "B"), ("S2", "C"), ("S1", "B")):
        await sensors.create({"sensor_id": sensor_id, "loc_id": loc_id}, EVERYTHING)


async def everything(use_cases, limit, types, wanted, key):
    """Every key of a list that is read in pages of `limit`."""
    keys: list[object] = []
    token = ""
    while True:
        page = await use_cases.list_page(page_request(limit, 0, token, types, wanted), wanted, EVERYTHING)
        keys += map(key, page.items)
        token = page.next_page_token
        if not token:
            return keys


async def revision_of(sensors):
    return (await sensors.directory(None)).revision


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_pages_hold_each_place_with_each_sensor_once_and_in_order(places, sensors, limit):
    await fill(places, sensors)
    keys = await everything(places, limit, (str, str), EVERYWHERE, lambda e: (e.loc_id, e.sensor_id))
    assert keys == [("A", None), ("B", "S1"), ("B", "S3"), ("C", "S2")]
    assert await everything(sensors, limit, (str,), SensorFilter(), lambda s: s.sensor_id) == ["S1", "S2", "S3"]


async def test_lists_keep_to_their_filters_and_skip(places, sensors):
    await fill(places, sensors)
    ground = LocationFilter(floor=1, factory="F1")
    keys = await everything(places, 100, (str, str), ground, lambda e: (e.loc_id, e.sensor_id))
    assert keys == [("A", None), ("C", "S2")]
    assert await everything(places, 100, (str, str), LocationFilter(plant="P9"), lambda e: e.loc_id) == []
    await sensors.update("S3", {"is_active": False}, EVERYTHING)
    at_b = SensorFilter(loc_id="B", is_active=False)
    assert await everything(sensors, 100, (str,), at_b, lambda s: s.sensor_id) == ["S3"]
    skipped = await sensors.list_page(page_request(1, 1, "", (str,)), SensorFilter(), EVERYTHING)
    assert [s.sensor_id for s in skipped.items] == ["S2"]


async def test_ids_are_ordered_byte_by_byte(places):
    for loc_id in ("a", "B", "A2", "A10", "_", "-", "..."):
        await places.create(place(loc_id), EVERYTHING)
    keys = await everything(places, 2, (str, str), EVERYWHERE, lambda e: e.loc_id)
    assert keys == ["-", "...", "A10", "A2", "B", "_", "a"]


async def test_what_is_created_is_what_is_read(places, sensors):
    created = await places.create(place("A", plant="", floor=-2, area="압연"), EVERYTHING)
    assert await places.get("A", EVERYTHING) == created
    calibrations = (Calibration(NOW, 0.1, -3.0), Calibration(NOW - timedelta(days=1), -0.25, 0.0))
    sensor = await sensors.create(
        {"sensor_id": "S", "loc_id": "A", "height_m": 0.0, "calibrations": calibrations}, EVERYTHING
    )
    assert await sensors.get("S", EVERYTHING) == sensor
    assert [c.temperature_offset for c in sensor.calibrations] == [-0.25, 0.1]
    entry = await places.where("S", EVERYTHING)
    assert (entry.sensor_id, entry.loc_id, entry.floor, entry.area) == ("S", "A", -2, "압연")


async def test_batches_answer_in_the_order_asked_without_what_does_not_exist(places, sensors):
    await fill(places, sensors)
    asked = ["S3", "none", "S1", "S3", "a b\0"]
    assert [e.sensor_id for e in await places.where_many(asked, EVERYTHING)] == ["S3", "S1"]
    assert [p.loc_id for p in await places.get_many(["C", "nowhere", "A"], EVERYTHING)] == ["C", "A"]
    assert await places.get_many(["\0"], EVERYTHING) == []
    with pytest.raises(InvalidInputError, match="1 to 1000"):
        await places.where_many([], EVERYTHING)


@pytest.mark.parametrize("missing", ["none", "", "a b", "batch", "\0", "x" * 60])
async def test_what_does_not_exist_is_not_found_whatever_it_is_called(places, sensors, missing):
    calls = (
        places.get(missing, EVERYTHING),
        places.where(missing, EVERYTHING),
        places.update(missing, {"floor": 1}, EVERYTHING),
        places.delete(missing, EVERYTHING),
        sensors.get(missing, EVERYTHING),
        sensors.update(missing, {"name": "N"}, EVERYTHING),
        sensors.delete(missing, EVERYTHING),
    )
    for call in calls:
        with pytest.raises(NotFoundError):
            await call


async def test_a_taken_id_is_refused_and_changes_nothing(places, sensors):
    await fill(places, sensors)
    before = await revision_of(sensors)
    with pytest.raises(AlreadyExistsError, match="'A' exists already"):
        await places.create(place("A", area="Other"), EVERYTHING)
    with pytest.raises(AlreadyExistsError, match="'S1' exists already"):
        await sensors.create({"sensor_id": "S1", "loc_id": "A"}, EVERYTHING)
    assert (await places.get("A", EVERYTHING)).area == "Press"
    assert await revision_of(sensors) == before


async def test_a_sensor_is_neither_created_at_nor_moved_to_a_place_that_does_not_exist(places, sensors):
    await fill(places, sensors)
    with pytest.raises(InvalidInputError, match="loc_id: is 'Z': no such place; create it first"):
        await sensors.create({"sensor_id": "S9", "loc_id": "Z"}, EVERYTHING)
    with pytest.raises(InvalidInputError, match="no such place"):
        await sensors.update("S1", {"loc_id": "Z"}, EVERYTHING)
    assert (await places.where("S1", EVERYTHING)).loc_id == "B"
    await sensors.update("S1", {"loc_id": "A"}, EVERYTHING)
    assert (await places.where("S1", EVERYTHING)).loc_id == "A"


async def test_a_place_is_deleted_only_after_its_sensors(places, sensors):
    await fill(places, sensors)
    with pytest.raises(FailedPreconditionError, match="has sensors S1, S3: move or delete"):
        await places.delete("B", EVERYTHING)
    await sensors.delete("S1", EVERYTHING)
    await sensors.update("S3", {"loc_id": "A"}, EVERYTHING)
    await places.delete("B", EVERYTHING)
    with pytest.raises(NotFoundError):
        await places.get("B", EVERYTHING)


async def test_an_update_changes_what_is_given_and_a_bad_one_nothing(places, sensors):
    await fill(places, sensors)
    await places.update("A", {"area": "Weld"}, EVERYTHING)
    assert ((await places.get("A", EVERYTHING)).area, (await places.get("A", EVERYTHING)).floor) == ("Weld", 1)
    await sensors.update("S1", {"height_m": 1.3, "calibrations": (Calibration(NOW, 1.0, 0.0),)}, EVERYTHING)
    await sensors.update("S1", {"name": "North"}, EVERYTHING)
    changed = await sensors.get("S1", EVERYTHING)
    assert (changed.height_m, changed.name, len(changed.calibrations)) == (1.3, "North", 1)
    with pytest.raises(InvalidInputError, match="floor"):
        await places.update("A", {"floor": 301}, EVERYTHING)
    with pytest.raises(InvalidInputError, match="no field to change"):
        await sensors.update("S1", {}, EVERYTHING)
    await sensors.update("S1", {"height_m": None, "calibrations": ()}, EVERYTHING)
    assert ((await sensors.get("S1", EVERYTHING)).height_m, (await sensors.get("S1", EVERYTHING)).calibrations) == (
        None,
        (),
    )


async def test_each_change_raises_the_revision_by_one(places, sensors):
    await places.create(place("A"), EVERYTHING)
    start = await revision_of(sensors)
    steps = (
        lambda: sensors.create({"sensor_id": "S", "loc_id": "A"}, EVERYTHING),
        lambda: sensors.update("S", {"name": "N"}, EVERYTHING),
        lambda: places.update("A", {"floor": 2}, EVERYTHING),
        lambda: sensors.delete("S", EVERYTHING),
        lambda: places.delete("A", EVERYTHING),
    )
    for step in steps:
        await step()
    assert await revision_of(sensors) == start + len(steps)


async def test_a_directory_holds_everything_unless_its_revision_is_known(places, sensors):
    await fill(places, sensors)
    directory = await sensors.directory(None)
    assert [s.sensor_id for s in directory.sensors] == ["S1", "S2", "S3"]
    assert [p.loc_id for p in directory.locations] == ["A", "B", "C"]
    assert await sensors.directory(directory.revision) is None
    assert await sensors.directory(directory.revision - 1) == directory


async def test_a_place_and_its_first_sensor_in_a_race_never_end_apart(database):
    """The delete and the create cannot both win, and the loser is refused in words, never by the constraint."""
    places = LocationUseCases(SqlRepository(database), lambda: NOW)
    sensors = SensorUseCases(SqlRepository(database), lambda: NOW)
    for attempt in range(20):
        loc_id = f"race-{attempt}"
        await places.create(place(loc_id), EVERYTHING)
        racers = (
            places.delete(loc_id, EVERYTHING),
            sensors.create({"sensor_id": f"R{attempt}", "loc_id": loc_id}, EVERYTHING),
        )
        results = await asyncio.gather(*racers, return_exceptions=True)
        assert sum(isinstance(result, DomainError) for result in results) == 1, results


async def test_of_two_creates_of_one_id_at_once_one_is_refused(database):
    places = LocationUseCases(SqlRepository(database), lambda: NOW)
    for attempt in range(10):
        twins = (places.create(place(f"twin-{attempt}"), EVERYTHING) for _ in range(2))
        results = await asyncio.gather(*twins, return_exceptions=True)
        assert sum(isinstance(result, AlreadyExistsError) for result in results) == 1, results
