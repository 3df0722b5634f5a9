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

class GetMeasurementsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetFactoryMeasurementsRequest(_message.Message):
    __slots__ = ("factory",)
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    factory: str
    def __init__(self, factory: _Optional[str] = ...) -> None: ...

class GetBuildingMeasurementsRequest(_message.Message):
    __slots__ = ("building",)
    BUILDING_FIELD_NUMBER: _ClassVar[int]
    building: str
    def __init__(self, building: _Optional[str] = ...) -> None: ...

class GetFloorMeasurementsRequest(_message.Message):
    __slots__ = ("floor",)
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    floor: int
    def __init__(self, floor: _Optional[int] = ...) -> None: ...

class GetPlaceMeasurementsRequest(_message.Message):
    __slots__ = ("loc_id",)
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    loc_id: str
    def __init__(self, loc_id: _Optional[str] = ...) -> None: ...

class GetLocationMeasurementsRequest(_message.Message):
    __slots__ = ("factory", "building", "floor", "loc_id")
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    BUILDING_FIELD_NUMBER: _ClassVar[int]
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    factory: str
    building: str
    floor: int
    loc_id: str
    def __init__(self, factory: _Optional[str] = ..., building: _Optional[str] = ..., floor: _Optional[int] = ..., loc_id: _Optional[str] = ...) -> None: ...

class WatchMeasurementsRequest(_message.Message):
    __slots__ = ("factory", "building", "floor", "loc_id", "resume_token")
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    BUILDING_FIELD_NUMBER: _ClassVar[int]
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    factory: str
    building: str
    floor: int
    loc_id: str
    resume_token: str
    def __init__(self, factory: _Optional[str] = ..., building: _Optional[str] = ..., floor: _Optional[int] = ..., loc_id: _Optional[str] = ..., resume_token: _Optional[str] = ...) -> None: ...

class WatchMeasurementsResponse(_message.Message):
    __slots__ = ("kind", "ymd", "hh", "measurements", "removed", "degraded", "resume_token", "reason")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[WatchMeasurementsResponse.Kind]
        SNAPSHOT: _ClassVar[WatchMeasurementsResponse.Kind]
        CHANGES: _ClassVar[WatchMeasurementsResponse.Kind]
        HEARTBEAT: _ClassVar[WatchMeasurementsResponse.Kind]
        END: _ClassVar[WatchMeasurementsResponse.Kind]
    KIND_UNSPECIFIED: WatchMeasurementsResponse.Kind
    SNAPSHOT: WatchMeasurementsResponse.Kind
    CHANGES: WatchMeasurementsResponse.Kind
    HEARTBEAT: WatchMeasurementsResponse.Kind
    END: WatchMeasurementsResponse.Kind
    KIND_FIELD_NUMBER: _ClassVar[int]
    YMD_FIELD_NUMBER: _ClassVar[int]
    HH_FIELD_NUMBER: _ClassVar[int]
    MEASUREMENTS_FIELD_NUMBER: _ClassVar[int]
    REMOVED_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    kind: WatchMeasurementsResponse.Kind
    ymd: str
    hh: str
    measurements: _containers.RepeatedCompositeFieldContainer[Measurement]
    removed: _containers.RepeatedScalarFieldContainer[str]
    degraded: _containers.RepeatedScalarFieldContainer[str]
    resume_token: str
    reason: str
    def __init__(self, kind: _Optional[_Union[WatchMeasurementsResponse.Kind, str]] = ..., ymd: _Optional[str] = ..., hh: _Optional[str] = ..., measurements: _Optional[_Iterable[_Union[Measurement, _Mapping]]] = ..., removed: _Optional[_Iterable[str]] = ..., degraded: _Optional[_Iterable[str]] = ..., resume_token: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class MeasurementSnapshot(_message.Message):
    __slots__ = ("ymd", "hh", "measurements", "degraded")
    YMD_FIELD_NUMBER: _ClassVar[int]
    HH_FIELD_NUMBER: _ClassVar[int]
    MEASUREMENTS_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    ymd: str
    hh: str
    measurements: _containers.RepeatedCompositeFieldContainer[Measurement]
    degraded: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, ymd: _Optional[str] = ..., hh: _Optional[str] = ..., measurements: _Optional[_Iterable[_Union[Measurement, _Mapping]]] = ..., degraded: _Optional[_Iterable[str]] = ...) -> None: ...

class Measurement(_message.Message):
    __slots__ = ("sensor_id", "capture_time", "quality", "location", "metrics", "quality_reason", "clock_skew_s")
    class Quality(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        QUALITY_UNSPECIFIED: _ClassVar[Measurement.Quality]
        GOOD: _ClassVar[Measurement.Quality]
        SUSPECT: _ClassVar[Measurement.Quality]
        STALE: _ClassVar[Measurement.Quality]
    QUALITY_UNSPECIFIED: Measurement.Quality
    GOOD: Measurement.Quality
    SUSPECT: Measurement.Quality
    STALE: Measurement.Quality
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_TIME_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    LOCATION_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    QUALITY_REASON_FIELD_NUMBER: _ClassVar[int]
    CLOCK_SKEW_S_FIELD_NUMBER: _ClassVar[int]
    sensor_id: str
    capture_time: _timestamp_pb2.Timestamp
    quality: Measurement.Quality
    location: Place
    metrics: Metrics
    quality_reason: str
    clock_skew_s: float
    def __init__(self, sensor_id: _Optional[str] = ..., capture_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., quality: _Optional[_Union[Measurement.Quality, str]] = ..., location: _Optional[_Union[Place, _Mapping]] = ..., metrics: _Optional[_Union[Metrics, _Mapping]] = ..., quality_reason: _Optional[str] = ..., clock_skew_s: _Optional[float] = ...) -> None: ...

class Place(_message.Message):
    __slots__ = ("factory", "building", "floor", "loc_id", "area", "plant")
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    BUILDING_FIELD_NUMBER: _ClassVar[int]
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    PLANT_FIELD_NUMBER: _ClassVar[int]
    factory: str
    building: str
    floor: int
    loc_id: str
    area: str
    plant: str
    def __init__(self, factory: _Optional[str] = ..., building: _Optional[str] = ..., floor: _Optional[int] = ..., loc_id: _Optional[str] = ..., area: _Optional[str] = ..., plant: _Optional[str] = ...) -> None: ...

class Metrics(_message.Message):
    __slots__ = ("temperature", "humidity", "pcv_temperature")
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    HUMIDITY_FIELD_NUMBER: _ClassVar[int]
    PCV_TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    temperature: Metric
    humidity: Metric
    pcv_temperature: Metric
    def __init__(self, temperature: _Optional[_Union[Metric, _Mapping]] = ..., humidity: _Optional[_Union[Metric, _Mapping]] = ..., pcv_temperature: _Optional[_Union[Metric, _Mapping]] = ...) -> None: ...

class Metric(_message.Message):
    __slots__ = ("value", "status", "level")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    value: float
    status: str
    level: str
    def __init__(self, value: _Optional[float] = ..., status: _Optional[str] = ..., level: _Optional[str] = ...) -> None: ...
