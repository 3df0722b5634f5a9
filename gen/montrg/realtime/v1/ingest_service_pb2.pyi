import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from montrg.type.v1 import access_pb2 as _access_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Reading(_message.Message):
    __slots__ = ("sensor_id", "capture_time", "temperature", "humidity", "pcv_temperature", "temperature_unit", "source")
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_TIME_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    HUMIDITY_FIELD_NUMBER: _ClassVar[int]
    PCV_TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_UNIT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    sensor_id: str
    capture_time: _timestamp_pb2.Timestamp
    temperature: float
    humidity: float
    pcv_temperature: float
    temperature_unit: str
    source: str
    def __init__(self, sensor_id: _Optional[str] = ..., capture_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., temperature: _Optional[float] = ..., humidity: _Optional[float] = ..., pcv_temperature: _Optional[float] = ..., temperature_unit: _Optional[str] = ..., source: _Optional[str] = ...) -> None: ...

class WriteReadingsRequest(_message.Message):
    __slots__ = ("readings",)
    READINGS_FIELD_NUMBER: _ClassVar[int]
    readings: _containers.RepeatedCompositeFieldContainer[Reading]
    def __init__(self, readings: _Optional[_Iterable[_Union[Reading, _Mapping]]] = ...) -> None: ...

class WriteReadingsResponse(_message.Message):
    __slots__ = ("accepted", "duplicate", "late", "conflict", "rejected", "unavailable", "outcomes")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    LATE_FIELD_NUMBER: _ClassVar[int]
    CONFLICT_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    UNAVAILABLE_FIELD_NUMBER: _ClassVar[int]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    accepted: int
    duplicate: int
    late: int
    conflict: int
    rejected: int
    unavailable: int
    outcomes: _containers.RepeatedCompositeFieldContainer[RowOutcome]
    def __init__(self, accepted: _Optional[int] = ..., duplicate: _Optional[int] = ..., late: _Optional[int] = ..., conflict: _Optional[int] = ..., rejected: _Optional[int] = ..., unavailable: _Optional[int] = ..., outcomes: _Optional[_Iterable[_Union[RowOutcome, _Mapping]]] = ...) -> None: ...

class RowOutcome(_message.Message):
    __slots__ = ("index", "outcome", "field", "reason")
    class Outcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        OUTCOME_UNSPECIFIED: _ClassVar[RowOutcome.Outcome]
        ACCEPTED: _ClassVar[RowOutcome.Outcome]
        DUPLICATE: _ClassVar[RowOutcome.Outcome]
        LATE: _ClassVar[RowOutcome.Outcome]
        CONFLICT: _ClassVar[RowOutcome.Outcome]
        REJECTED: _ClassVar[RowOutcome.Outcome]
        UNAVAILABLE: _ClassVar[RowOutcome.Outcome]
    OUTCOME_UNSPECIFIED: RowOutcome.Outcome
    ACCEPTED: RowOutcome.Outcome
    DUPLICATE: RowOutcome.Outcome
    LATE: RowOutcome.Outcome
    CONFLICT: RowOutcome.Outcome
    REJECTED: RowOutcome.Outcome
    UNAVAILABLE: RowOutcome.Outcome
    INDEX_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    FIELD_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    index: int
    outcome: RowOutcome.Outcome
    field: str
    reason: str
    def __init__(self, index: _Optional[int] = ..., outcome: _Optional[_Union[RowOutcome.Outcome, str]] = ..., field: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ListReadingsRequest(_message.Message):
    __slots__ = ("sensor_id", "start_time", "end_time", "limit", "skip", "page_token")
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    SKIP_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    sensor_id: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    limit: int
    skip: int
    page_token: str
    def __init__(self, sensor_id: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., limit: _Optional[int] = ..., skip: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListReadingsResponse(_message.Message):
    __slots__ = ("readings", "next_page_token")
    READINGS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    readings: _containers.RepeatedCompositeFieldContainer[StoredReading]
    next_page_token: str
    def __init__(self, readings: _Optional[_Iterable[_Union[StoredReading, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class StoredReading(_message.Message):
    __slots__ = ("sensor_id", "capture_time", "receive_time", "loc_id", "temperature", "humidity", "pcv_temperature", "raw_temperature", "raw_humidity", "raw_pcv_temperature", "quality", "source", "quality_reason")
    class Quality(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        QUALITY_UNSPECIFIED: _ClassVar[StoredReading.Quality]
        GOOD: _ClassVar[StoredReading.Quality]
        SUSPECT: _ClassVar[StoredReading.Quality]
    QUALITY_UNSPECIFIED: StoredReading.Quality
    GOOD: StoredReading.Quality
    SUSPECT: StoredReading.Quality
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_TIME_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    HUMIDITY_FIELD_NUMBER: _ClassVar[int]
    PCV_TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    RAW_TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    RAW_HUMIDITY_FIELD_NUMBER: _ClassVar[int]
    RAW_PCV_TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    QUALITY_REASON_FIELD_NUMBER: _ClassVar[int]
    sensor_id: str
    capture_time: _timestamp_pb2.Timestamp
    receive_time: _timestamp_pb2.Timestamp
    loc_id: str
    temperature: float
    humidity: float
    pcv_temperature: float
    raw_temperature: float
    raw_humidity: float
    raw_pcv_temperature: float
    quality: StoredReading.Quality
    source: str
    quality_reason: str
    def __init__(self, sensor_id: _Optional[str] = ..., capture_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., receive_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., loc_id: _Optional[str] = ..., temperature: _Optional[float] = ..., humidity: _Optional[float] = ..., pcv_temperature: _Optional[float] = ..., raw_temperature: _Optional[float] = ..., raw_humidity: _Optional[float] = ..., raw_pcv_temperature: _Optional[float] = ..., quality: _Optional[_Union[StoredReading.Quality, str]] = ..., source: _Optional[str] = ..., quality_reason: _Optional[str] = ...) -> None: ...
