"""The location service as a gRPC client sees it, on a real server and a real database."""

import asyncio

import grpc
import pytest
from montrg.location.v1 import location_service_pb2 as pb2
from montrg.location.v1 import location_service_pb2_grpc, sensor_service_pb2_grpc
from montrg.location.v1 import sensor_service_pb2 as sensor_pb2

from services.common.server import serve
from services.location.app import APP
from tests.conftest import settings_of
from tests.support.refusals import refused

PATIENCE_S = 15


@pytest.fixture(scope="module")
async def channel(admin_url):
    settings, environment = settings_of(admin_url, "location")
    async with serve(APP, settings, environment) as port, grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel


@pytest.fixture(scope="module")
def places(channel):
    return location_service_pb2_grpc.LocationServiceStub(channel)


@pytest.fixture(scope="module")
def sensors(channel):
    return sensor_service_pb2_grpc.SensorServiceStub(channel)


def new_place(loc_id, **more):
    fields = {"loc_id": loc_id, "factory": "F1", "building": "B1", "floor": 0, "area": "Press"} | more
    return pb2.CreateLocationRequest(location=pb2.Location(**fields))


def new_sensor(sensor_id, loc_id, **more):
    return sensor_pb2.CreateSensorRequest(sensor=sensor_pb2.Sensor(sensor_id=sensor_id, loc_id=loc_id, **more))


async def test_a_place_is_created_read_changed_and_deleted(places):
    created = await places.CreateLocation(new_place("P-1", plant="Plant"))
    assert (created.floor, created.plant, created.HasField("upd_dt")) == (0, "Plant", True)
    assert await places.GetLocation(pb2.GetLocationRequest(loc_id="P-1")) == created
    request = pb2.UpdateLocationRequest(loc_id="P-1", location=pb2.Location(loc_id="P-1", floor=-1))
    request.update_mask.paths.extend(["floor", "plant"])
    changed = await places.UpdateLocation(request)
    assert (changed.floor, changed.plant, changed.area) == (-1, "", "Press")
    assert (await refused(places.CreateLocation(new_place("P-1"))))[0] == grpc.StatusCode.ALREADY_EXISTS
    delete = pb2.DeleteLocationRequest(loc_id="P-1")
    answer = await places.DeleteLocation(delete)
    assert (answer.deleted, answer.message) == (True, "place P-1 is deleted")
    assert (await refused(places.DeleteLocation(delete)))[0] == grpc.StatusCode.NOT_FOUND


async def test_a_sensor_is_created_read_moved_and_deleted(places, sensors):
    for loc_id in ("S-A", "S-B"):
        await places.CreateLocation(new_place(loc_id))
    created = await sensors.CreateSensor(new_sensor("s1", "S-A"))
    assert (created.is_active, created.interval_s, created.index_kind) == (True, 60, "summer")
    assert not created.HasField("height_m")
    request = sensor_pb2.UpdateSensorRequest(sensor_id="s1", sensor=sensor_pb2.Sensor(loc_id="S-B", height_m=0))
    moved = await sensors.UpdateSensor(request)
    assert (moved.loc_id, moved.HasField("height_m")) == ("S-B", True)
    assert await sensors.GetSensor(sensor_pb2.GetSensorRequest(sensor_id="s1")) == moved
    where = await places.GetSensorLocation(pb2.GetSensorLocationRequest(sensor_id="s1"))
    assert (where.loc_id, where.factory) == ("S-B", "F1")
    busy = places.DeleteLocation(pb2.DeleteLocationRequest(loc_id="S-B"))
    assert (await refused(busy))[0] == grpc.StatusCode.FAILED_PRECONDITION
    assert (await sensors.DeleteSensor(sensor_pb2.DeleteSensorRequest(sensor_id="s1"))).deleted
    gone = places.GetSensorLocation(pb2.GetSensorLocationRequest(sensor_id="s1"))
    assert (await refused(gone))[0] == grpc.StatusCode.NOT_FOUND


async def test_batches_split_at_commas_and_keep_the_order_asked(places, sensors):
    for loc_id in ("B-1", "B-2"):
        await places.CreateLocation(new_place(loc_id))
        await sensors.CreateSensor(new_sensor(f"at-{loc_id}", loc_id))
    by_place = await places.BatchGetLocations(pb2.BatchGetLocationsRequest(loc_ids=["B-2,none", "B-1"]))
    assert [p.loc_id for p in by_place.locations] == ["B-2", "B-1"]
    asked = pb2.BatchGetSensorLocationsRequest(sensor_ids=["at-B-2,at-B-1,none"])
    by_sensor = await places.BatchGetSensorLocations(asked)
    assert [(e.sensor_id, e.loc_id) for e in by_sensor.locations] == [("at-B-2", "B-2"), ("at-B-1", "B-1")]


async def test_lists_are_paged_and_filtered(places, sensors):
    for number in range(3):
        await places.CreateLocation(new_place(f"L-{number}", factory="Paged"))
    await sensors.CreateSensor(new_sensor("paged", "L-1"))
    seen, token = [], ""
    while True:
        request = pb2.ListSensorLocationsRequest(limit=1, page_token=token, factory="Paged")
        page = await places.ListSensorLocations(request)
        seen += [(e.loc_id, e.HasField("sensor_id")) for e in page.locations]
        token = page.next_page_token
        if not token:
            break
    assert seen == [("L-0", False), ("L-1", True), ("L-2", False)]
    listed = await sensors.ListSensors(sensor_pb2.ListSensorsRequest(loc_id="L-1", is_active=True))
    assert [s.sensor_id for s in listed.sensors] == ["paged"]


async def revision_from(watch, least):
    """The first message of a watch that tells of a revision as new as `least`."""
    async with asyncio.timeout(PATIENCE_S):
        while (change := (await watch.read()).change).revision < least:
            pass
    return change


async def test_each_change_raises_the_revision_that_watchers_see(places, sensors):
    directory = await sensors.GetDirectory(sensor_pb2.GetDirectoryRequest())
    assert not directory.unchanged
    watch = sensors.WatchChanges(sensor_pb2.WatchChangesRequest())
    # A watcher may hear of the last test's changes a moment after their callers.
    first = await revision_from(watch, directory.revision)
    assert first.revision == directory.revision
    assert first.HasField("send_time")
    known = await sensors.GetDirectory(sensor_pb2.GetDirectoryRequest(known_revision=first.revision))
    assert (known.unchanged, known.revision, len(known.locations)) == (True, first.revision, 0)
    await places.CreateLocation(new_place("W-1"))
    assert (await revision_from(watch, first.revision + 1)).revision == first.revision + 1
    fresh = await sensors.GetDirectory(sensor_pb2.GetDirectoryRequest(known_revision=first.revision))
    assert "W-1" in [p.loc_id for p in fresh.locations]
    watch.cancel()
