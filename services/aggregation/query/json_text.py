"""Between the query and JSON, as Envoy would write it: the same names in the same order. Pure."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import orjson
from google.api.httpbody_pb2 import HttpBody

from services.aggregation.calendar import date_of
from services.aggregation.query.convert import labels
from services.aggregation.query.domain import Entry, Period, Range
from services.aggregation.query.metrics import Metric
from services.aggregation.query.rows import Rows
from services.common.byte_columns import beside, constant
from services.common.json_columns import Member, Value, hundredths, integers, objects, strings

_HEADING = ("factory", "building", "floor", "loc_id", "area", "plant")


def aggregation(
    entries: Sequence[Entry], rows: Rows, wanted: Range, metrics: Sequence[Metric], degraded: Sequence[str]
) -> bytes:
    """Serialises an HttpBody with an Aggregation, with an entry for each of the rows' places."""
    places: list[bytes] = []
    if len(rows):
        block = beside([constant(b",", len(rows)), *_rows(rows, wanted.period, metrics)])
        body = block.joined()
        ends = [0, *np.cumsum(block.sizes).tolist()]
        for entry, (begin, end) in zip(entries, pairwise(rows.begins), strict=True):
            of_place = body[ends[begin] + 1 : ends[end]]
            places.append(_heading(entry) + of_place + b"]}")
    text = b"".join((b'{"locations":[', b",".join(places), b'],"degraded":', orjson.dumps(list(degraded)), b"}"))
    return bytes(HttpBody(content_type="application/json", data=text).SerializeToString())


def _heading(entry: Entry) -> bytes:
    known = {name: getattr(entry, name) for name in _HEADING if getattr(entry, name) is not None}
    return orjson.dumps(known | {"date": []})[:-2]


def _rows(rows: Rows, period: Period, metrics: Sequence[Metric]) -> Value:
    days = labels(rows.day, lambda day: date_of(day).strftime(period.form))
    members = [
        Member("ymd", strings(days)),
        Member("hour", strings(labels(rows.hour, lambda hour: f"{hour:02}"))),
        Member("metrics", objects([_metric(rows, metric) for metric in metrics])),
    ]
    if rows.start is not None:
        moments = np.datetime_as_string(rows.start.astype("datetime64[s]"), timezone="UTC")
        members.append(Member("start_time", strings(moments.astype(np.bytes_))))
    members += [Member(name, integers(rows.counts(name))) for name in ("readings", "suspect")]
    return objects(members)


def _metric(rows: Rows, metric: Metric) -> Member:
    values = metric.hundredths(rows.values)
    there = ~np.isnan(values)
    return Member(metric.name, hundredths(np.where(there, values, 0.0).astype(np.int64)), there)
