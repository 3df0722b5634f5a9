"""Statistics are what plain SQL over the events makes of them, in the site's zone."""

from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import grpc
import pytest
from montrg.alert_history.v1 import alert_history_service_pb2 as pb2

from services.alert_history.query.statistics import AskedStatistics, checked_statistics
from services.common.errors import InvalidInputError
from services.heat.levels import LEVELS
from tests.support.alert_events import append, event, stories
from tests.support.refusals import refused

GROUPS = {"location": "loc_id", "level": "level", "day": "ymd", "type": "alert_type"}
RANGE = {"start_date": "20260720", "end_date": "20261005"}
# From the events alone: no summary of an alert is read.
PLAIN = """
WITH own AS (
    SELECT e.alert_id, min(e.loc_id) AS loc_id, min(e.factory) AS factory, min(k.alert_type) AS alert_type,
        (ARRAY['green', 'yellow', 'orange', 'red', 'critical'])[
            max(array_position(ARRAY['green', 'yellow', 'orange', 'red', 'critical'], k.level))] AS level,
        min(e.event_time) FILTER (WHERE k.event_type = 'raised') AS raised,
        min(e.event_time) FILTER (WHERE k.event_type = 'acknowledged') AS acknowledged,
        min(e.event_time) FILTER (WHERE k.state = 'cleared') AS cleared
    FROM alert_history.event e JOIN alert_history.kind k USING (kind_id) GROUP BY e.alert_id
), days AS (SELECT *, to_char(raised AT TIME ZONE 'Asia/Seoul', 'YYYYMMDD') AS ymd FROM own)
SELECT {columns}, count(*), count(acknowledged), count(cleared),
    extract(epoch FROM avg(acknowledged - raised))::float8, extract(epoch FROM avg(cleared - raised))::float8,
    extract(epoch FROM max(cleared - raised))::float8
FROM days WHERE ymd BETWEEN '20260720' AND '20261005' AND {where} GROUP BY {groups}
"""
NOW = datetime(2026, 3, 1, 15, tzinfo=UTC)
SEOUL = ZoneInfo("Asia/Seoul")


async def statistics(history, **wanted):
    return (await history.GetAlertStatistics(pb2.GetAlertStatisticsRequest(**wanted))).rows


def plain(row):
    times = ("mean_time_to_acknowledge_s", "mean_time_to_clear_s", "longest_time_to_clear_s")
    values = [getattr(row, name) if row.HasField(name) else None for name in GROUPS.values()]
    values += [row.alerts, row.acknowledged, row.cleared]
    return tuple(values + [pytest.approx(getattr(row, t)) if row.HasField(t) else None for t in times])


@pytest.mark.parametrize("groups", [some for n in range(5) for some in combinations(GROUPS, n)], ids=",".join)
@pytest.mark.parametrize("where", [{}, {"factory": "F2"}, {"loc_id": "L-4", "alert_type": "threshold"}])
async def test_every_grouping_is_what_plain_sql_finds(history, connection, events, groups, where):
    rows = await statistics(history, group_by=",".join(groups), **RANGE, **where)
    columns = ", ".join(c if name in groups else "NULL" for name, c in GROUPS.items())
    by = ", ".join(GROUPS[name] for name in groups) or "()"
    filters = " AND ".join(f"{name} = '{value}'" for name, value in where.items()) or "true"
    expected = [tuple(r) for r in await connection.fetch(PLAIN.format(columns=columns, groups=by, where=filters))]
    assert len(rows) == len(expected) > 0
    found = [plain(row) for row in rows]
    assert all(row in found for row in expected)
    # By the groups in one order; levels from the lowest.
    order = [(r.loc_id, LEVELS.index(r.level) if r.level else 0, r.ymd, r.alert_type) for r in rows]
    assert order == sorted(order)


async def test_places_without_alerts_are_an_empty_answer(history, events):
    for where in ({"loc_id": "nowhere"}, {"factory": "없는 공장"}):
        assert not await statistics(history, **RANGE, **where)
        assert not await statistics(history, group_by="day", **RANGE, **where)


async def test_an_alert_counts_on_the_sites_day(history, sink):
    midnight = datetime(2021, 7, 15, 15, tzinfo=UTC)
    times = (midnight - timedelta(microseconds=1), midnight)
    await append(sink, *(event(8_000 + n, 1, moment=moment) for n, moment in enumerate(times)))
    rows = await statistics(history, group_by="day", start_date="20210101", end_date="20211231")
    assert [(row.ymd, row.alerts) for row in rows] == [("20210715", 1), ("20210716", 1)]
    (row,) = await statistics(history, start_date="20210716", end_date="20210716")
    assert row.alerts == 1


async def test_the_last_thirty_days_are_meant_where_nothing_is_said(history, sink):
    now = datetime.now(UTC)
    ages = (timedelta(0), timedelta(days=29), timedelta(days=32))
    recent = [event(8_100 + n, 1, moment=now - age, loc_id="recent") for n, age in enumerate(ages)]
    await append(sink, *recent)
    (row,) = await statistics(history, loc_id="recent")
    assert row.alerts == 2


async def test_an_answer_of_too_many_rows_is_refused(history, sink):
    many = stories(10_100, seed=3, first=20_000, start=datetime(2019, 1, 1, tzinfo=UTC))
    first = {one.alert_id: one for one in reversed(many)}
    for number, one in enumerate(first.values()):
        one.loc_id = f"many-{number}"
    await append(sink, *first.values())
    call = statistics(history, group_by="location", start_date="20190101", end_date="20191231")
    assert await refused(call) == (grpc.StatusCode.INVALID_ARGUMENT, ["group_by"])


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        ({"start_date": "2026-07-15"}, ["start_date"]), ({"start_date": "20260230"}, ["start_date"]),
        ({"end_date": "２０２６０７１５"}, ["end_date"]), ({"end_date": ""}, ["end_date"]),
        ({"start_date": "20260302", "end_date": "20260301"}, ["end_date"]),
        ({"end_date": "20250101"}, ["end_date"]), ({"start_date": "20100101"}, ["end_date"]),
        ({"group_by": "colour"}, ["group_by"]), ({"group_by": "day,,level"}, ["group_by"]),
        ({"factory": "x" * 101, "loc_id": "a/b", "alert_type": "fire"}, ["factory", "loc_id", "alert_type"]),
    ],
)  # fmt: skip
def test_a_question_without_an_answer_is_refused_with_all_that_is_wrong(asked, fields):
    with pytest.raises(InvalidInputError) as caught:
        checked_statistics(AskedStatistics(**asked), SEOUL, NOW)
    assert [violation.field for violation in caught.value.violations] == fields


def test_days_begin_at_the_sites_midnight_also_where_the_clock_is_moved_then():
    asked = AskedStatistics(start_date="20260425", end_date="20260425")
    # At midnight the clock is put forward to one o'clock.
    found = checked_statistics(asked, ZoneInfo("Africa/Cairo"), NOW)
    assert (found.end - found.start) == timedelta(days=1)
    before = checked_statistics(AskedStatistics("20260424", "20260424"), ZoneInfo("Africa/Cairo"), NOW)
    assert (before.end, before.end - before.start) == (found.start, timedelta(hours=23))


def test_what_is_unset_is_the_thirty_days_before_today_at_the_site_and_today():
    found = checked_statistics(AskedStatistics(), SEOUL, NOW)
    days = [moment.astimezone(SEOUL).date() for moment in (found.start, found.end)]
    assert days == [date(2026, 1, 31), date(2026, 3, 3)]
