import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from montrg.type.v1 import access_pb2 as _access_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SubscribeRequest(_message.Message):
    __slots__ = ("consumer", "generation", "after_seq")
    CONSUMER_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQ_FIELD_NUMBER: _ClassVar[int]
    consumer: str
    generation: str
    after_seq: int
    def __init__(self, consumer: _Optional[str] = ..., generation: _Optional[str] = ..., after_seq: _Optional[int] = ...) -> None: ...

class SubscribeResponse(_message.Message):
    __slots__ = ("batch", "head")
    BATCH_FIELD_NUMBER: _ClassVar[int]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    batch: ReadingBatch
    head: LogHead
    def __init__(self, batch: _Optional[_Union[ReadingBatch, _Mapping]] = ..., head: _Optional[_Union[LogHead, _Mapping]] = ...) -> None: ...

class LogHead(_message.Message):
    __slots__ = ("generation", "trimmed_seq", "last_seq")
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    TRIMMED_SEQ_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQ_FIELD_NUMBER: _ClassVar[int]
    generation: str
    trimmed_seq: int
    last_seq: int
    def __init__(self, generation: _Optional[str] = ..., trimmed_seq: _Optional[int] = ..., last_seq: _Optional[int] = ...) -> None: ...

class ReadingBatch(_message.Message):
    __slots__ = ("seq", "append_time", "receive_time", "series", "series_index", "capture_time_us", "temperature", "humidity", "pcv_temperature", "quality", "traceparents")
    SEQ_FIELD_NUMBER: _ClassVar[int]
    APPEND_TIME_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    SERIES_FIELD_NUMBER: _ClassVar[int]
    SERIES_INDEX_FIELD_NUMBER: _ClassVar[int]
    CAPTURE_TIME_US_FIELD_NUMBER: _ClassVar[int]
    TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    HUMIDITY_FIELD_NUMBER: _ClassVar[int]
    PCV_TEMPERATURE_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENTS_FIELD_NUMBER: _ClassVar[int]
    seq: int
    append_time: _timestamp_pb2.Timestamp
    receive_time: _timestamp_pb2.Timestamp
    series: _containers.RepeatedCompositeFieldContainer[Series]
    series_index: _containers.RepeatedScalarFieldContainer[int]
    capture_time_us: _containers.RepeatedScalarFieldContainer[int]
    temperature: _containers.RepeatedScalarFieldContainer[float]
    humidity: _containers.RepeatedScalarFieldContainer[float]
    pcv_temperature: _containers.RepeatedScalarFieldContainer[float]
    quality: _containers.RepeatedScalarFieldContainer[int]
    traceparents: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, seq: _Optional[int] = ..., append_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., receive_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., series: _Optional[_Iterable[_Union[Series, _Mapping]]] = ..., series_index: _Optional[_Iterable[int]] = ..., capture_time_us: _Optional[_Iterable[int]] = ..., temperature: _Optional[_Iterable[float]] = ..., humidity: _Optional[_Iterable[float]] = ..., pcv_temperature: _Optional[_Iterable[float]] = ..., quality: _Optional[_Iterable[int]] = ..., traceparents: _Optional[_Iterable[str]] = ...) -> None: ...

class Series(_message.Message):
    __slots__ = ("sensor_id", "loc_id", "source", "clock_skew_s", "trace")
    SENSOR_ID_FIELD_NUMBER: _ClassVar[int]
    LOC_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    CLOCK_SKEW_S_FIELD_NUMBER: _ClassVar[int]
    TRACE_FIELD_NUMBER: _ClassVar[int]
    sensor_id: str
    loc_id: str
    source: str
    clock_skew_s: float
    trace: int
    def __init__(self, sensor_id: _Optional[str] = ..., loc_id: _Optional[str] = ..., source: _Optional[str] = ..., clock_skew_s: _Optional[float] = ..., trace: _Optional[int] = ...) -> None: ...

class RegisterConsumerRequest(_message.Message):
    __slots__ = ("consumer",)
    CONSUMER_FIELD_NUMBER: _ClassVar[int]
    consumer: str
    def __init__(self, consumer: _Optional[str] = ...) -> None: ...

class CommitOffsetRequest(_message.Message):
    __slots__ = ("consumer", "generation", "seq")
    CONSUMER_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    consumer: str
    generation: str
    seq: int
    def __init__(self, consumer: _Optional[str] = ..., generation: _Optional[str] = ..., seq: _Optional[int] = ...) -> None: ...

class LogConsumer(_message.Message):
    __slots__ = ("consumer", "generation", "seq", "report_time", "lag_batches", "lag_readings", "lag_s")
    CONSUMER_FIELD_NUMBER: _ClassVar[int]
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    REPORT_TIME_FIELD_NUMBER: _ClassVar[int]
    LAG_BATCHES_FIELD_NUMBER: _ClassVar[int]
    LAG_READINGS_FIELD_NUMBER: _ClassVar[int]
    LAG_S_FIELD_NUMBER: _ClassVar[int]
    consumer: str
    generation: str
    seq: int
    report_time: _timestamp_pb2.Timestamp
    lag_batches: int
    lag_readings: int
    lag_s: float
    def __init__(self, consumer: _Optional[str] = ..., generation: _Optional[str] = ..., seq: _Optional[int] = ..., report_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., lag_batches: _Optional[int] = ..., lag_readings: _Optional[int] = ..., lag_s: _Optional[float] = ...) -> None: ...

class RemoveConsumerRequest(_message.Message):
    __slots__ = ("consumer",)
    CONSUMER_FIELD_NUMBER: _ClassVar[int]
    consumer: str
    def __init__(self, consumer: _Optional[str] = ...) -> None: ...

class RemoveConsumerResponse(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListConsumersRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListConsumersResponse(_message.Message):
    __slots__ = ("consumers", "head")
    CONSUMERS_FIELD_NUMBER: _ClassVar[int]
    HEAD_FIELD_NUMBER: _ClassVar[int]
    consumers: _containers.RepeatedCompositeFieldContainer[LogConsumer]
    head: LogHead
    def __init__(self, consumers: _Optional[_Iterable[_Union[LogConsumer, _Mapping]]] = ..., head: _Optional[_Union[LogHead, _Mapping]] = ...) -> None: ...

class ReadRangeRequest(_message.Message):
    __slots__ = ("start_time", "end_time", "sensor_ids")
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    SENSOR_IDS_FIELD_NUMBER: _ClassVar[int]
    start_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    sensor_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, start_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., sensor_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class ReadLatestRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReadRangeResponse(_message.Message):
    __slots__ = ("head", "batch", "end")
    HEAD_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    head: RangeHead
    batch: ReadingBatch
    end: RangeEnd
    def __init__(self, head: _Optional[_Union[RangeHead, _Mapping]] = ..., batch: _Optional[_Union[ReadingBatch, _Mapping]] = ..., end: _Optional[_Union[RangeEnd, _Mapping]] = ...) -> None: ...

class RangeHead(_message.Message):
    __slots__ = ("generation", "seq")
    GENERATION_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    generation: str
    seq: int
    def __init__(self, generation: _Optional[str] = ..., seq: _Optional[int] = ...) -> None: ...

class RangeEnd(_message.Message):
    __slots__ = ("readings",)
    READINGS_FIELD_NUMBER: _ClassVar[int]
    readings: int
    def __init__(self, readings: _Optional[int] = ...) -> None: ...

class GetReadingExtentRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ReadingExtent(_message.Message):
    __slots__ = ("first_time", "end_time", "frozen_before")
    FIRST_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    FROZEN_BEFORE_FIELD_NUMBER: _ClassVar[int]
    first_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    frozen_before: _timestamp_pb2.Timestamp
    def __init__(self, first_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., frozen_before: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
