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

class Backfill(_message.Message):
    __slots__ = ("backfill_id", "start_date", "end_date", "state", "progress", "cells", "changed", "reason", "create_time", "update_time")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Backfill.State]
        PENDING: _ClassVar[Backfill.State]
        RUNNING: _ClassVar[Backfill.State]
        DONE: _ClassVar[Backfill.State]
        CANCELLED: _ClassVar[Backfill.State]
        FAILED: _ClassVar[Backfill.State]
    STATE_UNSPECIFIED: Backfill.State
    PENDING: Backfill.State
    RUNNING: Backfill.State
    DONE: Backfill.State
    CANCELLED: Backfill.State
    FAILED: Backfill.State
    BACKFILL_ID_FIELD_NUMBER: _ClassVar[int]
    START_DATE_FIELD_NUMBER: _ClassVar[int]
    END_DATE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    CELLS_FIELD_NUMBER: _ClassVar[int]
    CHANGED_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    backfill_id: int
    start_date: str
    end_date: str
    state: Backfill.State
    progress: float
    cells: int
    changed: int
    reason: str
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    def __init__(self, backfill_id: _Optional[int] = ..., start_date: _Optional[str] = ..., end_date: _Optional[str] = ..., state: _Optional[_Union[Backfill.State, str]] = ..., progress: _Optional[float] = ..., cells: _Optional[int] = ..., changed: _Optional[int] = ..., reason: _Optional[str] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CreateBackfillRequest(_message.Message):
    __slots__ = ("backfill",)
    BACKFILL_FIELD_NUMBER: _ClassVar[int]
    backfill: Backfill
    def __init__(self, backfill: _Optional[_Union[Backfill, _Mapping]] = ...) -> None: ...

class GetBackfillRequest(_message.Message):
    __slots__ = ("backfill_id",)
    BACKFILL_ID_FIELD_NUMBER: _ClassVar[int]
    backfill_id: int
    def __init__(self, backfill_id: _Optional[int] = ...) -> None: ...

class ListBackfillsRequest(_message.Message):
    __slots__ = ("limit", "skip", "page_token")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    SKIP_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    limit: int
    skip: int
    page_token: str
    def __init__(self, limit: _Optional[int] = ..., skip: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListBackfillsResponse(_message.Message):
    __slots__ = ("backfills", "next_page_token")
    BACKFILLS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    backfills: _containers.RepeatedCompositeFieldContainer[Backfill]
    next_page_token: str
    def __init__(self, backfills: _Optional[_Iterable[_Union[Backfill, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CancelBackfillRequest(_message.Message):
    __slots__ = ("backfill_id",)
    BACKFILL_ID_FIELD_NUMBER: _ClassVar[int]
    backfill_id: int
    def __init__(self, backfill_id: _Optional[int] = ...) -> None: ...

class VerifyRollupsRequest(_message.Message):
    __slots__ = ("start_date", "end_date")
    START_DATE_FIELD_NUMBER: _ClassVar[int]
    END_DATE_FIELD_NUMBER: _ClassVar[int]
    start_date: str
    end_date: str
    def __init__(self, start_date: _Optional[str] = ..., end_date: _Optional[str] = ...) -> None: ...

class VerifyRollupsResponse(_message.Message):
    __slots__ = ("kind", "difference", "progress", "verified", "differences", "note")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[VerifyRollupsResponse.Kind]
        DIFFERENCE: _ClassVar[VerifyRollupsResponse.Kind]
        PROGRESS: _ClassVar[VerifyRollupsResponse.Kind]
        DONE: _ClassVar[VerifyRollupsResponse.Kind]
    KIND_UNSPECIFIED: VerifyRollupsResponse.Kind
    DIFFERENCE: VerifyRollupsResponse.Kind
    PROGRESS: VerifyRollupsResponse.Kind
    DONE: VerifyRollupsResponse.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCE_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    VERIFIED_FIELD_NUMBER: _ClassVar[int]
    DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    kind: VerifyRollupsResponse.Kind
    difference: str
    progress: float
    verified: int
    differences: int
    note: str
    def __init__(self, kind: _Optional[_Union[VerifyRollupsResponse.Kind, str]] = ..., difference: _Optional[str] = ..., progress: _Optional[float] = ..., verified: _Optional[int] = ..., differences: _Optional[int] = ..., note: _Optional[str] = ...) -> None: ...
