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

class Subscription(_message.Message):
    __slots__ = ("subscription_id", "name", "channel", "recipient", "format", "secret", "has_secret", "language", "plant", "factory", "building", "floor", "area", "sensor_id", "alert_type", "min_level", "escalation_minutes", "repeat_minutes", "max_per_minute", "notify_clear", "enabled", "update_time")
    SUBSCRIPTION_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SECRET_FIELD_NUMBER: _ClassVar[int]
    HAS_SECRET_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    PLANT_FIELD_NUMBER: _ClassVar[int]
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    BUILDING_FIELD_NUMBER: _ClassVar[int]
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    ALERT_TYPE_FIELD_NUMBER: _ClassVar[int]
    MIN_LEVEL_FIELD_NUMBER: _ClassVar[int]
    ESCALATION_MINUTES_FIELD_NUMBER: _ClassVar[int]
    REPEAT_MINUTES_FIELD_NUMBER: _ClassVar[int]
    MAX_PER_MINUTE_FIELD_NUMBER: _ClassVar[int]
    NOTIFY_CLEAR_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    subscription_id: int
    name: str
    channel: str
    recipient: str
    format: str
    secret: str
    has_secret: bool
    language: str
    plant: str
    factory: str
    building: str
    floor: int
    area: str
    sensor_id: str
    alert_type: str
    min_level: str
    escalation_minutes: int
    repeat_minutes: int
    max_per_minute: int
    notify_clear: bool
    enabled: bool
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, subscription_id: _Optional[int] = ..., name: _Optional[str] = ..., channel: _Optional[str] = ..., recipient: _Optional[str] = ..., format: _Optional[str] = ..., secret: _Optional[str] = ..., has_secret: _Optional[bool] = ..., language: _Optional[str] = ..., plant: _Optional[str] = ..., factory: _Optional[str] = ..., building: _Optional[str] = ..., floor: _Optional[int] = ..., area: _Optional[str] = ..., sensor_id: _Optional[str] = ..., alert_type: _Optional[str] = ..., min_level: _Optional[str] = ..., escalation_minutes: _Optional[int] = ..., repeat_minutes: _Optional[int] = ..., max_per_minute: _Optional[int] = ..., notify_clear: _Optional[bool] = ..., enabled: _Optional[bool] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ListSubscriptionsRequest(_message.Message):
    __slots__ = ("limit", "skip", "page_token")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    SKIP_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    limit: int
    skip: int
    page_token: str
    def __init__(self, limit: _Optional[int] = ..., skip: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSubscriptionsResponse(_message.Message):
    __slots__ = ("subscriptions", "next_page_token")
    SUBSCRIPTIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    subscriptions: _containers.RepeatedCompositeFieldContainer[Subscription]
    next_page_token: str
    def __init__(self, subscriptions: _Optional[_Iterable[_Union[Subscription, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetSubscriptionRequest(_message.Message):
    __slots__ = ("subscription_id",)
    SUBSCRIPTION_ID_FIELD_NUMBER: _ClassVar[int]
    subscription_id: int
    def __init__(self, subscription_id: _Optional[int] = ...) -> None: ...

class CreateSubscriptionRequest(_message.Message):
    __slots__ = ("subscription",)
    SUBSCRIPTION_FIELD_NUMBER: _ClassVar[int]
    subscription: Subscription
    def __init__(self, subscription: _Optional[_Union[Subscription, _Mapping]] = ...) -> None: ...

class UpdateSubscriptionRequest(_message.Message):
    __slots__ = ("subscription_id", "subscription", "update_mask")
    SUBSCRIPTION_ID_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIPTION_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    subscription_id: int
    subscription: Subscription
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, subscription_id: _Optional[int] = ..., subscription: _Optional[_Union[Subscription, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class DeleteSubscriptionRequest(_message.Message):
    __slots__ = ("subscription_id",)
    SUBSCRIPTION_ID_FIELD_NUMBER: _ClassVar[int]
    subscription_id: int
    def __init__(self, subscription_id: _Optional[int] = ...) -> None: ...

class DeleteSubscriptionResponse(_message.Message):
    __slots__ = ("message", "deleted")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    message: str
    deleted: bool
    def __init__(self, message: _Optional[str] = ..., deleted: _Optional[bool] = ...) -> None: ...

class EnableSubscriptionRequest(_message.Message):
    __slots__ = ("subscription_id",)
    SUBSCRIPTION_ID_FIELD_NUMBER: _ClassVar[int]
    subscription_id: int
    def __init__(self, subscription_id: _Optional[int] = ...) -> None: ...

class DisableSubscriptionRequest(_message.Message):
    __slots__ = ("subscription_id",)
    SUBSCRIPTION_ID_FIELD_NUMBER: _ClassVar[int]
    subscription_id: int
    def __init__(self, subscription_id: _Optional[int] = ...) -> None: ...

class TestSubscriptionRequest(_message.Message):
    __slots__ = ("subscription_id",)
    SUBSCRIPTION_ID_FIELD_NUMBER: _ClassVar[int]
    subscription_id: int
    def __init__(self, subscription_id: _Optional[int] = ...) -> None: ...

class TestSubscriptionResponse(_message.Message):
    __slots__ = ("notification_id", "sent", "error")
    NOTIFICATION_ID_FIELD_NUMBER: _ClassVar[int]
    SENT_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    notification_id: int
    sent: bool
    error: str
    def __init__(self, notification_id: _Optional[int] = ..., sent: _Optional[bool] = ..., error: _Optional[str] = ...) -> None: ...

class MatchSubscriptionsRequest(_message.Message):
    __slots__ = ("loc_id", "sensor_id", "alert_type", "level")
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    ALERT_TYPE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    loc_id: str
    sensor_id: str
    alert_type: str
    level: str
    def __init__(self, loc_id: _Optional[str] = ..., sensor_id: _Optional[str] = ..., alert_type: _Optional[str] = ..., level: _Optional[str] = ...) -> None: ...

class MatchSubscriptionsResponse(_message.Message):
    __slots__ = ("matches",)
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    matches: _containers.RepeatedCompositeFieldContainer[SubscriptionMatch]
    def __init__(self, matches: _Optional[_Iterable[_Union[SubscriptionMatch, _Mapping]]] = ...) -> None: ...

class SubscriptionMatch(_message.Message):
    __slots__ = ("subscription", "held_by")
    SUBSCRIPTION_FIELD_NUMBER: _ClassVar[int]
    HELD_BY_FIELD_NUMBER: _ClassVar[int]
    subscription: Subscription
    held_by: str
    def __init__(self, subscription: _Optional[_Union[Subscription, _Mapping]] = ..., held_by: _Optional[str] = ...) -> None: ...
