import datetime

from google.api import annotations_pb2 as _annotations_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import httpbody_pb2 as _httpbody_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from montrg.type.v1 import access_pb2 as _access_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetAggregationRequest(_message.Message):
    __slots__ = ("start_date", "end_date", "start_hour", "end_hour", "metrics")
    START_DATE_FIELD_NUMBER: _ClassVar[int]
    END_DATE_FIELD_NUMBER: _ClassVar[int]
    START_HOUR_FIELD_NUMBER: _ClassVar[int]
    END_HOUR_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    start_date: str
    end_date: str
    start_hour: int
    end_hour: int
    metrics: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, start_date: _Optional[str] = ..., end_date: _Optional[str] = ..., start_hour: _Optional[int] = ..., end_hour: _Optional[int] = ..., metrics: _Optional[_Iterable[str]] = ...) -> None: ...

class GetLocationAggregationRequest(_message.Message):
    __slots__ = ("location_id", "start_date", "end_date", "start_hour", "end_hour", "metrics")
    LOCATION_ID_FIELD_NUMBER: _ClassVar[int]
    START_DATE_FIELD_NUMBER: _ClassVar[int]
    END_DATE_FIELD_NUMBER: _ClassVar[int]
    START_HOUR_FIELD_NUMBER: _ClassVar[int]
    END_HOUR_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    location_id: str
    start_date: str
    end_date: str
    start_hour: int
    end_hour: int
    metrics: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, location_id: _Optional[str] = ..., start_date: _Optional[str] = ..., end_date: _Optional[str] = ..., start_hour: _Optional[int] = ..., end_hour: _Optional[int] = ..., metrics: _Optional[_Iterable[str]] = ...) -> None: ...

class GetFactoryAggregationRequest(_message.Message):
    __slots__ = ("factory", "start_date", "end_date", "start_hour", "end_hour", "metrics")
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    START_DATE_FIELD_NUMBER: _ClassVar[int]
    END_DATE_FIELD_NUMBER: _ClassVar[int]
    START_HOUR_FIELD_NUMBER: _ClassVar[int]
    END_HOUR_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    factory: str
    start_date: str
    end_date: str
    start_hour: int
    end_hour: int
    metrics: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, factory: _Optional[str] = ..., start_date: _Optional[str] = ..., end_date: _Optional[str] = ..., start_hour: _Optional[int] = ..., end_hour: _Optional[int] = ..., metrics: _Optional[_Iterable[str]] = ...) -> None: ...

class GetBuildingAggregationRequest(_message.Message):
    __slots__ = ("factory", "building", "start_date", "end_date", "start_hour", "end_hour", "metrics")
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    BUILDING_FIELD_NUMBER: _ClassVar[int]
    START_DATE_FIELD_NUMBER: _ClassVar[int]
    END_DATE_FIELD_NUMBER: _ClassVar[int]
    START_HOUR_FIELD_NUMBER: _ClassVar[int]
    END_HOUR_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    factory: str
    building: str
    start_date: str
    end_date: str
    start_hour: int
    end_hour: int
    metrics: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, factory: _Optional[str] = ..., building: _Optional[str] = ..., start_date: _Optional[str] = ..., end_date: _Optional[str] = ..., start_hour: _Optional[int] = ..., end_hour: _Optional[int] = ..., metrics: _Optional[_Iterable[str]] = ...) -> None: ...

class GetFloorAggregationRequest(_message.Message):
    __slots__ = ("factory", "building", "floor", "start_date", "end_date", "start_hour", "end_hour", "metrics")
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    BUILDING_FIELD_NUMBER: _ClassVar[int]
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    START_DATE_FIELD_NUMBER: _ClassVar[int]
    END_DATE_FIELD_NUMBER: _ClassVar[int]
    START_HOUR_FIELD_NUMBER: _ClassVar[int]
    END_HOUR_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    factory: str
    building: str
    floor: int
    start_date: str
    end_date: str
    start_hour: int
    end_hour: int
    metrics: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, factory: _Optional[str] = ..., building: _Optional[str] = ..., floor: _Optional[int] = ..., start_date: _Optional[str] = ..., end_date: _Optional[str] = ..., start_hour: _Optional[int] = ..., end_hour: _Optional[int] = ..., metrics: _Optional[_Iterable[str]] = ...) -> None: ...

class ExportAggregationRequest(_message.Message):
    __slots__ = ("start_date", "end_date", "start_hour", "end_hour", "metrics", "factory", "building", "floor", "loc_id", "bom")
    START_DATE_FIELD_NUMBER: _ClassVar[int]
    END_DATE_FIELD_NUMBER: _ClassVar[int]
    START_HOUR_FIELD_NUMBER: _ClassVar[int]
    END_HOUR_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    BUILDING_FIELD_NUMBER: _ClassVar[int]
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    BOM_FIELD_NUMBER: _ClassVar[int]
    start_date: str
    end_date: str
    start_hour: int
    end_hour: int
    metrics: _containers.RepeatedScalarFieldContainer[str]
    factory: str
    building: str
    floor: int
    loc_id: str
    bom: bool
    def __init__(self, start_date: _Optional[str] = ..., end_date: _Optional[str] = ..., start_hour: _Optional[int] = ..., end_hour: _Optional[int] = ..., metrics: _Optional[_Iterable[str]] = ..., factory: _Optional[str] = ..., building: _Optional[str] = ..., floor: _Optional[int] = ..., loc_id: _Optional[str] = ..., bom: _Optional[bool] = ...) -> None: ...

class Aggregation(_message.Message):
    __slots__ = ("locations", "degraded")
    LOCATIONS_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    locations: _containers.RepeatedCompositeFieldContainer[PlaceAggregation]
    degraded: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, locations: _Optional[_Iterable[_Union[PlaceAggregation, _Mapping]]] = ..., degraded: _Optional[_Iterable[str]] = ...) -> None: ...

class PlaceAggregation(_message.Message):
    __slots__ = ("factory", "building", "floor", "loc_id", "area", "plant", "date")
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    BUILDING_FIELD_NUMBER: _ClassVar[int]
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    AREA_FIELD_NUMBER: _ClassVar[int]
    PLANT_FIELD_NUMBER: _ClassVar[int]
    DATE_FIELD_NUMBER: _ClassVar[int]
    factory: str
    building: str
    floor: int
    loc_id: str
    area: str
    plant: str
    date: _containers.RepeatedCompositeFieldContainer[Row]
    def __init__(self, factory: _Optional[str] = ..., building: _Optional[str] = ..., floor: _Optional[int] = ..., loc_id: _Optional[str] = ..., area: _Optional[str] = ..., plant: _Optional[str] = ..., date: _Optional[_Iterable[_Union[Row, _Mapping]]] = ...) -> None: ...

class Row(_message.Message):
    __slots__ = ("ymd", "hour", "metrics", "start_time", "readings", "suspect")
    YMD_FIELD_NUMBER: _ClassVar[int]
    HOUR_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    READINGS_FIELD_NUMBER: _ClassVar[int]
    SUSPECT_FIELD_NUMBER: _ClassVar[int]
    ymd: str
    hour: str
    metrics: AggregatedMetrics
    start_time: _timestamp_pb2.Timestamp
    readings: int
    suspect: int
    def __init__(self, ymd: _Optional[str] = ..., hour: _Optional[str] = ..., metrics: _Optional[_Union[AggregatedMetrics, _Mapping]] = ..., start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., readings: _Optional[int] = ..., suspect: _Optional[int] = ...) -> None: ...

class AggregatedMetrics(_message.Message):
    __slots__ = ("pcv_temperature_max", "pcv_temperature_avg", "pcv_temperature_min", "temperature_max", "temperature_avg", "temperature_min", "humidity_max", "humidity_avg", "humidity_min")
    PCV_TEMPERATURE_MAX_FIELD_NUMBER: _ClassVar[int]
    PCV_TEMPERATURE_AVG_FIELD_NUMBER: _ClassVar[int]
    PCV_TEMPERATURE_MIN_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_MAX_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_AVG_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_MIN_FIELD_NUMBER: _ClassVar[int]
    HUMIDITY_MAX_FIELD_NUMBER: _ClassVar[int]
    HUMIDITY_AVG_FIELD_NUMBER: _ClassVar[int]
    HUMIDITY_MIN_FIELD_NUMBER: _ClassVar[int]
    pcv_temperature_max: float
    pcv_temperature_avg: float
    pcv_temperature_min: float
    temperature_max: float
    temperature_avg: float
    temperature_min: float
    humidity_max: float
    humidity_avg: float
    humidity_min: float
    def __init__(self, pcv_temperature_max: _Optional[float] = ..., pcv_temperature_avg: _Optional[float] = ..., pcv_temperature_min: _Optional[float] = ..., temperature_max: _Optional[float] = ..., temperature_avg: _Optional[float] = ..., temperature_min: _Optional[float] = ..., humidity_max: _Optional[float] = ..., humidity_avg: _Optional[float] = ..., humidity_min: _Optional[float] = ...) -> None: ...

class QueryTimeSeriesRequest(_message.Message):
    __slots__ = ("start_time", "end_time", "step", "group_by", "sensor_id", "loc_id", "factory", "building", "floor", "metrics")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    GROUP_BY_FIELD_NUMBER: _ClassVar[int]
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    FACTORY_FIELD_NUMBER: _ClassVar[int]
    BUILDING_FIELD_NUMBER: _ClassVar[int]
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    step: str
    group_by: str
    sensor_id: str
    loc_id: str
    factory: str
    building: str
    floor: int
    metrics: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., step: _Optional[str] = ..., group_by: _Optional[str] = ..., sensor_id: _Optional[str] = ..., loc_id: _Optional[str] = ..., factory: _Optional[str] = ..., building: _Optional[str] = ..., floor: _Optional[int] = ..., metrics: _Optional[_Iterable[str]] = ...) -> None: ...

class StreamTimeSeriesRequest(_message.Message):
    __slots__ = ("query",)
    QUERY_FIELD_NUMBER: _ClassVar[int]
    query: QueryTimeSeriesRequest
    def __init__(self, query: _Optional[_Union[QueryTimeSeriesRequest, _Mapping]] = ...) -> None: ...

class TimeSeriesList(_message.Message):
    __slots__ = ("series", "degraded")
    SERIES_FIELD_NUMBER: _ClassVar[int]
    DEGRADED_FIELD_NUMBER: _ClassVar[int]
    series: _containers.RepeatedCompositeFieldContainer[TimeSeries]
    degraded: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, series: _Optional[_Iterable[_Union[TimeSeries, _Mapping]]] = ..., degraded: _Optional[_Iterable[str]] = ...) -> None: ...

class TimeSeries(_message.Message):
    __slots__ = ("loc_id", "sensor_id", "points")
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    POINTS_FIELD_NUMBER: _ClassVar[int]
    loc_id: str
    sensor_id: str
    points: _containers.RepeatedCompositeFieldContainer[Point]
    def __init__(self, loc_id: _Optional[str] = ..., sensor_id: _Optional[str] = ..., points: _Optional[_Iterable[_Union[Point, _Mapping]]] = ...) -> None: ...

class Point(_message.Message):
    __slots__ = ("start_time", "readings", "suspect", "gap", "metrics", "first_time", "last_time")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    READINGS_FIELD_NUMBER: _ClassVar[int]
    SUSPECT_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    FIRST_TIME_FIELD_NUMBER: _ClassVar[int]
    LAST_TIME_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    readings: int
    suspect: int
    gap: bool
    metrics: AggregatedMetrics
    first_time: _timestamp_pb2.Timestamp
    last_time: _timestamp_pb2.Timestamp
    def __init__(self, start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., readings: _Optional[int] = ..., suspect: _Optional[int] = ..., gap: _Optional[bool] = ..., metrics: _Optional[_Union[AggregatedMetrics, _Mapping]] = ..., first_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
