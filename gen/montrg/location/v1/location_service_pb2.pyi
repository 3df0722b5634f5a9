import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from montrg.type.v1 import access_pb2 as _access_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Location(_message.Message):
    __slots__ = ("loc_id", "plant", "factory", "building", "floor", "area", "upd_dt")
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    PLANT_FIELD_NUMBER: _ClassVar[int]
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    BUILDING_FIELD_NUMBER: _ClassVar[int]
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    UPD_DT_FIELD_NUMBER: _ClassVar[int]
    loc_id: str
    plant: str
    factory: str
    building: str
    floor: int
    area: str
    upd_dt: _timestamp_pb2.Timestamp
    def __init__(self, loc_id: _Optional[str] = ..., plant: _Optional[str] = ..., factory: _Optional[str] = ..., building: _Optional[str] = ..., floor: _Optional[int] = ..., area: _Optional[str] = ..., upd_dt: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class SensorLocation(_message.Message):
    __slots__ = ("sensor_id", "loc_id", "plant", "factory", "building", "floor", "area")
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    PLANT_FIELD_NUMBER: _ClassVar[int]
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    BUILDING_FIELD_NUMBER: _ClassVar[int]
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    sensor_id: str
    loc_id: str
    plant: str
    factory: str
    building: str
    floor: int
    area: str
    def __init__(self, sensor_id: _Optional[str] = ..., loc_id: _Optional[str] = ..., plant: _Optional[str] = ..., factory: _Optional[str] = ..., building: _Optional[str] = ..., floor: _Optional[int] = ..., area: _Optional[str] = ...) -> None: ...

class ListSensorLocationsRequest(_message.Message):
    __slots__ = ("limit", "skip", "page_token", "plant", "factory", "building", "floor")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    SKIP_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    PLANT_FIELD_NUMBER: _ClassVar[int]
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    BUILDING_FIELD_NUMBER: _ClassVar[int]
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    limit: int
    skip: int
    page_token: str
    plant: str
    factory: str
    building: str
    floor: int
    def __init__(self, limit: _Optional[int] = ..., skip: _Optional[int] = ..., page_token: _Optional[str] = ..., plant: _Optional[str] = ..., factory: _Optional[str] = ..., building: _Optional[str] = ..., floor: _Optional[int] = ...) -> None: ...

class ListSensorLocationsResponse(_message.Message):
    __slots__ = ("locations", "next_page_token")
    LOCATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    locations: _containers.RepeatedCompositeFieldContainer[SensorLocation]
    next_page_token: str
    def __init__(self, locations: _Optional[_Iterable[_Union[SensorLocation, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetSensorLocationRequest(_message.Message):
    __slots__ = ("sensor_id",)
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    sensor_id: str
    def __init__(self, sensor_id: _Optional[str] = ...) -> None: ...

class BatchGetSensorLocationsRequest(_message.Message):
    __slots__ = ("sensor_ids",)
    SENSOR_IDS_FIELD_NUMBER: _ClassVar[int]
    sensor_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, sensor_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class BatchGetSensorLocationsResponse(_message.Message):
    __slots__ = ("locations",)
    LOCATIONS_FIELD_NUMBER: _ClassVar[int]
    locations: _containers.RepeatedCompositeFieldContainer[SensorLocation]
    def __init__(self, locations: _Optional[_Iterable[_Union[SensorLocation, _Mapping]]] = ...) -> None: ...

class BatchGetLocationsRequest(_message.Message):
    __slots__ = ("loc_ids",)
    LOC_IDS_FIELD_NUMBER: _ClassVar[int]
    loc_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, loc_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class BatchGetLocationsResponse(_message.Message):
    __slots__ = ("locations",)
    LOCATIONS_FIELD_NUMBER: _ClassVar[int]
    locations: _containers.RepeatedCompositeFieldContainer[Location]
    def __init__(self, locations: _Optional[_Iterable[_Union[Location, _Mapping]]] = ...) -> None: ...

class GetLocationRequest(_message.Message):
    __slots__ = ("loc_id",)
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    loc_id: str
    def __init__(self, loc_id: _Optional[str] = ...) -> None: ...

class CreateLocationRequest(_message.Message):
    __slots__ = ("location",)
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    location: Location
    def __init__(self, location: _Optional[_Union[Location, _Mapping]] = ...) -> None: ...

class UpdateLocationRequest(_message.Message):
    __slots__ = ("loc_id", "location", "update_mask")
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    loc_id: str
    location: Location
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, loc_id: _Optional[str] = ..., location: _Optional[_Union[Location, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class DeleteLocationRequest(_message.Message):
    __slots__ = ("loc_id",)
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    loc_id: str
    def __init__(self, loc_id: _Optional[str] = ...) -> None: ...

class DeleteLocationResponse(_message.Message):
    __slots__ = ("message", "deleted")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    message: str
    deleted: bool
    def __init__(self, message: _Optional[str] = ..., deleted: _Optional[bool] = ...) -> None: ...
