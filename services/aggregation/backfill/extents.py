"""From when to when there are readings and rollups."""

import asyncpg

from services.aggregation.backfill.domain import Span
from services.aggregation.calendar import HOUR_US, SiteCalendar, date_of, day_number
from services.common.epoch import microseconds
from services.common.reading_log import Extent

# By the index of each series, since a look through all hours would take minutes.
_HOURS = """
SELECT min(low), max(high) FROM aggregation.series s CROSS JOIN LATERAL (
    SELECT min(hour_start) AS low, max(hour_start) AS high FROM aggregation.hourly c WHERE c.series_id = s.series_id
) c
"""
_DAYS = """
SELECT min(low), max(high) FROM aggregation.series s CROSS JOIN LATERAL (
    SELECT min(day) AS low, max(day) AS high FROM aggregation.daily c WHERE c.series_id = s.series_id
) c
"""
_MONTHS = "SELECT min(month), (max(month) + interval '1 month')::date - 1 FROM aggregation.monthly"


def spans_of(extent: Extent) -> list[Span]:
    """Returns from when to when there are readings."""
    if extent.first_time is None or extent.end_time is None:
        return []
    return [Span(microseconds(extent.first_time), microseconds(extent.end_time))]


async def rollup_spans(connection: asyncpg.Connection, calendar: SiteCalendar) -> list[Span]:
    """Returns from when to when there are hours, days and months."""
    spans = []
    low, high = await connection.fetchrow(_HOURS)
    if low is not None:
        spans.append(Span(microseconds(low), microseconds(high) + HOUR_US))
    for statement in (_DAYS, _MONTHS):
        first, last = await connection.fetchrow(statement)
        if first is not None:
            after = date_of(day_number(last) + 1)
            spans.append(Span(calendar.day_start(first), calendar.day_start(after)))
    return spans
