"""Places that moved, were renamed or are gone: history is found where it was measured."""

from datetime import UTC, datetime, timedelta
from itertools import count

import grpc
import pytest
from montrg.location.v1 import (
    location_service_pb2,
    location_service_pb2_grpc,
    sensor_service_pb2,
    sensor_service_pb2_grpc,
)

from services.aggregation.app import APP as AGGREGATION
from services.location.app import APP as LOCATION
from tests.support.directory import make_place, register
from tests.support.mesh import eventually, start_beside
from tests.support.refusals import reason
from tests.support.rollups import all_is_well, followed

NOON = datetime(2024, 6, 3, 3, tzinfo=UTC)
NOT_FOUND = (grpc.StatusCode.NOT_FOUND, "PLACE_NOT_FOUND")


@pytest.fixture(scope="module")
async def location(mesh):
    async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        yield channel


@pytest.fixture(scope="module", autouse=True)
async def written(mesh, connection, location, write, ask):
    """A sensor that measured at G-1 in factory G, and then at G-2; G-1 is deleted."""
    await make_place(location, "G-1", factory="G", plant="")
    await make_place(location, "G-2", factory="G", plant="Q", floor=-1)
    await register(location, "mover", loc_id="G-1")
    assert (await write(("mover", NOON, 20.0, 50.0))).accepted == 1
    sensor = sensor_service_pb2.Sensor(loc_id="G-2")
    await sensor_service_pb2_grpc.SensorServiceStub(location).UpdateSensor(
        sensor_service_pb2.UpdateSensorRequest(sensor_id="mover", sensor=sensor)
    )

    probes = count(1)

    async def moved():
        await write(("mover", datetime(2013, 1, 1, tzinfo=UTC) + timedelta(seconds=next(probes)), 0.0, 50.0))
        return await connection.fetchval("SELECT count(*) FROM realtime.readings WHERE loc_id = 'G-2'")

    await eventually(moved)
    assert (await write(("mover", NOON.replace(second=30), 30.0, 50.0))).accepted == 1
    await eventually(lambda: knows(connection, "G-1"))
    await location_service_pb2_grpc.LocationServiceStub(location).DeleteLocation(
        location_service_pb2.DeleteLocationRequest(loc_id="G-1")
    )
    await all_is_well(connection, ask)


async def knows(connection, loc_id):
    return await connection.fetchval("SELECT count(*) FROM aggregation.place WHERE loc_id = $1", loc_id)


async def test_each_place_has_what_was_measured_there(ask):
    entries = {entry.loc_id: entry for entry in (await ask("20240603")).locations}
    assert entries.keys() == {"G-1", "G-2"}
    assert (entries["G-1"].factory, entries["G-1"].date[0].metrics.temperature_max) == ("G", 20.0)
    assert (entries["G-2"].floor, entries["G-2"].date[0].metrics.temperature_max) == (-1, 30.0)
    assert not entries["G-1"].HasField("plant")


async def test_a_deleted_place_counts_in_its_factory_and_is_found_after_a_restart(mesh, connection, ask):
    (before,) = (await ask("2024", factory="G")).locations
    assert (before.date[0].readings, before.date[0].metrics.temperature_avg) == (2, 25.0)
    assert not before.HasField("plant")
    await mesh.stop(AGGREGATION)
    await start_beside(mesh, "aggregation")
    await all_is_well(connection, ask)
    assert (await ask("2024", factory="G")).locations == [before]
    (place,) = (await ask("20240603", location_id="G-1")).locations
    assert (place.factory, place.building) == ("G", "B")


async def test_a_places_present_name_counts(connection, location, ask):
    await make_place(location, "H-1", factory="H")
    await eventually(lambda: knows(connection, "H-1"))
    assert not (await ask("2024", factory="H")).locations
    await location_service_pb2_grpc.LocationServiceStub(location).UpdateLocation(
        location_service_pb2.UpdateLocationRequest(loc_id="H-1", location={"factory": "I"})
    )

    async def renamed():
        return await connection.fetchval("SELECT factory FROM aggregation.place WHERE loc_id = 'H-1'") == "I"

    await eventually(renamed)
    assert not (await ask("2024", factory="I")).locations
    assert await reason(ask("2024", factory="H")) == NOT_FOUND


async def test_a_place_that_never_was_is_not_found(ask):
    for where in (
        {"location_id": "nowhere"}, {"location_id": "a/b"}, {"location_id": "\0"}, {"factory": "X"}, {"factory": ""},
        {"factory": "F1", "building": "C"}, {"factory": "F1", "building": "B", "floor": 3},
    ):  # fmt: skip
        assert await reason(ask("2024", **where)) == NOT_FOUND, where


async def test_readings_of_a_place_that_nobody_knows_are_told_with_its_id_alone(connection, ask):
    await connection.execute(
        "INSERT INTO aggregation.series (sensor_id, loc_id, shard) VALUES ('old', 'gone', 0);"
        "INSERT INTO aggregation.daily SELECT s.series_id, '2001-05-06', 1, 0, -1, 5000, 0, 0, -1, 5000, NULL,"
        " '2001-05-05 20:00+00', -1, 5000, NULL, '2001-05-05 20:00+00' FROM aggregation.series s WHERE loc_id = 'gone'"
    )
    (entry,) = (await ask("200105")).locations
    assert [field.name for field, _ in entry.ListFields()] == ["loc_id", "date"]
    (row,) = entry.date
    assert (row.ymd, row.hour, row.metrics.temperature_avg) == ("20010506", "00", -0.01)
    assert not row.metrics.HasField("pcv_temperature_max")
    assert not (await ask("2024", location_id="gone")).locations
    await followed(connection)
