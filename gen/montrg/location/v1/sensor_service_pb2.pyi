import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from montrg.location.v1 import location_service_pb2 as _location_service_pb2
from montrg.type.v1 import access_pb2 as _access_pb2
from montrg.type.v1 import change_pb2 as _change_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Sensor(_message.Message):
    __slots__ = ("sensor_id", "loc_id", "name", "is_active", "height_m", "interval_s", "index_kind", "calibrations", "upd_dt")
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    IS_ACTIVE_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_M_FIELD_NUMBER: _ClassVar[int]
    INTERVAL_S_FIELD_NUMBER: _ClassVar[int]
    INDEX_KIND_FIELD_NUMBER: _ClassVar[int]
    CALIBRATIONS_FIELD_NUMBER: _ClassVar[int]
    UPD_DT_FIELD_NUMBER: _ClassVar[int]
    sensor_id: str
    loc_id: str
    name: str
    is_active: bool
    height_m: float
    interval_s: int
    index_kind: str
    calibrations: _containers.RepeatedCompositeFieldContainer[Calibration]
    upd_dt: _timestamp_pb2.Timestamp
    def __init__(self, sensor_id: _Optional[str] = ..., loc_id: _Optional[str] = ..., name: _Optional[str] = ..., is_active: _Optional[bool] = ..., height_m: _Optional[float] = ..., interval_s: _Optional[int] = ..., index_kind: _Optional[str] = ..., calibrations: _Optional[_Iterable[_Union[Calibration, _Mapping]]] = ..., upd_dt: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Calibration(_message.Message):
    __slots__ = ("valid_from", "temperature_offset", "humidity_offset")
    VALID_FROM_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_OFFSET_FIELD_NUMBER: _ClassVar[int]
    HUMIDITY_OFFSET_FIELD_NUMBER: _ClassVar[int]
    valid_from: _timestamp_pb2.Timestamp
    temperature_offset: float
    humidity_offset: float
    def __init__(self, valid_from: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., temperature_offset: _Optional[float] = ..., humidity_offset: _Optional[float] = ...) -> None: ...

class ListSensorsRequest(_message.Message):
    __slots__ = ("limit", "skip", "page_token", "loc_id", "is_active")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    SKIP_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    IS_ACTIVE_FIELD_NUMBER: _ClassVar[int]
    limit: int
    skip: int
    page_token: str
    loc_id: str
    is_active: bool
    def __init__(self, limit: _Optional[int] = ..., skip: _Optional[int] = ..., page_token: _Optional[str] = ..., loc_id: _Optional[str] = ..., is_active: _Optional[bool] = ...) -> None: ...

class ListSensorsResponse(_message.Message):
    __slots__ = ("sensors", "next_page_token")
    SENSORS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    sensors: _containers.RepeatedCompositeFieldContainer[Sensor]
    next_page_token: str
    def __init__(self, sensors: _Optional[_Iterable[_Union[Sensor, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetSensorRequest(_message.Message):
    __slots__ = ("sensor_id",)
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    sensor_id: str
    def __init__(self, sensor_id: _Optional[str] = ...) -> None: ...

class CreateSensorRequest(_message.Message):
    __slots__ = ("sensor",)
    SENSOR_FIELD_NUMBER: _ClassVar[int]
    sensor: Sensor
    def __init__(self, sensor: _Optional[_Union[Sensor, _Mapping]] = ...) -> None: ...

class UpdateSensorRequest(_message.Message):
    __slots__ = ("sensor_id", "sensor", "update_mask")
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    SENSOR_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    sensor_id: str
    sensor: Sensor
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, sensor_id: _Optional[str] = ..., sensor: _Optional[_Union[Sensor, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class DeleteSensorRequest(_message.Message):
    __slots__ = ("sensor_id",)
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    sensor_id: str
    def __init__(self, sensor_id: _Optional[str] = ...) -> None: ...

class DeleteSensorResponse(_message.Message):
    __slots__ = ("message", "deleted")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    message: str
    deleted: bool
    def __init__(self, message: _Optional[str] = ..., deleted: _Optional[bool] = ...) -> None: ...

class GetDirectoryRequest(_message.Message):
    __slots__ = ("known_revision",)
    KNOWN_REVISION_FIELD_NUMBER: _ClassVar[int]
    known_revision: int
    def __init__(self, known_revision: _Optional[int] = ...) -> None: ...

class Directory(_message.Message):
    __slots__ = ("revision", "unchanged", "sensors", "locations")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    SENSORS_FIELD_NUMBER: _ClassVar[int]
    LOCATIONS_FIELD_NUMBER: _ClassVar[int]
    revision: int
    unchanged: bool
    sensors: _containers.RepeatedCompositeFieldContainer[Sensor]
    locations: _containers.RepeatedCompositeFieldContainer[_location_service_pb2.Location]
    def __init__(self, revision: _Optional[int] = ..., unchanged: _Optional[bool] = ..., sensors: _Optional[_Iterable[_Union[Sensor, _Mapping]]] = ..., locations: _Optional[_Iterable[_Union[_location_service_pb2.Location, _Mapping]]] = ...) -> None: ...

class WatchChangesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchChangesResponse(_message.Message):
    __slots__ = ("change",)
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    change: _change_pb2.Change
    def __init__(self, change: _Optional[_Union[_change_pb2.Change, _Mapping]] = ...) -> None: ...
