"""Rows as CSV, as spreadsheets open it. Pure."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from math import isnan
from zoneinfo import ZoneInfo

from services.aggregation.calendar import date_of
from services.aggregation.query.domain import Entry, Range
from services.aggregation.query.metrics import Metric
from services.aggregation.query.rows import Rows
from services.common.csv_rows import csv_lines
from services.common.epoch import moment_of

PLACE = ("plant", "factory", "building", "floor", "area", "loc_id")
TIMES = ("first_time", "last_time")
COLUMNS = (*PLACE, "ymd", "hour", "start_time", "readings", "suspect", *TIMES)


def heading(metrics: Sequence[Metric]) -> bytes:
    """Returns the first line, which names the columns."""
    return csv_lines([[*COLUMNS, *(metric.name for metric in metrics)]])


def lines(entries: Sequence[Entry], rows: Rows, wanted: Range, metrics: Sequence[Metric], zone: ZoneInfo) -> bytes:
    """Returns a line for each row; times are the zone's, with how far it is from UTC."""
    columns = [
        [date_of(day).strftime(wanted.period.form) for day in rows.day.tolist()],
        [f"{hour:02}" for hour in rows.hour.tolist()],
        [""] * len(rows) if rows.start is None else [_time(start * 1_000_000, zone) for start in rows.start.tolist()],
        rows.values["readings"].tolist(),
        rows.values["suspect"].tolist(),
        *([_time(moment, zone) for moment in rows.values[name].tolist()] for name in TIMES),
        *([_value(value) for value in metric.values(rows.values).tolist()] for metric in metrics),
    ]
    places = [
        place
        for entry, (begin, end) in zip(entries, pairwise(rows.begins), strict=True)
        for place in [_place(entry)] * (end - begin)
    ]
    return csv_lines([[*place, *cells] for place, cells in zip(places, zip(*columns, strict=True), strict=True)])


def _place(entry: Entry) -> Sequence[object]:
    return [getattr(entry, name) for name in PLACE]


def _time(moment: int, zone: ZoneInfo) -> str:
    found: datetime = moment_of(moment).astimezone(zone)
    return found.isoformat()


def _value(value: float) -> float | None:
    return None if isnan(value) else value
