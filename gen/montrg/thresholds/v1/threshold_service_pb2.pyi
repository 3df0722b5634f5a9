import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from montrg.thresholds.v1 import mapping_service_pb2 as _mapping_service_pb2
from montrg.type.v1 import access_pb2 as _access_pb2
from montrg.type.v1 import change_pb2 as _change_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Threshold(_message.Message):
    __slots__ = ("threshold_id", "threshold_type", "level", "min_value", "max_value", "upd_dt", "mapped_only", "source")
    THRESHOLD_ID_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_TYPE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    MIN_VALUE_FIELD_NUMBER: _ClassVar[int]
    MAX_VALUE_FIELD_NUMBER: _ClassVar[int]
    UPD_DT_FIELD_NUMBER: _ClassVar[int]
    MAPPED_ONLY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    threshold_id: int
    threshold_type: str
    level: str
    min_value: float
    max_value: float
    upd_dt: _timestamp_pb2.Timestamp
    mapped_only: bool
    source: str
    def __init__(self, threshold_id: _Optional[int] = ..., threshold_type: _Optional[str] = ..., level: _Optional[str] = ..., min_value: _Optional[float] = ..., max_value: _Optional[float] = ..., upd_dt: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., mapped_only: _Optional[bool] = ..., source: _Optional[str] = ...) -> None: ...

class ListThresholdsRequest(_message.Message):
    __slots__ = ("limit", "skip", "page_token")
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    SKIP_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    limit: int
    skip: int
    page_token: str
    def __init__(self, limit: _Optional[int] = ..., skip: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListThresholdsResponse(_message.Message):
    __slots__ = ("thresholds", "next_page_token")
    THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    thresholds: _containers.RepeatedCompositeFieldContainer[Threshold]
    next_page_token: str
    def __init__(self, thresholds: _Optional[_Iterable[_Union[Threshold, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListThresholdsByTypeRequest(_message.Message):
    __slots__ = ("threshold_type", "limit", "skip", "page_token")
    THRESHOLD_TYPE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    SKIP_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    threshold_type: str
    limit: int
    skip: int
    page_token: str
    def __init__(self, threshold_type: _Optional[str] = ..., limit: _Optional[int] = ..., skip: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListThresholdsByTypeResponse(_message.Message):
    __slots__ = ("thresholds", "next_page_token")
    THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    thresholds: _containers.RepeatedCompositeFieldContainer[Threshold]
    next_page_token: str
    def __init__(self, thresholds: _Optional[_Iterable[_Union[Threshold, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetThresholdRequest(_message.Message):
    __slots__ = ("threshold_id",)
    THRESHOLD_ID_FIELD_NUMBER: _ClassVar[int]
    threshold_id: int
    def __init__(self, threshold_id: _Optional[int] = ...) -> None: ...

class CreateThresholdRequest(_message.Message):
    __slots__ = ("threshold",)
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    threshold: Threshold
    def __init__(self, threshold: _Optional[_Union[Threshold, _Mapping]] = ...) -> None: ...

class UpdateThresholdRequest(_message.Message):
    __slots__ = ("threshold_id", "threshold", "update_mask")
    THRESHOLD_ID_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    threshold_id: int
    threshold: Threshold
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, threshold_id: _Optional[int] = ..., threshold: _Optional[_Union[Threshold, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class DeleteThresholdRequest(_message.Message):
    __slots__ = ("threshold_id",)
    THRESHOLD_ID_FIELD_NUMBER: _ClassVar[int]
    threshold_id: int
    def __init__(self, threshold_id: _Optional[int] = ...) -> None: ...

class DeleteThresholdResponse(_message.Message):
    __slots__ = ("message", "deleted")
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    DELETED_FIELD_NUMBER: _ClassVar[int]
    message: str
    deleted: bool
    def __init__(self, message: _Optional[str] = ..., deleted: _Optional[bool] = ...) -> None: ...

class CheckThresholdsRequest(_message.Message):
    __slots__ = ("threshold_type",)
    THRESHOLD_TYPE_FIELD_NUMBER: _ClassVar[int]
    threshold_type: str
    def __init__(self, threshold_type: _Optional[str] = ...) -> None: ...

class ThresholdCheck(_message.Message):
    __slots__ = ("ok", "gaps", "overlaps")
    OK_FIELD_NUMBER: _ClassVar[int]
    GAPS_FIELD_NUMBER: _ClassVar[int]
    OVERLAPS_FIELD_NUMBER: _ClassVar[int]
    ok: bool
    gaps: _containers.RepeatedCompositeFieldContainer[BandFinding]
    overlaps: _containers.RepeatedCompositeFieldContainer[BandFinding]
    def __init__(self, ok: _Optional[bool] = ..., gaps: _Optional[_Iterable[_Union[BandFinding, _Mapping]]] = ..., overlaps: _Optional[_Iterable[_Union[BandFinding, _Mapping]]] = ...) -> None: ...

class BandFinding(_message.Message):
    __slots__ = ("threshold_type", "min_value", "max_value", "threshold_ids", "message")
    THRESHOLD_TYPE_FIELD_NUMBER: _ClassVar[int]
    MIN_VALUE_FIELD_NUMBER: _ClassVar[int]
    MAX_VALUE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_IDS_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    threshold_type: str
    min_value: float
    max_value: float
    threshold_ids: _containers.RepeatedScalarFieldContainer[int]
    message: str
    def __init__(self, threshold_type: _Optional[str] = ..., min_value: _Optional[float] = ..., max_value: _Optional[float] = ..., threshold_ids: _Optional[_Iterable[int]] = ..., message: _Optional[str] = ...) -> None: ...

class GetRulesRequest(_message.Message):
    __slots__ = ("known_revision",)
    KNOWN_REVISION_FIELD_NUMBER: _ClassVar[int]
    known_revision: int
    def __init__(self, known_revision: _Optional[int] = ...) -> None: ...

class Rules(_message.Message):
    __slots__ = ("revision", "unchanged", "thresholds", "mappings")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    THRESHOLDS_FIELD_NUMBER: _ClassVar[int]
    MAPPINGS_FIELD_NUMBER: _ClassVar[int]
    revision: int
    unchanged: bool
    thresholds: _containers.RepeatedCompositeFieldContainer[Threshold]
    mappings: _containers.RepeatedCompositeFieldContainer[_mapping_service_pb2.Mapping]
    def __init__(self, revision: _Optional[int] = ..., unchanged: _Optional[bool] = ..., thresholds: _Optional[_Iterable[_Union[Threshold, _Mapping]]] = ..., mappings: _Optional[_Iterable[_Union[_mapping_service_pb2.Mapping, _Mapping]]] = ...) -> None: ...

class WatchChangesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchChangesResponse(_message.Message):
    __slots__ = ("change",)
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    change: _change_pb2.Change
    def __init__(self, change: _Optional[_Union[_change_pb2.Change, _Mapping]] = ...) -> None: ...
