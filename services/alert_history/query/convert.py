"""Between protobuf and the queries. Pure."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise, repeat
from typing import Any

import numpy as np
from google.api.httpbody_pb2 import HttpBody
from montrg.alert_history.v1 import alert_history_service_pb2 as pb2

from services.alert_history.domain import Kind
from services.alert_history.query.domain import EventFilter
from services.alert_history.query.rows import PLACE, SENSOR, WORDS, EventPage, Rows, Story
from services.alert_history.query.statistics import AskedStatistics, Statistics
from services.common.access.domain import Scope
from services.common.byte_columns import beside
from services.common.epoch import moment_of
from services.common.fields import given
from services.common.protobuf_columns import doubles, moments, numbers, texts, varint
from services.common.times import time_or_none

CSV = "text/csv; charset=utf-8"
_EVENT, _LIST, _STORY = (
    message.DESCRIPTOR.fields_by_name for message in (pb2.AlertEvent, pb2.ListAlertEventsResponse, pb2.AlertStory)
)
# The columns of a file: every field of an event, in the contract's order.
COLUMNS = tuple(_EVENT)
_LENGTH = 2  # the wire type of a message
_EQUAL = ("alert_id", "sensor_id", "loc_id", "factory", *Kind._fields)


def event_filter(request: Any, scope: Scope) -> EventFilter:  # noqa: ANN401  any request that has these fields
    """Returns which events a request of a caller with a scope wants."""
    start, end = time_or_none(request, "start_time"), time_or_none(request, "end_time")
    return EventFilter(start, end, **given(request, _EQUAL), scope=scope)


def event_list(page: EventPage) -> bytes:
    """Serialises a ListAlertEventsResponse."""
    rest = pb2.ListAlertEventsResponse(next_page_token=page.next_page_token).SerializeToString()
    return _events(_LIST["events"].number, page.rows) + bytes(rest)


def story_to_proto(story: Story) -> bytes:
    """Serialises an AlertStory."""
    alert = story.alert
    head = pb2.AlertStory(
        alert_id=alert.alert_id,
        state=alert.state,
        highest_level=alert.highest_level,
        raise_time=alert.raise_time,
        acknowledge_time=alert.acknowledge_time,
        clear_time=alert.clear_time,
    )
    return bytes(head.SerializeToString()) + _events(_STORY["events"].number, story.events)


def _events(field: int, rows: Rows) -> bytes:
    """Serialises a field of AlertEvents: what each event has alone by columns, what many have in common only once."""
    if not len(rows):
        return b""
    messages = map(
        b"".join,
        zip(
            _own(rows),
            map(_shared, repeat(Kind._fields), rows.kind),
            map(_shared, repeat(SENSOR), rows.together(SENSOR)),
            (b"" if words == (None, None) else _fields(WORDS, words) for words in rows.together(WORDS)),
            map(_shared, repeat(PLACE), rows.together(PLACE)),
            strict=False,  # constants have no end
        ),
    )
    tag = varint(field << 3 | _LENGTH)
    return b"".join([part for message in messages for part in (tag, varint(len(message)), message)])


def _own(rows: Rows) -> Iterator[bytes]:
    block = beside(
        [
            texts(_EVENT["event_id"].number, np.array(rows.event_id, np.bytes_)),
            numbers(_EVENT["alert_id"].number, np.array(rows.alert_id, np.int64)),
            numbers(_EVENT["event_seq"].number, np.array(rows.event_seq, np.int64)),
            moments(_EVENT["event_time"].number, np.array(rows.event_time, np.int64)),
            doubles(_EVENT["measured_value"].number, np.array(rows.measured_value, np.float64)),
            moments(_EVENT["append_time"].number, np.array(rows.append_time, np.int64)),
        ]
    )
    body, ends = block.joined(), np.cumsum(block.sizes).tolist()
    return (body[begin:end] for begin, end in pairwise([0, *ends]))


def _fields(names: tuple[str, ...], values: tuple[object, ...]) -> bytes:
    """Serialises some fields of an AlertEvent."""
    some: dict[str, Any] = dict(zip(names, values, strict=True))
    return bytes(pb2.AlertEvent(**some).SerializeToString())


_shared = lru_cache(maxsize=8192)(_fields)


def asked_statistics(request: pb2.GetAlertStatisticsRequest, scope: Scope) -> AskedStatistics:
    """Returns what a request of a caller with a scope says."""
    names = ["start_date", "end_date", "factory", "loc_id", "alert_type"]
    return AskedStatistics(group_by=request.group_by, **given(request, names), scope=scope)


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


def csv_rows(rows: Rows) -> Iterator[tuple[object, ...]]:
    """Returns events as rows of COLUMNS."""
    return zip(*(_cells(rows, name) for name in COLUMNS), strict=True)


def _cells(rows: Rows, name: str) -> Sequence[object]:
    if name in Kind._fields:
        return [getattr(kind, name) for kind in rows.kind]
    column: Sequence[Any] = getattr(rows, name)
    if name in ("event_time", "append_time"):
        return [moment_of(value).isoformat().replace("+00:00", "Z") for value in column]
    return column


def csv_part(data: bytes) -> HttpBody:
    """Returns a part of a file."""
    return HttpBody(content_type=CSV, data=data)
