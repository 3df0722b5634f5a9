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
from services.aggregation.query.metrics import Columns, Metric
from services.aggregation.query.rows import Rows
from services.aggregation.query.series import TIMES, AskedSeries, Grid
from services.common.byte_columns import Block, Mask
from services.common.fields import given
from services.common.protobuf_columns import doubles, messages, moments, numbers, texts, varint
from services.common.times import time_or_none
from services.directory.domain import PlaceFilter

_AGGREGATION, _PLACE, _ROW = (m.DESCRIPTOR.fields_by_name for m in (pb2.Aggregation, pb2.PlaceAggregation, pb2.Row))
_LIST, _SERIES, _POINT = (m.DESCRIPTOR.fields_by_name for m in (pb2.TimeSeriesList, pb2.TimeSeries, pb2.Point))
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
        _measured(_ROW["metrics"].number, rows.values, metrics),
    ]
    if rows.start is not None:
        parts.append(messages(_ROW["start_time"].number, [numbers(1, rows.start)]))
    parts += [numbers(_ROW[name].number, rows.counts(name)) for name in ("readings", "suspect")]
    return messages(_PLACE["date"].number, parts)


def _measured(field: int, values: Columns, metrics: Sequence[Metric], there: Mask | None = None) -> Block:
    """Serialises a field of AggregatedMetrics."""
    return messages(field, [doubles(_METRICS[one.name].number, one.values(values)) for one in metrics], there)


def labels(values: Days, label: Callable[[int], str]) -> NDArray[np.bytes_]:
    """Returns texts of one length: few values serve many rows."""
    distinct, index = np.unique(values, return_inverse=True)
    return np.array([label(value).encode() for value in distinct.tolist()], np.bytes_)[index]


def asked_series(request: pb2.QueryTimeSeriesRequest) -> AskedSeries:
    """Returns what a request says of its series."""
    return AskedSeries(
        start=time_or_none(request, "start_time"),
        end=time_or_none(request, "end_time"),
        step=request.step,
        group_by=request.group_by,
        where=place_filter(request),
        sensor_id=request.sensor_id if request.HasField("sensor_id") else None,
        metrics=request.metrics,
    )


def time_series(grid: Grid, metrics: Sequence[Metric]) -> Sequence[bytes]:
    """Serialises a TimeSeries for each of the grid's series."""
    if not grid.series:
        return []
    block = _points(grid, metrics)
    body = memoryview(block.joined())
    ends = [0, *np.cumsum(block.sizes)[len(grid.starts) - 1 :: len(grid.starts)].tolist()]
    heads = [
        pb2.TimeSeries(loc_id=one.loc_id or None, sensor_id=one.sensor_id or None).SerializeToString()
        for one in grid.series
    ]
    return [head + bytes(body[begin:end]) for head, (begin, end) in zip(heads, pairwise(ends), strict=True)]


def time_series_list(series: Sequence[bytes], degraded: Sequence[str]) -> bytes:
    """Serialises a TimeSeriesList of series that are serialised."""
    tag = varint(_LIST["series"].number << 3 | _LENGTH)
    parts = [part for one in series for part in (tag, varint(len(one)), one)]
    return b"".join([*parts, pb2.TimeSeriesList(degraded=degraded).SerializeToString()])


def _points(grid: Grid, metrics: Sequence[Metric]) -> Block:
    """Serialises points as they stand in a TimeSeries."""
    counts = {name: grid.values[name].astype(np.int64) for name in ("readings", "suspect", *TIMES)}
    is_gap = counts["readings"] == 0
    parts = [
        moments(_POINT["start_time"].number, np.tile(grid.starts, len(grid.series))),
        *(numbers(_POINT[name].number, counts[name]) for name in ("readings", "suspect")),
        numbers(_POINT["gap"].number, is_gap.astype(np.int64)),
        _measured(_POINT["metrics"].number, grid.values, metrics, ~is_gap),
        *(moments(_POINT[name].number, counts[name], ~is_gap) for name in TIMES),
    ]
    return messages(_SERIES["points"].number, parts)
