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

class Alert(_message.Message):
    __slots__ = ("alert_id", "alert_time", "loc_id", "sensor_id", "alert_type", "alert_level", "threshold_id", "threshold_map_id", "threshold_type", "threshold_level", "measured_value", "threshold_min", "threshold_max", "message", "state", "clear_time", "clear_reason", "acknowledged_by", "acknowledge_time", "shelved_until", "silenced", "highest_level", "peak_value", "suspect", "rule_revision", "event_seq", "update_time", "plant", "factory", "building", "floor", "area")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Alert.State]
        ACTIVE: _ClassVar[Alert.State]
        RECOVERING: _ClassVar[Alert.State]
        CLEARED: _ClassVar[Alert.State]
    STATE_UNSPECIFIED: Alert.State
    ACTIVE: Alert.State
    RECOVERING: Alert.State
    CLEARED: Alert.State
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    ALERT_TIME_FIELD_NUMBER: _ClassVar[int]
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    ALERT_TYPE_FIELD_NUMBER: _ClassVar[int]
    ALERT_LEVEL_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_ID_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_MAP_ID_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_TYPE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_LEVEL_FIELD_NUMBER: _ClassVar[int]
    MEASURED_VALUE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_MIN_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_MAX_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CLEAR_TIME_FIELD_NUMBER: _ClassVar[int]
    CLEAR_REASON_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGED_BY_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGE_TIME_FIELD_NUMBER: _ClassVar[int]
    SHELVED_UNTIL_FIELD_NUMBER: _ClassVar[int]
    SILENCED_FIELD_NUMBER: _ClassVar[int]
    HIGHEST_LEVEL_FIELD_NUMBER: _ClassVar[int]
    PEAK_VALUE_FIELD_NUMBER: _ClassVar[int]
    SUSPECT_FIELD_NUMBER: _ClassVar[int]
    RULE_REVISION_FIELD_NUMBER: _ClassVar[int]
    EVENT_SEQ_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    PLANT_FIELD_NUMBER: _ClassVar[int]
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    BUILDING_FIELD_NUMBER: _ClassVar[int]
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    alert_id: int
    alert_time: _timestamp_pb2.Timestamp
    loc_id: str
    sensor_id: str
    alert_type: str
    alert_level: str
    threshold_id: int
    threshold_map_id: int
    threshold_type: str
    threshold_level: str
    measured_value: float
    threshold_min: float
    threshold_max: float
    message: str
    state: Alert.State
    clear_time: _timestamp_pb2.Timestamp
    clear_reason: str
    acknowledged_by: str
    acknowledge_time: _timestamp_pb2.Timestamp
    shelved_until: _timestamp_pb2.Timestamp
    silenced: bool
    highest_level: str
    peak_value: float
    suspect: bool
    rule_revision: int
    event_seq: int
    update_time: _timestamp_pb2.Timestamp
    plant: str
    factory: str
    building: str
    floor: int
    area: str
    def __init__(self, alert_id: _Optional[int] = ..., alert_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., loc_id: _Optional[str] = ..., sensor_id: _Optional[str] = ..., alert_type: _Optional[str] = ..., alert_level: _Optional[str] = ..., threshold_id: _Optional[int] = ..., threshold_map_id: _Optional[int] = ..., threshold_type: _Optional[str] = ..., threshold_level: _Optional[str] = ..., measured_value: _Optional[float] = ..., threshold_min: _Optional[float] = ..., threshold_max: _Optional[float] = ..., message: _Optional[str] = ..., state: _Optional[_Union[Alert.State, str]] = ..., clear_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., clear_reason: _Optional[str] = ..., acknowledged_by: _Optional[str] = ..., acknowledge_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., shelved_until: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., silenced: _Optional[bool] = ..., highest_level: _Optional[str] = ..., peak_value: _Optional[float] = ..., suspect: _Optional[bool] = ..., rule_revision: _Optional[int] = ..., event_seq: _Optional[int] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., plant: _Optional[str] = ..., factory: _Optional[str] = ..., building: _Optional[str] = ..., floor: _Optional[int] = ..., area: _Optional[str] = ...) -> None: ...

class ListAlertsRequest(_message.Message):
    __slots__ = ("state", "level", "alert_type", "sensor_id", "loc_id", "factory", "start_time", "end_time", "acknowledged", "limit", "skip", "page_token")
    STATE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    ALERT_TYPE_FIELD_NUMBER: _ClassVar[int]
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    ACKNOWLEDGED_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    SKIP_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    state: str
    level: str
    alert_type: str
    sensor_id: str
    loc_id: str
    factory: str
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    acknowledged: bool
    limit: int
    skip: int
    page_token: str
    def __init__(self, state: _Optional[str] = ..., level: _Optional[str] = ..., alert_type: _Optional[str] = ..., sensor_id: _Optional[str] = ..., loc_id: _Optional[str] = ..., factory: _Optional[str] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., acknowledged: _Optional[bool] = ..., limit: _Optional[int] = ..., skip: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListAlertsResponse(_message.Message):
    __slots__ = ("alerts", "next_page_token")
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    alerts: _containers.RepeatedCompositeFieldContainer[Alert]
    next_page_token: str
    def __init__(self, alerts: _Optional[_Iterable[_Union[Alert, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListTodayAlertsRequest(_message.Message):
    __slots__ = ("limit", "skip", "page_token")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    SKIP_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    limit: int
    skip: int
    page_token: str
    def __init__(self, limit: _Optional[int] = ..., skip: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListTodayAlertsResponse(_message.Message):
    __slots__ = ("alerts", "next_page_token")
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    alerts: _containers.RepeatedCompositeFieldContainer[Alert]
    next_page_token: str
    def __init__(self, alerts: _Optional[_Iterable[_Union[Alert, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetAlertRequest(_message.Message):
    __slots__ = ("alert_id",)
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    alert_id: int
    def __init__(self, alert_id: _Optional[int] = ...) -> None: ...

class CreateAlertRequest(_message.Message):
    __slots__ = ("alert", "actor", "idempotency_key")
    ALERT_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    alert: Alert
    actor: str
    idempotency_key: str
    def __init__(self, alert: _Optional[_Union[Alert, _Mapping]] = ..., actor: _Optional[str] = ..., idempotency_key: _Optional[str] = ...) -> None: ...

class AcknowledgeAlertRequest(_message.Message):
    __slots__ = ("alert_id", "actor", "note")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    alert_id: int
    actor: str
    note: str
    def __init__(self, alert_id: _Optional[int] = ..., actor: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class ShelveAlertRequest(_message.Message):
    __slots__ = ("alert_id", "actor", "minutes", "reason")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    MINUTES_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    alert_id: int
    actor: str
    minutes: int
    reason: str
    def __init__(self, alert_id: _Optional[int] = ..., actor: _Optional[str] = ..., minutes: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class CommentAlertRequest(_message.Message):
    __slots__ = ("alert_id", "actor", "note")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    alert_id: int
    actor: str
    note: str
    def __init__(self, alert_id: _Optional[int] = ..., actor: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class ResolveAlertRequest(_message.Message):
    __slots__ = ("alert_id", "actor", "note")
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    alert_id: int
    actor: str
    note: str
    def __init__(self, alert_id: _Optional[int] = ..., actor: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class WatchAlertsRequest(_message.Message):
    __slots__ = ("factory", "loc_id", "level", "resume_token")
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    factory: str
    loc_id: str
    level: str
    resume_token: str
    def __init__(self, factory: _Optional[str] = ..., loc_id: _Optional[str] = ..., level: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...

class WatchAlertsResponse(_message.Message):
    __slots__ = ("kind", "alerts", "resume_token", "degraded", "reason")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[WatchAlertsResponse.Kind]
        SNAPSHOT: _ClassVar[WatchAlertsResponse.Kind]
        CHANGES: _ClassVar[WatchAlertsResponse.Kind]
        HEARTBEAT: _ClassVar[WatchAlertsResponse.Kind]
        END: _ClassVar[WatchAlertsResponse.Kind]
    KIND_UNSPECIFIED: WatchAlertsResponse.Kind
    SNAPSHOT: WatchAlertsResponse.Kind
    CHANGES: WatchAlertsResponse.Kind
    HEARTBEAT: WatchAlertsResponse.Kind
    END: WatchAlertsResponse.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    ALERTS_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    kind: WatchAlertsResponse.Kind
    alerts: _containers.RepeatedCompositeFieldContainer[Alert]
    resume_token: str
    degraded: _containers.RepeatedScalarFieldContainer[str]
    reason: str
    def __init__(self, kind: _Optional[_Union[WatchAlertsResponse.Kind, str]] = ..., alerts: _Optional[_Iterable[_Union[Alert, _Mapping]]] = ..., resume_token: _Optional[str] = ..., degraded: _Optional[_Iterable[str]] = ..., reason: _Optional[str] = ...) -> None: ...

class GetEvaluationRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Evaluation(_message.Message):
    __slots__ = ("healthy", "problems", "replicas", "lag_readings", "lag_s", "last_time", "rule_revision")
    HEALTHY_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    REPLICAS_FIELD_NUMBER: _ClassVar[int]
    LAG_READINGS_FIELD_NUMBER: _ClassVar[int]
    LAG_S_FIELD_NUMBER: _ClassVar[int]
    LAST_TIME_FIELD_NUMBER: _ClassVar[int]
    RULE_REVISION_FIELD_NUMBER: _ClassVar[int]
    healthy: bool
    problems: _containers.RepeatedScalarFieldContainer[str]
    replicas: int
    lag_readings: int
    lag_s: float
    last_time: _timestamp_pb2.Timestamp
    rule_revision: int
    def __init__(self, healthy: _Optional[bool] = ..., problems: _Optional[_Iterable[str]] = ..., replicas: _Optional[int] = ..., lag_readings: _Optional[int] = ..., lag_s: _Optional[float] = ..., last_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., rule_revision: _Optional[int] = ...) -> None: ...
