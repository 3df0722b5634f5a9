import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from montrg.type.v1 import access_pb2 as _access_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DeviceKey(_message.Message):
    __slots__ = ("key_id", "name", "sensor_ids", "expire_time", "create_time", "last_use_time", "last_use_address", "previous_valid_until", "secret")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SENSOR_IDS_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_USE_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_USE_ADDRESS_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_VALID_UNTIL_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    name: str
    sensor_ids: _containers.RepeatedScalarFieldContainer[str]
    expire_time: _timestamp_pb2.Timestamp
    create_time: _timestamp_pb2.Timestamp
    last_use_time: _timestamp_pb2.Timestamp
    last_use_address: str
    previous_valid_until: _timestamp_pb2.Timestamp
    secret: str
    def __init__(self, key_id: _Optional[str] = ..., name: _Optional[str] = ..., sensor_ids: _Optional[_Iterable[str]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_use_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_use_address: _Optional[str] = ..., previous_valid_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., secret: _Optional[str] = ...) -> None: ...

class ListDeviceKeysRequest(_message.Message):
    __slots__ = ("limit", "skip", "page_token", "sensor_id")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    SKIP_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    limit: int
    skip: int
    page_token: str
    sensor_id: str
    def __init__(self, limit: _Optional[int] = ..., skip: _Optional[int] = ..., page_token: _Optional[str] = ..., sensor_id: _Optional[str] = ...) -> None: ...

class ListDeviceKeysResponse(_message.Message):
    __slots__ = ("device_keys", "next_page_token")
    DEVICE_KEYS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    device_keys: _containers.RepeatedCompositeFieldContainer[DeviceKey]
    next_page_token: str
    def __init__(self, device_keys: _Optional[_Iterable[_Union[DeviceKey, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetDeviceKeyRequest(_message.Message):
    __slots__ = ("key_id",)
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    def __init__(self, key_id: _Optional[str] = ...) -> None: ...

class CreateDeviceKeyRequest(_message.Message):
    __slots__ = ("device_key",)
    DEVICE_KEY_FIELD_NUMBER: _ClassVar[int]
    device_key: DeviceKey
    def __init__(self, device_key: _Optional[_Union[DeviceKey, _Mapping]] = ...) -> None: ...

class RotateDeviceKeyRequest(_message.Message):
    __slots__ = ("key_id", "overlap_minutes")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    OVERLAP_MINUTES_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    overlap_minutes: int
    def __init__(self, key_id: _Optional[str] = ..., overlap_minutes: _Optional[int] = ...) -> None: ...

class DeleteDeviceKeyRequest(_message.Message):
    __slots__ = ("key_id",)
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    def __init__(self, key_id: _Optional[str] = ...) -> None: ...

class DeleteDeviceKeyResponse(_message.Message):
    __slots__ = ("message", "deleted")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    message: str
    deleted: bool
    def __init__(self, message: _Optional[str] = ..., deleted: _Optional[bool] = ...) -> None: ...
