"""Between protobuf and the query. Pure.

An answer is serialised from columns: hundreds of thousands of rows never become objects.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from google.api.httpbody_pb2 import HttpBody
from montrg.aggregation.v1 import aggregation_service_pb2 as pb2
from numpy.typing import NDArray

from services.aggregation.calendar import Days, date_of
from services.aggregation.query.domain import AskedRange, Entry, Period, Range
from services.aggregation.query.export import Export
from services.aggregation.query.metrics import Metric
from services.aggregation.query.rows import Rows
from services.common.byte_columns import Block
from services.common.fields import given
from services.common.protobuf_columns import doubles, messages, numbers, texts, varint
from services.directory.domain import PlaceFilter

_AGGREGATION, _PLACE, _ROW = (m.DESCRIPTOR.fields_by_name for m in (pb2.Aggregation, pb2.PlaceAggregation, pb2.Row))
_METRICS = pb2.AggregatedMetrics.DESCRIPTOR.fields_by_name
_LENGTH = 2  # the wire type of a message
_IN_ANSWER = varint(_AGGREGATION["locations"].number << 3 | _LENGTH)


def asked_range(request: Any) -> AskedRange:  # noqa: ANN401  any request that has these fields
    """Returns what a request says of its range."""
    return AskedRange(request.start_date, **given(request, ["end_date", "start_hour", "end_hour"]))


def place_filter(request: Any) -> PlaceFilter:  # noqa: ANN401  any request that has these fields
    """Returns which places a request wants."""
    return PlaceFilter(**given(request, ["factory", "building", "floor", "loc_id"]))


def file_headers(export: Export) -> Sequence[tuple[str, str]]:
    """Returns what is sent before a file: its name, and what it cannot rely on."""
    headers = [("content-disposition", f'attachment; filename="{export.name}"')]
    return [*headers, ("x-degraded", "; ".join(export.notes))] if export.notes else headers


def file_part(part: bytes) -> HttpBody:
    """Converts a part of a CSV file."""
    return HttpBody(content_type="text/csv; charset=utf-8", data=part)


def aggregation(
    entries: Sequence[Entry], rows: Rows, wanted: Range, metrics: Sequence[Metric], degraded: Sequence[str]
) -> bytes:
    """Serialises an Aggregation, with an entry for each of the rows' places."""
    parts: list[bytes | memoryview] = []
    if len(rows):
        block = _rows(rows, wanted.period, metrics)
        body = memoryview(block.joined())
        ends = [0, *np.cumsum(block.sizes).tolist()]
        for entry, (begin, end) in zip(entries, pairwise(rows.begins), strict=True):
            head = _heading(entry)
            of_place = body[ends[begin] : ends[end]]
            parts += [_IN_ANSWER, varint(len(head) + len(of_place)), head, of_place]
    return b"".join([*parts, pb2.Aggregation(degraded=degraded).SerializeToString()])


def _heading(entry: Entry) -> bytes:
    return bytes(
        pb2.PlaceAggregation(
            factory=entry.factory,
            building=entry.building,
            floor=entry.floor,
            loc_id=entry.loc_id,
            area=entry.area,
            plant=entry.plant,
        ).SerializeToString()
    )


def _rows(rows: Rows, period: Period, metrics: Sequence[Metric]) -> Block:
    """Serialises rows as they stand in a PlaceAggregation."""
    parts = [
        texts(_ROW["ymd"].number, labels(rows.day, lambda day: date_of(day).strftime(period.form))),
        texts(_ROW["hour"].number, labels(rows.hour, lambda hour: f"{hour:02}")),
        measured(_ROW["metrics"].number, rows, metrics),
    ]
    if rows.start is not None:
        parts.append(messages(_ROW["start_time"].number, [numbers(1, rows.start)]))
    parts += [numbers(_ROW[name].number, rows.values[name].astype(np.int64)) for name in ("readings", "suspect")]
    return messages(_PLACE["date"].number, parts)


def measured(field: int, rows: Rows, metrics: Sequence[Metric]) -> Block:
    """Serialises a field of AggregatedMetrics."""
    return messages(field, [doubles(_METRICS[metric.name].number, metric.values(rows.values)) for metric in metrics])


def labels(values: Days, label: Callable[[int], str]) -> NDArray[np.bytes_]:
    """Returns texts of one length: few values serve many rows."""
    distinct, index = np.unique(values, return_inverse=True)
    return np.array([label(value).encode() for value in distinct.tolist()], np.bytes_)[index]
