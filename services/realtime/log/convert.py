"""Between protobuf and the domain of the reading log. Pure."""

from montrg.realtime.v1 import reading_log_service_pb2 as pb2

from services.realtime.log.domain import Consumer, Entry, Head, Mark
from services.realtime.log.ranges import End, Extent, Place, Rows


def log_head(mark: Mark) -> pb2.LogHead:
    """Converts the log's extent."""
    return pb2.LogHead(generation=mark.generation, trimmed_seq=mark.trimmed_seq, last_seq=mark.last_seq)


def subscribed(message: Entry | Mark) -> pb2.SubscribeResponse:
    """Converts what a follower is told."""
    if isinstance(message, Mark):
        return pb2.SubscribeResponse(head=log_head(message))
    batch = pb2.ReadingBatch.FromString(message.payload)
    batch.seq = message.seq
    batch.append_time.FromDatetime(message.append_time)
    return pb2.SubscribeResponse(batch=batch)


def log_consumer(consumer: Consumer, head: Head) -> pb2.LogConsumer:
    """Converts a consumer."""
    return pb2.LogConsumer(
        consumer=consumer.name,
        generation=head.generation,
        seq=consumer.seq,
        report_time=consumer.report_time,
        lag_batches=consumer.lag_batches,
        lag_readings=consumer.lag_readings,
        lag_s=consumer.lag_s,
    )


def range_part(part: Place | Rows | End) -> pb2.ReadRangeResponse:
    """Converts a part of a range."""
    if isinstance(part, Place):
        return pb2.ReadRangeResponse(head=pb2.RangeHead(generation=part.generation, seq=part.seq))
    if isinstance(part, End):
        return pb2.ReadRangeResponse(end=pb2.RangeEnd(readings=part.readings))
    batch = pb2.ReadingBatch(
        series=[pb2.Series(sensor_id=sensor, loc_id=loc, source=source) for sensor, loc, source in part.series],
        series_index=part.series_index.tolist(),
        capture_time_us=part.capture_time_us.tolist(),
        temperature=part.temperature.tolist(),
        humidity=part.humidity.tolist(),
        pcv_temperature=part.pcv_temperature.tolist(),
        quality=part.quality.tolist(),
    )
    return pb2.ReadRangeResponse(batch=batch)


def reading_extent(extent: Extent) -> pb2.ReadingExtent:
    """Converts from when to when there are readings."""
    return pb2.ReadingExtent(first_time=extent.first, end_time=extent.end, frozen_before=extent.frozen_before)
