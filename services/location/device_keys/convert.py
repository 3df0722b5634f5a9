"""Between protobuf and device keys. Pure."""

from collections.abc import Sequence
from typing import Any

from montrg.location.v1 import device_key_registry_service_pb2 as registry_pb2
from montrg.location.v1 import device_key_service_pb2 as pb2

from services.common.fields import given
from services.common.times import moment, time_or_none
from services.location.device_keys.domain import DeviceKey, DeviceKeyFilter, DeviceKeys, Issued, Use


def to_proto(key: DeviceKey) -> pb2.DeviceKey:
    """Converts a stored key, without anything of its secrets."""
    return pb2.DeviceKey(
        key_id=key.key_id,
        name=key.name,
        sensor_ids=key.sensor_ids,
        expire_time=key.expire_time,
        create_time=key.create_time,
        last_use_time=key.last_use_time,
        last_use_address=key.last_use_address or None,
        previous_valid_until=key.previous_valid_until,
    )


def issued_to_proto(issued: Issued) -> pb2.DeviceKey:
    """Converts a key for the one answer that has its new secret."""
    message = to_proto(issued.key)
    message.secret = issued.secret
    return message


def new_fields(request: pb2.CreateDeviceKeyRequest) -> dict[str, Any]:
    """Returns the fields that a create request sets."""
    key = request.device_key
    fields = given(key, ["name"]) | {"sensor_ids": tuple(key.sensor_ids)}
    return fields | {"expire_time": time_or_none(key, "expire_time")}


def key_filter(request: pb2.ListDeviceKeysRequest) -> DeviceKeyFilter:
    """Returns which keys a list request wants."""
    return DeviceKeyFilter(**given(request, ["sensor_id"]))


def registry_to_proto(keys: DeviceKeys | None, known_revision: int) -> registry_pb2.GetDeviceKeysResponse:
    """Converts every key for who lets devices in; None says that the known revision is current."""
    if keys is None:
        return registry_pb2.GetDeviceKeysResponse(revision=known_revision, unchanged=True)
    return registry_pb2.GetDeviceKeysResponse(revision=keys.revision, keys=map(_registered, keys.keys))


def _registered(key: DeviceKey) -> registry_pb2.RegisteredDeviceKey:
    return registry_pb2.RegisteredDeviceKey(
        key_id=key.key_id,
        sensor_ids=key.sensor_ids,
        expire_time=key.expire_time,
        secret_sha256=key.secret_sha256,
        previous_sha256=key.previous_sha256,
        previous_valid_until=key.previous_valid_until,
    )


def uses(request: registry_pb2.ReportDeviceKeyUseRequest) -> Sequence[Use]:
    """Returns the uses that a report tells of."""
    return [Use(one.key_id, moment(one.use_time), one.address) for one in request.uses]
