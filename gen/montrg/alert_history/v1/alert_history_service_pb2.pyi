import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import httpbody_pb2 as _httpbody_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from montrg.type.v1 import access_pb2 as _access_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AlertEvent(_message.Message):
    __slots__ = ("event_id", "alert_id", "event_seq", "event_time", "event_type", "state", "level", "alert_type", "sensor_id", "loc_id", "threshold_type", "measured_value", "actor", "note", "plant", "factory", "building", "floor", "area", "append_time")
    EVENT_ID_FIELD_NUMBER: _ClassVar[int]
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    EVENT_SEQ_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    EVENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    ALERT_TYPE_FIELD_NUMBER: _ClassVar[int]
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_TYPE_FIELD_NUMBER: _ClassVar[int]
    MEASURED_VALUE_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    PLANT_FIELD_NUMBER: _ClassVar[int]
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    BUILDING_FIELD_NUMBER: _ClassVar[int]
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    APPEND_TIME_FIELD_NUMBER: _ClassVar[int]
    event_id: str
    alert_id: int
    event_seq: int
    event_time: _timestamp_pb2.Timestamp
    event_type: str
    state: str
    level: str
    alert_type: str
    sensor_id: str
    loc_id: str
    threshold_type: str
    measured_value: float
    actor: str
    note: str
    plant: str
    factory: str
    building: str
    floor: int
    area: str
    append_time: _timestamp_pb2.Timestamp
    def __init__(self, event_id: _Optional[str] = ..., alert_id: _Optional[int] = ..., event_seq: _Optional[int] = ..., event_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., event_type: _Optional[str] = ..., state: _Optional[str] = ..., level: _Optional[str] = ..., alert_type: _Optional[str] = ..., sensor_id: _Optional[str] = ..., loc_id: _Optional[str] = ..., threshold_type: _Optional[str] = ..., measured_value: _Optional[float] = ..., actor: _Optional[str] = ..., note: _Optional[str] = ..., plant: _Optional[str] = ..., factory: _Optional[str] = ..., building: _Optional[str] = ..., floor: _Optional[int] = ..., area: _Optional[str] = ..., append_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListAlertEventsRequest(_message.Message):
    __slots__ = ("start_time", "end_time", "alert_id", "sensor_id", "loc_id", "factory", "level", "state", "event_type", "alert_type", "limit", "skip", "page_token")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    EVENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    ALERT_TYPE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    SKIP_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    alert_id: int
    sensor_id: str
    loc_id: str
    factory: str
    level: str
    state: str
    event_type: str
    alert_type: str
    limit: int
    skip: int
    page_token: str
    def __init__(self, start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., alert_id: _Optional[int] = ..., sensor_id: _Optional[str] = ..., loc_id: _Optional[str] = ..., factory: _Optional[str] = ..., level: _Optional[str] = ..., state: _Optional[str] = ..., event_type: _Optional[str] = ..., alert_type: _Optional[str] = ..., limit: _Optional[int] = ..., skip: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAlertEventsResponse(_message.Message):
    __slots__ = ("events", "next_page_token")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[AlertEvent]
    next_page_token: str
    def __init__(self, events: _Optional[_Iterable[_Union[AlertEvent, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetAlertStoryRequest(_message.Message):
    __slots__ = ("alert_id",)
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    alert_id: int
    def __init__(self, alert_id: _Optional[int] = ...) -> None: ...

class AlertStory(_message.Message):
    __slots__ = ("alert_id", "state", "highest_level", "raise_time", "acknowledge_time", "clear_time", "events")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    HIGHEST_LEVEL_FIELD_NUMBER: _ClassVar[int]
    RAISE_TIME_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGE_TIME_FIELD_NUMBER: _ClassVar[int]
    CLEAR_TIME_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    alert_id: int
    state: str
    highest_level: str
    raise_time: _timestamp_pb2.Timestamp
    acknowledge_time: _timestamp_pb2.Timestamp
    clear_time: _timestamp_pb2.Timestamp
    events: _containers.RepeatedCompositeFieldContainer[AlertEvent]
    def __init__(self, alert_id: _Optional[int] = ..., state: _Optional[str] = ..., highest_level: _Optional[str] = ..., raise_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., acknowledge_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., clear_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., events: _Optional[_Iterable[_Union[AlertEvent, _Mapping]]] = ...) -> None: ...

class GetAlertStatisticsRequest(_message.Message):
    __slots__ = ("start_date", "end_date", "group_by", "factory", "loc_id", "alert_type")
    START_DATE_FIELD_NUMBER: _ClassVar[int]
    END_DATE_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    ALERT_TYPE_FIELD_NUMBER: _ClassVar[int]
    start_date: str
    end_date: str
    group_by: str
    factory: str
    loc_id: str
    alert_type: str
    def __init__(self, start_date: _Optional[str] = ..., end_date: _Optional[str] = ..., group_by: _Optional[str] = ..., factory: _Optional[str] = ..., loc_id: _Optional[str] = ..., alert_type: _Optional[str] = ...) -> None: ...

class AlertStatistics(_message.Message):
    __slots__ = ("rows",)
    ROWS_FIELD_NUMBER: _ClassVar[int]
    rows: _containers.RepeatedCompositeFieldContainer[AlertStatisticsRow]
    def __init__(self, rows: _Optional[_Iterable[_Union[AlertStatisticsRow, _Mapping]]] = ...) -> None: ...

class AlertStatisticsRow(_message.Message):
    __slots__ = ("loc_id", "level", "ymd", "alert_type", "alerts", "acknowledged", "cleared", "mean_time_to_acknowledge_s", "mean_time_to_clear_s", "longest_time_to_clear_s")
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    YMD_FIELD_NUMBER: _ClassVar[int]
    ALERT_TYPE_FIELD_NUMBER: _ClassVar[int]
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGED_FIELD_NUMBER: _ClassVar[int]
    CLEARED_FIELD_NUMBER: _ClassVar[int]
    MEAN_TIME_TO_ACKNOWLEDGE_S_FIELD_NUMBER: _ClassVar[int]
    MEAN_TIME_TO_CLEAR_S_FIELD_NUMBER: _ClassVar[int]
    LONGEST_TIME_TO_CLEAR_S_FIELD_NUMBER: _ClassVar[int]
    loc_id: str
    level: str
    ymd: str
    alert_type: str
    alerts: int
    acknowledged: int
    cleared: int
    mean_time_to_acknowledge_s: float
    mean_time_to_clear_s: float
    longest_time_to_clear_s: float
    def __init__(self, loc_id: _Optional[str] = ..., level: _Optional[str] = ..., ymd: _Optional[str] = ..., alert_type: _Optional[str] = ..., alerts: _Optional[int] = ..., acknowledged: _Optional[int] = ..., cleared: _Optional[int] = ..., mean_time_to_acknowledge_s: _Optional[float] = ..., mean_time_to_clear_s: _Optional[float] = ..., longest_time_to_clear_s: _Optional[float] = ...) -> None: ...

class ExportAlertEventsRequest(_message.Message):
    __slots__ = ("start_time", "end_time", "alert_id", "sensor_id", "loc_id", "factory", "level", "state", "event_type", "alert_type", "bom")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    EVENT_TYPE_FIELD_NUMBER: _ClassVar[int]
    ALERT_TYPE_FIELD_NUMBER: _ClassVar[int]
    BOM_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    alert_id: int
    sensor_id: str
    loc_id: str
    factory: str
    level: str
    state: str
    event_type: str
    alert_type: str
    bom: bool
    def __init__(self, start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., alert_id: _Optional[int] = ..., sensor_id: _Optional[str] = ..., loc_id: _Optional[str] = ..., factory: _Optional[str] = ..., level: _Optional[str] = ..., state: _Optional[str] = ..., event_type: _Optional[str] = ..., alert_type: _Optional[str] = ..., bom: _Optional[bool] = ...) -> None: ...

class AppendAlertEventsRequest(_message.Message):
    __slots__ = ("events", "allow_gaps")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    ALLOW_GAPS_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[AlertEvent]
    allow_gaps: bool
    def __init__(self, events: _Optional[_Iterable[_Union[AlertEvent, _Mapping]]] = ..., allow_gaps: _Optional[bool] = ...) -> None: ...

class AppendAlertEventsResponse(_message.Message):
    __slots__ = ("appended", "duplicate")
    APPENDED_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    appended: int
    duplicate: int
    def __init__(self, appended: _Optional[int] = ..., duplicate: _Optional[int] = ...) -> None: ...
