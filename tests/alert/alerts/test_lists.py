"""Lists of alerts against plain SQL, over random alerts of which many have the same time."""

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import grpc
import pytest
from montrg.alert.v1 import alert_service_pb2 as pb2

from tests.support.alerts import cleared, raised, threshold_alert
from tests.support.refusals import refused

SEED = 20260715
LEVELS = ("yellow", "orange", "red", "critical")
NOW = datetime.now(UTC).replace(microsecond=0)


def random_alert(chance, number):
    level = chance.choice(LEVELS)
    fields = {
        "alert_time": NOW - timedelta(hours=chance.randint(0, 72)),
        "alert_type": chance.choice(("threshold", "no_data", "suspect")),
        "state": chance.choice(("ACTIVE", "RECOVERING", "CLEARED")),
        "loc_id": chance.choice(("A-1", "A-2", "B-1")),
        "factory": chance.choice(("F1", "F2", None)),
        "acknowledge_time": chance.choice((None, NOW)),
    }
    return (
        threshold_alert(f"random-{number % 40}" if fields["state"] == "CLEARED" else f"open-{number}", level) | fields
    )


@pytest.fixture(scope="module")
async def stored(connection, worker):
    chance = random.Random(SEED)
    return await raised(connection, *(random_alert(chance, number) for number in range(600)))


async def pages(call, request, limit, **fields):
    """Every id of a list, read page by page."""
    ids, token = [], ""
    while True:
        answer = await call(request(limit=limit, page_token=token, **fields))
        ids += [alert.alert_id for alert in answer.alerts]
        token = answer.next_page_token
        if not token:
            return ids
        assert len(answer.alerts) == limit


@pytest.mark.parametrize(
    ("wanted", "condition"),
    [
        ({}, "true"),
        ({"state": "active"}, "state = 'ACTIVE'"),
        ({"state": "recovering"}, "state = 'RECOVERING'"),
        ({"state": "cleared"}, "state = 'CLEARED'"),
        ({"state": "open"}, "state IN ('ACTIVE', 'RECOVERING')"),
        ({"level": "orange"}, "alert_level IN ('orange', 'red', 'critical')"),
        ({"level": "high"}, "alert_level IN ('orange', 'red', 'critical')"),
        ({"level": "green"}, "true"),
        ({"alert_type": "no_data"}, "alert_type = 'no_data'"),
        ({"sensor_id": "random-7"}, "sensor_id = 'random-7'"),
        ({"sensor_id": "nobody"}, "false"),
        ({"loc_id": "A-2"}, "loc_id = 'A-2'"),
        ({"factory": "F2"}, "factory = 'F2'"),
        ({"acknowledged": True}, "acknowledge_time IS NOT NULL"),
        ({"acknowledged": False}, "acknowledge_time IS NULL"),
        pytest.param(
            {"start_time": NOW - timedelta(hours=30), "end_time": NOW - timedelta(hours=10)},
            f"alert_time >= '{NOW - timedelta(hours=30)}' AND alert_time < '{NOW - timedelta(hours=10)}'",
            id="twenty hours",
        ),
        (
            {"state": "open", "level": "red", "loc_id": "A-1", "factory": "F1", "acknowledged": False},
            "state <> 'CLEARED' AND alert_level IN ('red', 'critical') AND loc_id = 'A-1' AND factory = 'F1'"
            " AND acknowledge_time IS NULL",
        ),
    ],
)
async def test_a_list_has_what_plain_sql_has_in_its_order(worker, stored, connection, wanted, condition):
    rows = await connection.fetch(
        f"SELECT alert_id FROM alert.alert WHERE {condition} ORDER BY alert_time DESC, alert_id DESC"
    )
    expected = [row[0] for row in rows]
    for limit in (7, 1000):
        assert await pages(worker.alerts.ListAlerts, pb2.ListAlertsRequest, limit, **wanted) == expected
    skipped = await worker.alerts.ListAlerts(pb2.ListAlertsRequest(skip=3, limit=1000, **wanted))
    assert [alert.alert_id for alert in skipped.alerts] == expected[3:]


@pytest.mark.parametrize("zone", ["Asia/Seoul", "America/New_York"])
async def test_today_has_what_was_raised_today_at_the_site_and_what_is_open(new_worker, stored, connection, zone):
    midnight = datetime.now(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = await connection.fetch(
        "SELECT alert_id FROM alert.alert WHERE alert_time >= $1 OR state <> 'CLEARED'"
        " ORDER BY alert_time DESC, alert_id DESC",
        midnight,
    )
    worker = new_worker(MONTRG_SITE_TZ=zone)
    await worker.start()
    try:
        expected = [row[0] for row in rows]
        assert 0 < len(expected) < 600
        for limit in (7, 1000):
            assert await pages(worker.alerts.ListTodayAlerts, pb2.ListTodayAlertsRequest, limit) == expected
        skipped = await worker.alerts.ListTodayAlerts(pb2.ListTodayAlertsRequest(skip=5, limit=10))
        assert [alert.alert_id for alert in skipped.alerts] == expected[5:15]
    finally:
        await worker.stop()


async def test_pages_go_on_while_alerts_are_raised_and_cleared(worker, stored, connection):
    first = await worker.alerts.ListAlerts(pb2.ListAlertsRequest(limit=50))
    (new,) = await raised(connection, threshold_alert("later"))
    await cleared(connection, new)
    rest = await worker.alerts.ListAlerts(pb2.ListAlertsRequest(limit=1000, page_token=first.next_page_token))
    ids = [alert.alert_id for answer in (first, rest) for alert in answer.alerts]
    assert set(ids) == {alert.alert_id for alert in stored} | set(ids[:50])
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("wanted", "fields"),
    [
        ({"state": "gone"}, ["state"]),
        ({"level": "purple"}, ["level"]),
        ({"alert_type": "other"}, ["alert_type"]),
        ({"sensor_id": "a b"}, ["sensor_id"]),
        ({"loc_id": "\0"}, ["loc_id"]),
        ({"factory": "\0"}, ["factory"]),
        ({"start_time": NOW, "end_time": NOW - timedelta(1)}, ["end_time"]),
        ({"limit": -1}, ["limit"]),
        ({"page_token": "x"}, ["page_token"]),
        ({"state": "", "level": ""}, ["level", "state"]),
    ],
)
async def test_a_filter_that_means_nothing_is_refused_by_name(worker, wanted, fields):
    call = worker.alerts.ListAlerts(pb2.ListAlertsRequest(**wanted))
    assert await refused(call) == (grpc.StatusCode.INVALID_ARGUMENT, fields)


async def test_a_token_of_another_list_is_refused(worker, stored):
    token = (await worker.alerts.ListAlerts(pb2.ListAlertsRequest(limit=1))).next_page_token
    call = worker.alerts.ListAlerts(pb2.ListAlertsRequest(limit=1, state="open", page_token=token))
    assert await refused(call) == (grpc.StatusCode.INVALID_ARGUMENT, ["page_token"])


async def test_times_beyond_the_calendar_are_taken_as_its_ends(worker, stored):
    request = pb2.ListAlertsRequest(limit=1000)
    request.start_time.seconds, request.end_time.seconds = -(2**40), 2**40
    assert len((await worker.alerts.ListAlerts(request)).alerts) >= len(stored)
