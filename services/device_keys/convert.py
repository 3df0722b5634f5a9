"""Between location's protobuf and the keys. Pure."""

from montrg.location.v1 import device_key_registry_service_pb2 as pb2

from services.common.times import time_or_none
from services.device_keys.domain import Key, Keys


def keys(payload: bytes) -> Keys:
    """Parses location's serialised GetDeviceKeysResponse."""
    message = pb2.GetDeviceKeysResponse.FromString(payload)
    return Keys(message.revision, {key.key_id: _key(key) for key in message.keys})


def _key(key: pb2.RegisteredDeviceKey) -> Key:
    return Key(
        key_id=key.key_id,
        sensors=frozenset(key.sensor_ids),
        expire_time=time_or_none(key, "expire_time"),
        secret_sha256=key.secret_sha256,
        previous_sha256=key.previous_sha256,
        previous_valid_until=time_or_none(key, "previous_valid_until"),
    )
