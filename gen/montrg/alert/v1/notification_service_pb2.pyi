import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from montrg.type.v1 import access_pb2 as _access_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Notification(_message.Message):
    __slots__ = ("notification_id", "idempotency_key", "alert_id", "subscription_id", "cause", "channel", "recipient", "state", "attempts", "last_error", "next_time", "create_time", "send_time", "subject", "cancel_reason", "digest_id")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Notification.State]
        PENDING: _ClassVar[Notification.State]
        SENT: _ClassVar[Notification.State]
        DEAD: _ClassVar[Notification.State]
        CANCELLED: _ClassVar[Notification.State]
        DIGESTED: _ClassVar[Notification.State]
    STATE_UNSPECIFIED: Notification.State
    PENDING: Notification.State
    SENT: Notification.State
    DEAD: Notification.State
    CANCELLED: Notification.State
    DIGESTED: Notification.State
    NOTIFICATION_ID_FIELD_NUMBER: _ClassVar[int]
    IDEMPOTENCY_KEY_FIELD_NUMBER: _ClassVar[int]
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIPTION_ID_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    LAST_ERROR_FIELD_NUMBER: _ClassVar[int]
    NEXT_TIME_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    SEND_TIME_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    CANCEL_REASON_FIELD_NUMBER: _ClassVar[int]
    DIGEST_ID_FIELD_NUMBER: _ClassVar[int]
    notification_id: int
    idempotency_key: str
    alert_id: int
    subscription_id: int
    cause: str
    channel: str
    recipient: str
    state: Notification.State
    attempts: int
    last_error: str
    next_time: _timestamp_pb2.Timestamp
    create_time: _timestamp_pb2.Timestamp
    send_time: _timestamp_pb2.Timestamp
    subject: str
    cancel_reason: str
    digest_id: int
    def __init__(self, notification_id: _Optional[int] = ..., idempotency_key: _Optional[str] = ..., alert_id: _Optional[int] = ..., subscription_id: _Optional[int] = ..., cause: _Optional[str] = ..., channel: _Optional[str] = ..., recipient: _Optional[str] = ..., state: _Optional[_Union[Notification.State, str]] = ..., attempts: _Optional[int] = ..., last_error: _Optional[str] = ..., next_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., send_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., subject: _Optional[str] = ..., cancel_reason: _Optional[str] = ..., digest_id: _Optional[int] = ...) -> None: ...

class ListNotificationsRequest(_message.Message):
    __slots__ = ("state", "alert_id", "subscription_id", "limit", "skip", "page_token")
    STATE_FIELD_NUMBER: _ClassVar[int]
    ALERT_ID_FIELD_NUMBER: _ClassVar[int]
    SUBSCRIPTION_ID_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    SKIP_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    state: str
    alert_id: int
    subscription_id: int
    limit: int
    skip: int
    page_token: str
    def __init__(self, state: _Optional[str] = ..., alert_id: _Optional[int] = ..., subscription_id: _Optional[int] = ..., limit: _Optional[int] = ..., skip: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListNotificationsResponse(_message.Message):
    __slots__ = ("notifications", "next_page_token")
    NOTIFICATIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    notifications: _containers.RepeatedCompositeFieldContainer[Notification]
    next_page_token: str
    def __init__(self, notifications: _Optional[_Iterable[_Union[Notification, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetNotificationRequest(_message.Message):
    __slots__ = ("notification_id",)
    NOTIFICATION_ID_FIELD_NUMBER: _ClassVar[int]
    notification_id: int
    def __init__(self, notification_id: _Optional[int] = ...) -> None: ...

class RetryNotificationRequest(_message.Message):
    __slots__ = ("notification_id",)
    NOTIFICATION_ID_FIELD_NUMBER: _ClassVar[int]
    notification_id: int
    def __init__(self, notification_id: _Optional[int] = ...) -> None: ...
