"""Devices that write their sensors' readings by their keys, with location there and away."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import asyncpg
import grpc
import pytest
from montrg.location.v1 import (
    device_key_service_pb2,
    device_key_service_pb2_grpc,
    sensor_service_pb2,
    sensor_service_pb2_grpc,
)
from montrg.realtime.v1 import ingest_service_pb2 as pb2
from montrg.realtime.v1 import ingest_service_pb2_grpc

from services.common.access.gate import DEVICE_KEY, header
from services.common.errors import UnauthenticatedError
from services.location.app import APP as LOCATION
from services.realtime import devices
from services.realtime.app import APP as REALTIME
from tests.support.callers import BelievingGate
from tests.support.directory import make_place, register
from tests.support.mesh import eventually, running_mesh
from tests.support.refusals import reason

ADDRESS = "192.0.2.33"
PATIENCE_S = 10.0
OK, REFUSED, AWAY = grpc.StatusCode.OK, grpc.StatusCode.UNAUTHENTICATED, grpc.StatusCode.UNAVAILABLE
FOREIGN = "is not registered; POST it to /api/v1/sensors/ of the location service first"


class KeyGate(BelievingGate):
    """Asks whose key it is that a call brings, as the gate of the secure profile does."""

    def accept(self, devices):
        self._devices = devices

    def admit(self, method, context):
        secret = header(context.invocation_metadata(), DEVICE_KEY)
        if not secret:
            return super().admit(method, context)
        device = self._devices.device(secret)
        if device is None:
            raise UnauthenticatedError("the key does not work; give one that does", "UNKNOWN_KEY")
        return replace(device, address=ADDRESS)


@pytest.fixture(scope="module")
async def mesh(admin_url):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(devices, "REPORT_EVERY_S", 0.2)
        async with running_mesh(admin_url, KeyGate(), MONTRG_REGISTER_UNKNOWN_AT="A-1") as mesh:
            async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
                await make_place(channel)
                await register(channel, "S1", "S2", "S3")
            yield mesh


@pytest.fixture(scope="module")
async def location(mesh):
    async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        yield channel


@pytest.fixture(scope="module")
def keys(location):
    return device_key_service_pb2_grpc.DeviceKeyServiceStub(location)


@pytest.fixture(scope="module")
async def ingest(mesh):
    async with grpc.aio.insecure_channel(mesh.url(REALTIME)) as channel:
        yield ingest_service_pb2_grpc.IngestServiceStub(channel)


async def create(keys, *sensor_ids, **fields):
    key = device_key_service_pb2.DeviceKey(sensor_ids=sensor_ids, **fields)
    return await keys.CreateDeviceKey(device_key_service_pb2.CreateDeviceKeyRequest(device_key=key))


async def rotate(keys, key, overlap_minutes):
    request = device_key_service_pb2.RotateDeviceKeyRequest(key_id=key.key_id, overlap_minutes=overlap_minutes)
    return await keys.RotateDeviceKey(request)


async def revoke(keys, key):
    await keys.DeleteDeviceKey(device_key_service_pb2.DeleteDeviceKeyRequest(key_id=key.key_id))


async def write(ingest, secret, *sensor_ids, **fields):
    values: dict[str, Any] = {"capture_time": datetime.now(UTC), "temperature": 25, "humidity": 50} | fields
    rows = [pb2.Reading(sensor_id=name, **values) for name in sensor_ids]
    metadata = ((DEVICE_KEY, secret),) if secret else None
    return await ingest.WriteReadings(pb2.WriteReadingsRequest(readings=rows), metadata=metadata)


async def answer_to(ingest, secret):
    """What becomes of a call with a secret: nothing of it is stored."""
    try:
        await write(ingest, secret, "nobody")
    except grpc.aio.AioRpcError as error:
        return error.code()
    return OK


async def until(ingest, secret, code):
    """Waits until a call with a secret is answered so; that takes some milliseconds where a machine is not busy."""
    async with asyncio.timeout(PATIENCE_S):
        while await answer_to(ingest, secret) is not code:
            await asyncio.sleep(0.01)


async def test_a_device_writes_its_sensors_and_every_other_is_as_unknown_to_it(keys, ingest, location):
    key = await create(keys, "S1", "S2")
    await until(ingest, key.secret, OK)
    answer = await write(ingest, key.secret, "S1", "S3", "S2", "nobody", "a b")
    assert (answer.accepted, answer.rejected) == (2, 3), answer
    told = {outcome.index: (outcome.outcome, outcome.field, outcome.reason) for outcome in answer.outcomes}
    rejected = pb2.RowOutcome.REJECTED
    assert told[1] == (rejected, "sensor_id", f"'S3' {FOREIGN}")
    assert told[3] == (rejected, "sensor_id", f"'nobody' {FOREIGN}")
    stored = await ingest.ListReadings(pb2.ListReadingsRequest(sensor_id="S3"))
    assert not stored.readings
    # Everybody else's unknown sensors are registered here, and a device's are not.
    sensors = sensor_service_pb2_grpc.SensorServiceStub(location)
    missing = sensors.GetSensor(sensor_service_pb2.GetSensorRequest(sensor_id="nobody"))
    assert await reason(missing) == (grpc.StatusCode.NOT_FOUND, "SENSOR_NOT_FOUND")
    assert (await write(ingest, None, "newcomer")).accepted == 1
    await revoke(keys, key)


@pytest.mark.parametrize("bad", [{"humidity": 130}, {"temperature": -99}, {"source": "a b"}], ids=str)
async def test_a_bad_row_of_a_sensor_elsewhere_is_refused_as_one_of_no_sensor_is(keys, ingest, bad):
    key = await create(keys, "S1")
    await until(ingest, key.secret, OK)
    answer = await write(ingest, key.secret, "S3", "nobody", **bad)
    there, nowhere = [(one.outcome, one.field, one.reason) for one in answer.outcomes]
    assert there == nowhere
    await revoke(keys, key)


async def test_rows_of_several_devices_that_are_stored_at_once_keep_their_owners(keys, ingest):
    mine, yours = await create(keys, "S1"), await create(keys, "S2")
    for key in (mine, yours):
        await until(ingest, key.secret, OK)
    calls = [write(ingest, key.secret, "S1", "S2") for key in (mine, yours) * 20]
    for number, answer in enumerate(await asyncio.gather(*calls)):
        assert [one.index for one in answer.outcomes if one.outcome == pb2.RowOutcome.REJECTED] == [1 - number % 2]
    for key in (mine, yours):
        await revoke(keys, key)


async def test_a_key_works_and_ends_as_soon_as_it_is_made_and_revoked(keys, ingest):
    key = await create(keys, "S1")
    await until(ingest, key.secret, OK)
    rotated = await rotate(keys, key, overlap_minutes=5)
    await until(ingest, rotated.secret, OK)
    assert await answer_to(ingest, key.secret) is OK, "the one before works on for a while"
    again = await rotate(keys, key, overlap_minutes=0)
    await until(ingest, again.secret, OK)
    assert await answer_to(ingest, rotated.secret) is REFUSED
    await revoke(keys, key)
    await until(ingest, again.secret, REFUSED)


async def test_a_deleted_sensor_is_no_keys_any_more_and_its_device_does_not_bring_it_back(keys, ingest, location):
    await register(location, "doomed")
    key = await create(keys, "S1", "doomed")
    await until(ingest, key.secret, OK)
    assert (await write(ingest, key.secret, "doomed")).accepted == 1
    sensors = sensor_service_pb2_grpc.SensorServiceStub(location)
    await sensors.DeleteSensor(sensor_service_pb2.DeleteSensorRequest(sensor_id="doomed"))
    async with asyncio.timeout(PATIENCE_S):
        while (await write(ingest, key.secret, "doomed")).rejected == 0:
            await asyncio.sleep(0.01)
    missing = sensors.GetSensor(sensor_service_pb2.GetSensorRequest(sensor_id="doomed"))
    assert await reason(missing) == (grpc.StatusCode.NOT_FOUND, "SENSOR_NOT_FOUND")
    await revoke(keys, key)


async def test_the_last_use_is_shown_with_its_address(keys, ingest):
    key = await create(keys, "S1")
    before = datetime.now(UTC)
    await until(ingest, key.secret, OK)

    async def is_shown():
        shown = await keys.GetDeviceKey(device_key_service_pb2.GetDeviceKeyRequest(key_id=key.key_id))
        return shown.last_use_time.ToDatetime(UTC) > before and shown.last_use_address == ADDRESS

    await eventually(is_shown)
    await revoke(keys, key)


async def test_what_realtime_keeps_of_a_key_holds_no_secret(keys, ingest, admin_url):
    key = await create(keys, "S1")
    await until(ingest, key.secret, OK)
    connection = await asyncpg.connect(admin_url)
    kept = await connection.fetchval("SELECT payload FROM realtime.neighbour_snapshot WHERE name = 'device_keys'")
    await connection.close()
    assert key.key_id.encode() in kept
    assert key.secret.rpartition("_")[2].encode() not in kept
    await revoke(keys, key)


async def test_devices_write_on_while_location_is_away_also_after_a_restart(keys, ingest, mesh):
    key = await create(keys, "S1")
    await until(ingest, key.secret, OK)
    await mesh.stop(LOCATION)
    await mesh.stop(REALTIME)
    await mesh.start(REALTIME)
    try:
        # Until it has read its copy it says come again, and never that the key is wrong.
        async with asyncio.timeout(PATIENCE_S):
            while (code := await answer_to(ingest, key.secret)) is not OK:
                assert code is AWAY
        answer = await write(ingest, key.secret, "S1", "S3")
        assert (answer.accepted, answer.unavailable) == (1, 1), answer
        other = key.secret[:-1] + ("A" if key.secret[-1] != "A" else "B")
        assert await answer_to(ingest, other) is REFUSED
    finally:
        await mesh.start(LOCATION)
