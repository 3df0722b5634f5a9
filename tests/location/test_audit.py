"""Changes of places and sensors, as they are written for the audit trail beside the change."""

import asyncpg
import grpc
import orjson
import pytest
from montrg.location.v1 import device_key_service_pb2 as key_pb2
from montrg.location.v1 import device_key_service_pb2_grpc, location_service_pb2_grpc, sensor_service_pb2_grpc
from montrg.location.v1 import location_service_pb2 as pb2
from montrg.location.v1 import sensor_service_pb2 as sensor_pb2

from services.common.server import serve
from services.location.app import APP
from tests.conftest import settings_of
from tests.support.callers import BelievingGate, person

ANN = person("*", name="ann")


@pytest.fixture(scope="module")
async def channel(admin_url):
    # Nobody takes the records, so that they stay where they are.
    settings, environment = settings_of(admin_url, "location", ALERT_HISTORY_SERVICE_URL="127.0.0.1:1")
    async with (
        serve(APP, settings, environment, BelievingGate()) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        yield channel


@pytest.fixture
async def records(admin_url):
    connection = await asyncpg.connect(admin_url)
    await connection.execute("TRUNCATE location.audit_outbox")

    async def read():
        rows = await connection.fetch("SELECT record FROM location.audit_outbox ORDER BY position")
        return [orjson.loads(row[0]) for row in rows]

    yield read
    await connection.close()


async def place(channel, loc_id, factory):
    request = pb2.CreateLocationRequest()
    made = request.location
    made.loc_id, made.plant, made.factory, made.building, made.floor, made.area = loc_id, "P1", factory, "B1", 1, "line"
    await location_service_pb2_grpc.LocationServiceStub(channel).CreateLocation(request, metadata=ANN)


async def test_a_place_is_recorded_where_it_is_with_both_its_sides(channel, records):
    stub = location_service_pb2_grpc.LocationServiceStub(channel)
    await place(channel, "A-1", "F1")
    request = pb2.UpdateLocationRequest(loc_id="A-1", location=pb2.Location(area="other line"))
    await stub.UpdateLocation(request, metadata=ANN)
    await stub.DeleteLocation(pb2.DeleteLocationRequest(loc_id="A-1"), metadata=ANN)
    made, changed, gone = await records()
    assert [one["action"] for one in (made, changed, gone)] == ["created", "updated", "deleted"]
    assert {(one["kind"], one["id"], one["plant"], one["factory"], one["actor"]) for one in (made, changed, gone)} == {
        ("location", "A-1", "P1", "F1", "ann")
    }
    assert changed["changed_fields"] == ["area", "upd_dt"]
    assert (changed["before"]["area"], changed["after"]["area"]) == ("line", "other line")
    assert made["after"].keys() == {"loc_id", "plant", "factory", "building", "floor", "area", "upd_dt"}
    assert gone["before"] == changed["after"]


async def test_a_sensor_is_recorded_where_it_is_after_the_change(channel, records):
    stub = sensor_service_pb2_grpc.SensorServiceStub(channel)
    await place(channel, "B-1", "F1")
    await place(channel, "B-2", "F2")
    request = sensor_pb2.CreateSensorRequest()
    request.sensor.sensor_id, request.sensor.loc_id = "S-1", "B-1"
    calibration = request.sensor.calibrations.add(temperature_offset=0.5)
    calibration.valid_from.FromJsonString("2026-07-15T09:00:00+09:00")
    await stub.CreateSensor(request, metadata=ANN)
    move = sensor_pb2.UpdateSensorRequest(sensor_id="S-1", sensor=sensor_pb2.Sensor(loc_id="B-2"))
    await stub.UpdateSensor(move, metadata=ANN)
    await stub.DeleteSensor(sensor_pb2.DeleteSensorRequest(sensor_id="S-1"), metadata=ANN)
    made, moved, gone = [one for one in await records() if one["kind"] == "sensor"]
    assert [one["factory"] for one in (made, moved, gone)] == ["F1", "F2", "F2"]
    assert made["after"]["calibrations"] == [
        {"valid_from": "2026-07-15T00:00:00Z", "temperature_offset": 0.5, "humidity_offset": 0}
    ]
    assert (moved["before"]["loc_id"], moved["after"]["loc_id"]) == ("B-1", "B-2")
    assert (gone["action"], gone["before"]) == ("deleted", moved["after"])


async def test_a_change_that_is_refused_is_not_recorded(channel, records):
    await place(channel, "C-1", "F1")
    for loc_id in ("C-1", "no place"):
        with pytest.raises(grpc.aio.AioRpcError):
            await place(channel, loc_id, "F1")
    assert len(await records()) == 1


async def test_a_device_key_is_recorded_without_its_secret_and_so_is_what_a_deleted_sensor_makes_of_it(
    channel, records
):
    await place(channel, "K-1", "F1")
    sensors = sensor_service_pb2_grpc.SensorServiceStub(channel)
    keys = device_key_service_pb2_grpc.DeviceKeyServiceStub(channel)
    for sensor_id in ("KS-1", "KS-2"):
        made = sensor_pb2.Sensor(sensor_id=sensor_id, loc_id="K-1")
        await sensors.CreateSensor(sensor_pb2.CreateSensorRequest(sensor=made), metadata=ANN)
    wanted = key_pb2.DeviceKey(name="gateway", sensor_ids=["KS-1", "KS-2"])
    key = await keys.CreateDeviceKey(key_pb2.CreateDeviceKeyRequest(device_key=wanted), metadata=ANN)
    await keys.RotateDeviceKey(key_pb2.RotateDeviceKeyRequest(key_id=key.key_id), metadata=ANN)
    for sensor_id in ("KS-1", "KS-2"):
        await sensors.DeleteSensor(sensor_pb2.DeleteSensorRequest(sensor_id=sensor_id), metadata=ANN)
    found = [one for one in await records() if one["kind"] == "device_key"]
    assert [one["action"] for one in found] == ["created", "updated", "updated", "deleted"]
    assert {(one["id"], one["factory"], one["actor"]) for one in found[:3]} == {(key.key_id, "F1", "ann")}
    assert found[1]["before"]["has_secret_sha256"] is True
    assert "secret_sha256" in found[1]["changed_fields"]
    assert (found[2]["before"]["sensor_ids"], found[2]["after"]["sensor_ids"]) == (["KS-1", "KS-2"], ["KS-2"])
    assert key.secret not in str(found)
    assert not {"secret_sha256", "previous_sha256"} & {*found[0]["after"], *found[1]["before"], *found[1]["after"]}
