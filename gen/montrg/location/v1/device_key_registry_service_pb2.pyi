import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from montrg.type.v1 import access_pb2 as _access_pb2
from montrg.type.v1 import change_pb2 as _change_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RegisteredDeviceKey(_message.Message):
    __slots__ = ("key_id", "sensor_ids", "expire_time", "secret_sha256", "previous_sha256", "previous_valid_until")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    SENSOR_IDS_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    SECRET_SHA256_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_SHA256_FIELD_NUMBER: _ClassVar[int]
    PREVIOUS_VALID_UNTIL_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    sensor_ids: _containers.RepeatedScalarFieldContainer[str]
    expire_time: _timestamp_pb2.Timestamp
    secret_sha256: bytes
    previous_sha256: bytes
    previous_valid_until: _timestamp_pb2.Timestamp
    def __init__(self, key_id: _Optional[str] = ..., sensor_ids: _Optional[_Iterable[str]] = ..., expire_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., secret_sha256: _Optional[bytes] = ..., previous_sha256: _Optional[bytes] = ..., previous_valid_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class GetDeviceKeysRequest(_message.Message):
    __slots__ = ("known_revision",)
    KNOWN_REVISION_FIELD_NUMBER: _ClassVar[int]
    known_revision: int
    def __init__(self, known_revision: _Optional[int] = ...) -> None: ...

class GetDeviceKeysResponse(_message.Message):
    __slots__ = ("revision", "unchanged", "keys")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    KEYS_FIELD_NUMBER: _ClassVar[int]
    revision: int
    unchanged: bool
    keys: _containers.RepeatedCompositeFieldContainer[RegisteredDeviceKey]
    def __init__(self, revision: _Optional[int] = ..., unchanged: _Optional[bool] = ..., keys: _Optional[_Iterable[_Union[RegisteredDeviceKey, _Mapping]]] = ...) -> None: ...

class WatchDeviceKeysRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchDeviceKeysResponse(_message.Message):
    __slots__ = ("change",)
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    change: _change_pb2.Change
    def __init__(self, change: _Optional[_Union[_change_pb2.Change, _Mapping]] = ...) -> None: ...

class ReportDeviceKeyUseRequest(_message.Message):
    __slots__ = ("uses",)
    USES_FIELD_NUMBER: _ClassVar[int]
    uses: _containers.RepeatedCompositeFieldContainer[DeviceKeyUse]
    def __init__(self, uses: _Optional[_Iterable[_Union[DeviceKeyUse, _Mapping]]] = ...) -> None: ...

class DeviceKeyUse(_message.Message):
    __slots__ = ("key_id", "use_time", "address")
    KEY_ID_FIELD_NUMBER: _ClassVar[int]
    USE_TIME_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    key_id: str
    use_time: _timestamp_pb2.Timestamp
    address: str
    def __init__(self, key_id: _Optional[str] = ..., use_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., address: _Optional[str] = ...) -> None: ...

class ReportDeviceKeyUseResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...
