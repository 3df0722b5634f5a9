"""An event belongs to the trace of the very reading that caused it, or to none."""

from datetime import UTC, datetime, timedelta

import numpy as np
from montrg.realtime.v1 import reading_log_service_pb2 as pb2

from services.alert.domain import CLEARS, RAISED
from services.alert.evaluate.journal import Episode, Told
from services.alert.evaluate.traces import tell
from services.alert.evaluate.watch import OpenAlert
from services.common.epoch import microseconds
from services.common.reading_log import ReadingSlice

BEGIN = datetime(2026, 7, 15, 5, tzinfo=UTC)
FIRST, SECOND = (f"00-{digit * 32}-{digit * 16}-01" for digit in "12")


def at(minutes):
    return BEGIN + timedelta(minutes=minutes)


def readings(*sent, traceparents=()):
    """A slice of the log: of each reading the sensor, the minute, and the number of its trace."""
    series = list(dict.fromkeys((sensor, trace) for sensor, _, trace in sent))
    column = np.zeros(len(sent))
    return ReadingSlice(
        seq=1,
        append_time=BEGIN,
        receive_time=BEGIN,
        series=[pb2.Series(sensor_id=sensor, trace=trace) for sensor, trace in series],
        series_index=np.array([series.index((sensor, trace)) for sensor, _, trace in sent], np.uint32),
        capture_time_us=np.array([microseconds(at(minute)) for _, minute, _ in sent], np.int64),
        temperature=column, humidity=column, pcv_temperature=column, quality=np.ones(len(sent), np.uint32),
        traceparents=traceparents,
    )  # fmt: skip


def episode(sensor, raised=None, *told):
    """An alert that was raised at a minute, and what came of it at others."""
    new = None if raised is None else {"alert_time": at(raised), "alert_level": "red"}
    events = [Told(kind, microseconds(at(minute)), None, "CLEARED", "red", None) for kind, minute in told]
    return Episode(sensor, "temperature", OpenAlert(None, 3, 3), new, told=events)


def traces(episodes, *slices):
    tell(episodes, slices)
    return [[e.traceparent, *(t.traceparent for t in e.told)] for e in episodes]


def test_each_event_has_the_trace_of_its_own_reading():
    slices = [
        readings(("a", 0, 1), ("b", 0, 2), traceparents=[FIRST, SECOND]),
        readings(("a", 1, 1), traceparents=[SECOND]),
    ]
    found = traces([episode("a", 0, (CLEARS, 1)), episode("b", 0)], *slices)
    assert found == [[FIRST, SECOND], [SECOND]]


def test_what_no_reading_caused_or_one_that_is_not_traced_has_none():
    slices = [readings(("a", 0, 0), ("b", 0, 1), traceparents=[FIRST]), readings(("b", 1, 0))]
    found = traces([episode("a", 0), episode("b", None, (CLEARS, 1)), episode("b", None, (RAISED, 7))], *slices)
    assert found == [[""], ["", ""], ["", ""]]
