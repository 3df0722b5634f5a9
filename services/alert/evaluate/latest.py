"""What realtime knows of every sensor now, as readings of the log."""

from collections.abc import Sequence
from datetime import datetime

import grpc
import numpy as np
from montrg.realtime.v1 import reading_log_service_pb2 as log_pb2
from montrg.realtime.v1 import realtime_service_pb2 as pb2
from montrg.realtime.v1 import realtime_service_pb2_grpc

from services.common.channels import DEADLINE_S
from services.common.neighbours import away
from services.common.reading_log import ReadingSlice
from services.heat.levels import METRICS
from services.heat.quality import GOOD, IMPLAUSIBLE, REASONS

_CODES = {reason: code for code, reason in REASONS.items()}


class LatestReadings:
    """Satisfies Latest."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub = realtime_service_pb2_grpc.RealtimeServiceStub(channel)

    async def read(self, now: datetime) -> Sequence[ReadingSlice]:
        """Returns the last reading of each sensor, as if all of them had come just now.

        Of one that is stale it is not told whether it could be trusted: so it counts as suspect.
        """
        try:
            answer = await self._stub.GetMeasurements(pb2.GetMeasurementsRequest(), timeout=DEADLINE_S)
        except grpc.aio.AioRpcError as error:
            raise away("realtime", error) from error
        found = answer.measurements
        if not found:
            return ()
        values = np.array([[_value(m.metrics, metric) for metric in METRICS] for m in found], np.float64)
        return (
            ReadingSlice(
                seq=0,
                append_time=now,
                receive_time=now,
                series=[log_pb2.Series(sensor_id=m.sensor_id, loc_id=m.location.loc_id) for m in found],
                series_index=np.arange(len(found), dtype=np.uint32),
                capture_time_us=np.array([m.capture_time.ToMicroseconds() for m in found], np.int64),
                temperature=values[:, 0],
                humidity=values[:, 1],
                pcv_temperature=values[:, 2],
                quality=np.array([_quality(m) for m in found], np.uint32),
            ),
        )


def _value(metrics: pb2.Metrics, metric: str) -> float:
    return float(getattr(metrics, metric).value) if metrics.HasField(metric) else np.nan


def _quality(measurement: pb2.Measurement) -> int:
    if measurement.quality == pb2.Measurement.GOOD:
        return GOOD
    return _CODES.get(measurement.quality_reason, IMPLAUSIBLE)
