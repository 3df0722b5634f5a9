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

class Silence(_message.Message):
    __slots__ = ("silence_id", "start_time", "end_time", "weekdays", "start_of_day", "end_of_day", "zone", "plant", "factory", "building", "floor", "area", "sensor_id", "alert_type", "max_level", "author", "reason", "in_force", "update_time")
    SILENCE_ID_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    WEEKDAYS_FIELD_NUMBER: _ClassVar[int]
    START_OF_DAY_FIELD_NUMBER: _ClassVar[int]
    END_OF_DAY_FIELD_NUMBER: _ClassVar[int]
    ZONE_FIELD_NUMBER: _ClassVar[int]
    PLANT_FIELD_NUMBER: _ClassVar[int]
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    BUILDING_FIELD_NUMBER: _ClassVar[int]
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    ALERT_TYPE_FIELD_NUMBER: _ClassVar[int]
    MAX_LEVEL_FIELD_NUMBER: _ClassVar[int]
    AUTHOR_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    IN_FORCE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    silence_id: int
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    weekdays: str
    start_of_day: str
    end_of_day: str
    zone: str
    plant: str
    factory: str
    building: str
    floor: int
    area: str
    sensor_id: str
    alert_type: str
    max_level: str
    author: str
    reason: str
    in_force: bool
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, silence_id: _Optional[int] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., weekdays: _Optional[str] = ..., start_of_day: _Optional[str] = ..., end_of_day: _Optional[str] = ..., zone: _Optional[str] = ..., plant: _Optional[str] = ..., factory: _Optional[str] = ..., building: _Optional[str] = ..., floor: _Optional[int] = ..., area: _Optional[str] = ..., sensor_id: _Optional[str] = ..., alert_type: _Optional[str] = ..., max_level: _Optional[str] = ..., author: _Optional[str] = ..., reason: _Optional[str] = ..., in_force: _Optional[bool] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListSilencesRequest(_message.Message):
    __slots__ = ("current", "limit", "skip", "page_token")
    CURRENT_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    SKIP_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    current: bool
    limit: int
    skip: int
    page_token: str
    def __init__(self, current: _Optional[bool] = ..., limit: _Optional[int] = ..., skip: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSilencesResponse(_message.Message):
    __slots__ = ("silences", "next_page_token")
    SILENCES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    silences: _containers.RepeatedCompositeFieldContainer[Silence]
    next_page_token: str
    def __init__(self, silences: _Optional[_Iterable[_Union[Silence, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetSilenceRequest(_message.Message):
    __slots__ = ("silence_id",)
    SILENCE_ID_FIELD_NUMBER: _ClassVar[int]
    silence_id: int
    def __init__(self, silence_id: _Optional[int] = ...) -> None: ...

class CreateSilenceRequest(_message.Message):
    __slots__ = ("silence",)
    SILENCE_FIELD_NUMBER: _ClassVar[int]
    silence: Silence
    def __init__(self, silence: _Optional[_Union[Silence, _Mapping]] = ...) -> None: ...

class UpdateSilenceRequest(_message.Message):
    __slots__ = ("silence_id", "silence", "update_mask")
    SILENCE_ID_FIELD_NUMBER: _ClassVar[int]
    SILENCE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    silence_id: int
    silence: Silence
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, silence_id: _Optional[int] = ..., silence: _Optional[_Union[Silence, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class DeleteSilenceRequest(_message.Message):
    __slots__ = ("silence_id",)
    SILENCE_ID_FIELD_NUMBER: _ClassVar[int]
    silence_id: int
    def __init__(self, silence_id: _Optional[int] = ...) -> None: ...

class DeleteSilenceResponse(_message.Message):
    __slots__ = ("message", "deleted")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    message: str
    deleted: bool
    def __init__(self, message: _Optional[str] = ..., deleted: _Optional[bool] = ...) -> None: ...
