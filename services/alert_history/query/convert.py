"""Between protobuf and the queries. Pure."""

from datetime import datetime
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from montrg.alert_history.v1 import alert_history_service_pb2 as pb2

from services.alert_history.convert import event_to_proto
from services.alert_history.domain import AlertEvent
from services.alert_history.query.domain import EventFilter, Story
from services.alert_history.query.statistics import AskedStatistics, Statistics
from services.common.fields import given
from services.common.times import time_or_none

CSV = "text/csv; charset=utf-8"
# The columns of a file: every field of an event, in the contract's order.
COLUMNS = tuple(field.name for field in pb2.AlertEvent.DESCRIPTOR.fields)
_OF_KIND = ("event_type", "state", "level", "alert_type")
_EQUAL = ("alert_id", "sensor_id", "loc_id", "factory", *_OF_KIND)


def event_filter(request: Any) -> EventFilter:  # noqa: ANN401  any request that has these fields
    """Returns which events a request wants."""
    start, end = time_or_none(request, "start_time"), time_or_none(request, "end_time")
    return EventFilter(start, end, **given(request, _EQUAL))


def story_to_proto(story: Story) -> pb2.AlertStory:
    """Converts an alert's story."""
    alert = story.alert
    return pb2.AlertStory(
        alert_id=alert.alert_id,
        state=alert.state,
        highest_level=alert.highest_level,
        raise_time=alert.raise_time,
        acknowledge_time=alert.acknowledge_time,
        clear_time=alert.clear_time,
        events=map(event_to_proto, story.events),
    )


def asked_statistics(request: pb2.GetAlertStatisticsRequest) -> AskedStatistics:
    """Returns what a request says."""
    names = ["start_date", "end_date", "factory", "loc_id", "alert_type"]
    return AskedStatistics(group_by=request.group_by, **given(request, names))


def statistics_to_proto(row: Statistics) -> pb2.AlertStatisticsRow:
    """Converts a row."""
    return pb2.AlertStatisticsRow(
        loc_id=row.loc_id,
        level=row.level,
        ymd=None if row.day is None else f"{row.day:%Y%m%d}",
        alert_type=row.alert_type,
        alerts=row.alerts,
        acknowledged=row.acknowledged,
        cleared=row.cleared,
        mean_time_to_acknowledge_s=row.mean_time_to_acknowledge_s,
        mean_time_to_clear_s=row.mean_time_to_clear_s,
        longest_time_to_clear_s=row.longest_time_to_clear_s,
    )


def csv_row(event: AlertEvent) -> list[object]:
    """Returns an event as a row of COLUMNS."""
    return [_cell(getattr(event.kind if name in _OF_KIND else event, name)) for name in COLUMNS]


def _cell(value: object) -> object:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def csv_part(data: bytes) -> HttpBody:
    """Returns a part of a file."""
    return HttpBody(content_type=CSV, data=data)
