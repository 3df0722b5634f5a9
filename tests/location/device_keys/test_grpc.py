"""Device keys as gRPC clients and a neighbour see them, on a real server and a real database."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import grpc
import pytest
from montrg.location.v1 import device_key_registry_service_pb2 as registry_pb2
from montrg.location.v1 import (
    device_key_registry_service_pb2_grpc,
    device_key_service_pb2_grpc,
    sensor_service_pb2,
    sensor_service_pb2_grpc,
)
from montrg.location.v1 import device_key_service_pb2 as pb2

from services.common.server import serve
from services.device_keys.convert import keys as parse_keys
from services.location.app import APP
from tests.conftest import settings_of
from tests.support.callers import BelievingGate, person
from tests.support.directory import make_place, register
from tests.support.refusals import reason, refused

OURS, THEIRS = person("F"), person("Elsewhere")


@pytest.fixture(scope="module")
async def channel(admin_url):
    settings, environment = settings_of(admin_url, "location")
    async with (
        serve(APP, settings, environment, BelievingGate()) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        await make_place(channel)
        await register(channel, "S1", "S2")
        yield channel


@pytest.fixture(scope="module")
def keys(channel):
    return device_key_service_pb2_grpc.DeviceKeyServiceStub(channel)


@pytest.fixture(scope="module")
def registry(channel):
    return device_key_registry_service_pb2_grpc.DeviceKeyRegistryServiceStub(channel)


def create(keys, *sensor_ids, metadata=OURS, **fields):
    key = pb2.DeviceKey(sensor_ids=sensor_ids, **fields)
    return keys.CreateDeviceKey(pb2.CreateDeviceKeyRequest(device_key=key), metadata=metadata)


async def registered(registry):
    answer = await registry.GetDeviceKeys(registry_pb2.GetDeviceKeysRequest())
    return parse_keys(answer.SerializeToString())


async def told(watch, revision):
    """Reads until the keys stand at a revision; none of them is beyond it."""
    async with asyncio.timeout(10):
        while True:
            change = (await watch.read()).change
            assert change.HasField("send_time")
            assert change.revision <= revision
            if change.revision == revision:
                return


async def test_a_key_is_created_read_rotated_and_revoked_and_only_two_answers_have_a_secret(keys):
    ends = datetime(2099, 1, 1, tzinfo=UTC)
    created = await create(keys, "S2", "S1", name="Gateway", expire_time=ends)
    assert created.secret.startswith(f"mk_{created.key_id}_")
    assert (list(created.sensor_ids), created.expire_time.ToDatetime(UTC)) == (["S1", "S2"], ends)
    assert not any(created.HasField(name) for name in ("last_use_time", "last_use_address", "previous_valid_until"))
    read = await keys.GetDeviceKey(pb2.GetDeviceKeyRequest(key_id=created.key_id), metadata=OURS)
    assert not read.HasField("secret")
    created_without, rotate = pb2.DeviceKey(), pb2.RotateDeviceKeyRequest(key_id=created.key_id)
    created_without.CopyFrom(created)
    created_without.ClearField("secret")
    assert read == created_without
    rotated = await keys.RotateDeviceKey(rotate, metadata=OURS)
    assert rotated.secret not in {"", created.secret}
    left = rotated.previous_valid_until.ToDatetime(UTC) - datetime.now(UTC)
    assert timedelta(hours=23) < left <= timedelta(days=1)
    (listed,) = (await keys.ListDeviceKeys(pb2.ListDeviceKeysRequest(sensor_id="S1"), metadata=OURS)).device_keys
    assert (listed.key_id, listed.HasField("secret")) == (created.key_id, False)
    revoke = pb2.DeleteDeviceKeyRequest(key_id=created.key_id)
    answer = await keys.DeleteDeviceKey(revoke, metadata=OURS)
    assert (answer.deleted, answer.message) == (True, f"device key {created.key_id} is revoked")
    assert await reason(keys.DeleteDeviceKey(revoke)) == (grpc.StatusCode.NOT_FOUND, "DEVICE_KEY_NOT_FOUND")


async def test_what_is_stored_holds_no_secret(keys, admin_url):
    created = await create(keys, "S1")
    rotated = await keys.RotateDeviceKey(pb2.RotateDeviceKeyRequest(key_id=created.key_id))
    connection = await asyncpg.connect(admin_url)
    stored = repr(await connection.fetch("SELECT *, device_key::text FROM location.device_key"))
    await connection.close()
    assert created.key_id in stored
    for secret in (created.secret, rotated.secret):
        assert secret not in stored
        assert secret.rpartition("_")[2] not in stored


async def test_a_key_of_a_factory_elsewhere_is_as_if_not_there(keys):
    created = await create(keys, "S1")
    for call, request in (
        (keys.GetDeviceKey, pb2.GetDeviceKeyRequest(key_id=created.key_id)),
        (keys.RotateDeviceKey, pb2.RotateDeviceKeyRequest(key_id=created.key_id)),
        (keys.DeleteDeviceKey, pb2.DeleteDeviceKeyRequest(key_id=created.key_id)),
    ):
        assert await reason(call(request, metadata=THEIRS)) == (grpc.StatusCode.NOT_FOUND, "DEVICE_KEY_NOT_FOUND")
    assert not (await keys.ListDeviceKeys(pb2.ListDeviceKeysRequest(), metadata=THEIRS)).device_keys
    invalid = (grpc.StatusCode.INVALID_ARGUMENT, ["sensor_ids"])
    assert await refused(create(keys, "S1", metadata=THEIRS)) == invalid
    token = (await keys.ListDeviceKeys(pb2.ListDeviceKeysRequest(limit=1), metadata=OURS)).next_page_token
    asked = pb2.ListDeviceKeysRequest(page_token=token)
    assert await refused(keys.ListDeviceKeys(asked, metadata=THEIRS)) == (
        grpc.StatusCode.INVALID_ARGUMENT, ["page_token"]
    )  # fmt: skip


async def test_who_lets_devices_in_is_told_of_each_change_of_a_key_and_of_no_other(keys, registry, channel):
    first = (await registered(registry)).revision
    known = registry_pb2.GetDeviceKeysRequest(known_revision=first)
    answer = await registry.GetDeviceKeys(known)
    assert (answer.unchanged, answer.revision, len(answer.keys)) == (True, first, 0)
    watch = registry.WatchDeviceKeys(registry_pb2.WatchDeviceKeysRequest())
    await told(watch, first)
    await register(channel, "S3")
    created = await create(keys, "S3")
    await told(watch, first + 1)
    now = datetime.now(UTC)
    key = (await registered(registry)).of(created.secret, now)
    assert (key.key_id, key.sensors) == (created.key_id, {"S3"})
    rotate = pb2.RotateDeviceKeyRequest(key_id=created.key_id, overlap_minutes=1)
    rotated = await keys.RotateDeviceKey(rotate)
    fresh = await registered(registry)
    assert fresh.of(rotated.secret, now)
    assert fresh.of(created.secret, now)
    assert not fresh.of(created.secret, now + timedelta(minutes=2))
    request = sensor_service_pb2.DeleteSensorRequest(sensor_id="S3")
    await sensor_service_pb2_grpc.SensorServiceStub(channel).DeleteSensor(request)
    await told(watch, first + 3)
    assert not (await registered(registry)).of(rotated.secret, now)
    watch.cancel()


@pytest.mark.parametrize("fields", [{"key_id": "a\0"}, {"key_id": "a", "address": "\0"}, {"address": "x" * 5000}])
async def test_a_use_that_cannot_be_kept_is_refused_by_its_place_in_the_report(registry, fields):
    report = registry_pb2.ReportDeviceKeyUseRequest()
    report.uses.add(key_id="b", use_time=datetime(2026, 7, 15, tzinfo=UTC))
    report.uses.add(use_time=datetime(2026, 7, 15, tzinfo=UTC), **fields)
    code, blamed = await refused(registry.ReportDeviceKeyUse(report))
    assert (code, len(blamed), blamed[0][:8]) == (grpc.StatusCode.INVALID_ARGUMENT, 1, "uses[1].")


async def test_a_use_that_is_reported_is_shown(keys, registry):
    created = await create(keys, "S1")
    report = registry_pb2.ReportDeviceKeyUseRequest()
    report.uses.add(key_id=created.key_id, use_time=datetime(2026, 7, 15, tzinfo=UTC), address="192.0.2.7")
    await registry.ReportDeviceKeyUse(report)
    read = await keys.GetDeviceKey(pb2.GetDeviceKeyRequest(key_id=created.key_id))
    assert (read.last_use_time.ToDatetime(UTC), read.last_use_address) == (
        datetime(2026, 7, 15, tzinfo=UTC), "192.0.2.7"
    )  # fmt: skip
