"""Months are made ahead, and dropped whole, when their year is over and they are old enough."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import grpc
import pytest
from montrg.alert_history.v1 import alert_history_service_pb2 as pb2

from services.alert_history.append.repository import SqlEvents
from services.alert_history.kinds import Kinds
from services.alert_history.upkeep import Upkeep, kept_from, retention
from services.common.database import Database
from services.common.interceptors import database_is_away
from tests.conftest import service_url
from tests.support.alert_events import append, event
from tests.support.refusals import refused

SEOUL, NEW_YORK = ZoneInfo("Asia/Seoul"), ZoneInfo("America/New_York")
YEAR = datetime.now(UTC).year


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "months", "zone", "expected"),
    [
        ("2026-07-15", 12, SEOUL, "2025-07-01"),
        ("2026-07-15", 18, SEOUL, "2025-01-01"),
        ("2026-03-31", 13, SEOUL, "2025-02-01"),
        # Shorter than the year is old: its beginning, at the site.
        ("2026-07-15", 1, SEOUL, "2025-12-31T15:00"),
        ("2026-12-31T14:59", 1, SEOUL, "2025-12-31T15:00"),
        ("2026-12-31T15:00", 1, SEOUL, "2026-11-01"),
        ("2027-01-01T04:59", 1, NEW_YORK, "2026-01-01T05:00"),
        ("2027-01-01T05:00", 1, NEW_YORK, "2026-12-01"),
        ("2026-01-15", 1, SEOUL, "2025-12-01"),
    ],
)
def test_what_happened_in_a_year_is_kept_to_its_end_however_few_months_are_set(now, months, zone, expected):
    assert kept_from(at(now), months, zone) == at(expected)


@pytest.fixture(scope="module")
async def store(admin_url):
    database = Database(service_url(admin_url, "alert_history"), 2, "test")
    yield SqlEvents(database, Kinds(database))
    await database.close()


def upkeep(store, now, months):
    return Upkeep(store, lambda: now, kept_from=retention(months, SEOUL), is_away=database_is_away)


async def months(connection):
    rows = await connection.fetch("SELECT inhrelid::regclass::text FROM pg_inherits ORDER BY 1")
    found = [row[0] for row in rows if row[0].startswith("alert_history.event_2")]
    return {name.rpartition("_")[2] for name in found}


async def seqs(history, alert_id):
    story = await history.GetAlertStory(pb2.GetAlertStoryRequest(alert_id=alert_id))
    return [one.event_seq for one in story.events]


async def test_this_month_and_the_next_are_there_before_anything_happens(store, connection):
    await upkeep(store, at("2036-12-01"), 0).keep()
    await upkeep(store, at("2036-12-31"), 0).keep()
    assert {"203612", "203701", "203702"} <= await months(connection)


async def test_old_months_go_whole_with_the_alerts_that_ended_in_them(store, connection, sink, history):
    old = [event(1, 1, moment=at("2021-03-31T23:00")), event(1, 2, "cleared", "cleared", moment=at("2021-04-01"))]
    across = [event(2, 1, moment=at("2021-04-30T23:59")), event(2, 2, "cleared", "cleared", moment=at("2021-05-01"))]
    lasting = event(3, 1, moment=at("2021-03-01"))
    await append(sink, *old, *across, lasting)
    # 62 months before are in April.
    await upkeep(store, at("2026-06-15"), 62).keep()
    assert {"202103", "202104", "202105"} & await months(connection) == {"202104", "202105"}
    assert (await seqs(history, 1), await seqs(history, 2), await seqs(history, 3)) == ([2], [1, 2], [])
    await upkeep(store, at("2026-07-15"), 62).keep()
    assert await seqs(history, 2) == [2]
    gone = history.GetAlertStory(pb2.GetAlertStoryRequest(alert_id=1))
    assert (await refused(gone))[0] == grpc.StatusCode.NOT_FOUND
    # One that never ended is still known, and goes on.
    answer = await append(sink, lasting, event(3, 2, "acknowledged", moment=at("2026-06-15")))
    assert (answer.appended, answer.duplicate) == (1, 1)
    # What is sent again of an alert that is still here does not come back.
    answer = await append(sink, *across)
    assert (answer.appended, answer.duplicate) == (0, 2)


async def test_nothing_is_dropped_while_all_is_kept_for_ever(store, connection, sink):
    await append(sink, event(10, 1, moment=at("2001-01-01")))
    await upkeep(store, at("2026-06-15"), 0).keep()
    assert "200101" in await months(connection)


async def test_the_database_itself_keeps_the_running_year_whatever_it_is_asked(store, connection, sink, history):
    days = [datetime(YEAR - 1, 12, 1, tzinfo=UTC), datetime(YEAR, 1, 1, tzinfo=UTC)]
    await append(sink, *(event(20, seq, moment=moment) for seq, moment in enumerate(days, 1)))
    await store.drop_before(datetime.now(UTC) + timedelta(days=36_500))
    assert await seqs(history, 20) == [2]
