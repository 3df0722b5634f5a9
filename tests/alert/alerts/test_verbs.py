"""What people do about alerts, and when it is refused."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from montrg.alert.v1 import alert_service_pb2 as pb2

from services.alert.evaluate.watch import Watch, dump
from services.common.reading_log import shard_of
from services.heat.quality import FLAT, GOOD
from tests.support.alerts import cleared, raised, threshold_alert
from tests.support.refusals import reason, refused

REQUESTS: dict[str, Any] = {
    "AcknowledgeAlert": (pb2.AcknowledgeAlertRequest, {}),
    "ShelveAlert": (pb2.ShelveAlertRequest, {"minutes": 30, "reason": "known"}),
    "CommentAlert": (pb2.CommentAlertRequest, {"note": "on the way"}),
    "ResolveAlert": (pb2.ResolveAlertRequest, {}),
}


@pytest.fixture
def act(worker):
    """Calls a verb; what is not given is as it should be."""

    def act(verb, alert_id, **fields):
        request, defaults = REQUESTS[verb]
        given = {"alert_id": alert_id, "actor": "Kim", **defaults, **fields}
        return getattr(worker.alerts, verb)(request(**given))

    return act


@pytest.fixture
async def alert(connection, worker, request):
    """An alert that readings raised."""
    (alert,) = await raised(connection, threshold_alert(f"S-{abs(hash(request.node.name))}"))
    return alert


@pytest.fixture
def story(connection):
    """An alert's events after the first one: type, actor, note."""

    async def story(alert_id):
        query = "SELECT * FROM alert.alert_event WHERE alert_id = $1 ORDER BY event_seq"
        rows = await connection.fetch(query, alert_id)
        assert [row["event_seq"] for row in rows] == list(range(1, len(rows) + 1))
        return [(row["event_type"], row["actor"], row["note"]) for row in rows[1:]]

    return story


async def test_the_first_to_acknowledge_takes_care_and_others_are_noted_once(act, alert, story):
    first = await act("AcknowledgeAlert", alert.alert_id, note="I go")
    assert (first.acknowledged_by, first.event_seq) == ("Kim", 2)
    assert abs(first.acknowledge_time.ToDatetime(UTC) - datetime.now(UTC)) < timedelta(minutes=1)
    for actor in ("Lee", "Kim", "Lee"):
        again = await act("AcknowledgeAlert", alert.alert_id, actor=actor, note="me too")
        assert (again.acknowledged_by, again.acknowledge_time) == ("Kim", first.acknowledge_time)
    assert await story(alert.alert_id) == [("acknowledged", "Kim", "I go"), ("acknowledged", "Lee", "me too")]


async def test_many_who_acknowledge_at_once_are_one_who_takes_care(act, alert, story):
    names = [f"P-{number}" for number in range(10)]
    answers = await asyncio.gather(*(act("AcknowledgeAlert", alert.alert_id, actor=name) for name in names))
    (taker,) = {answer.acknowledged_by for answer in answers}
    assert sorted(actor for _, actor, _ in await story(alert.alert_id)) == names
    assert (await story(alert.alert_id))[0][1] == taker


async def test_a_cleared_alert_can_be_acknowledged_and_commented(act, alert, connection, story):
    await cleared(connection, alert)
    assert (await act("AcknowledgeAlert", alert.alert_id)).state == pb2.Alert.CLEARED
    await act("CommentAlert", alert.alert_id, note="a fan\nhad failed")
    assert (await story(alert.alert_id))[1:] == [
        ("acknowledged", "Kim", None),
        ("commented", "Kim", "a fan\nhad failed"),
    ]


async def test_an_alert_is_shelved_for_so_many_minutes_and_unshelved(act, alert, story):
    shelved = await act("ShelveAlert", alert.alert_id, minutes=1_440)
    until = shelved.shelved_until.ToDatetime(UTC)
    assert abs(until - datetime.now(UTC) - timedelta(days=1)) < timedelta(minutes=1)
    for _ in range(2):  # the second time says nothing new
        assert not (await act("ShelveAlert", alert.alert_id, minutes=0, reason="back")).HasField("shelved_until")
    assert await story(alert.alert_id) == [("shelved", "Kim", "known"), ("unshelved", "Kim", "back")]


async def test_a_cleared_alert_is_not_shelved(act, alert, connection):
    await cleared(connection, alert)
    expected = (grpc.StatusCode.FAILED_PRECONDITION, "ALERT_CLEARED")
    assert await reason(act("ShelveAlert", alert.alert_id)) == expected


async def test_a_manual_alert_is_resolved_at_any_time_and_once(act, worker, story, connection):
    alert = await worker.create()
    first = await act("ResolveAlert", alert.alert_id, note="out")
    assert (first.state, first.clear_reason) == (pb2.Alert.CLEARED, "resolved")
    assert await act("ResolveAlert", alert.alert_id, actor="Lee") == first
    assert await story(alert.alert_id) == [("resolved", "Kim", "out")]
    assert not await connection.fetchval("SELECT unseen FROM alert.alert WHERE alert_id = $1", alert.alert_id)


async def test_an_alert_of_good_readings_is_not_resolved_by_hand(act, alert, story):
    expected = (grpc.StatusCode.FAILED_PRECONDITION, "ALERT_STILL_MEASURED")
    assert await reason(act("ResolveAlert", alert.alert_id)) == expected
    assert await story(alert.alert_id) == []


STATE = """
INSERT INTO alert.sensor_state (sensor_id, loc_id, shard, capture_time, receive_time, temperature, humidity, quality,
                                machines)
VALUES ($1, 'A-1', $4, now(), now(), 30, 50, $2, $3)
"""
IS_SILENT, IS_BUSY = (dump(Watch(is_silent=is_silent)) for is_silent in (True, False))


@pytest.mark.parametrize(
    ("own", "beside", "state"),
    [
        ({"suspect": True}, None, None),
        ({"alert_type": "no_data"}, None, None),
        ({"alert_type": "suspect"}, None, None),
        ({}, {"alert_type": "suspect", "state": "RECOVERING"}, (GOOD, IS_BUSY)),
        ({}, None, (GOOD, IS_SILENT)),
        ({}, {"alert_type": "no_data", "state": "CLEARED"}, (GOOD, IS_SILENT)),
        ({}, None, (FLAT, IS_BUSY)),
    ],
)
async def test_an_alert_of_a_sensor_in_doubt_is_resolved_and_left_to_be_forgotten(
    act, connection, worker, story, own, beside, state
):
    sensor_id = f"doubt-{abs(hash((str(own), str(beside), state)))}"
    (alert, *_) = await raised(
        connection, threshold_alert(sensor_id, **own), *([threshold_alert(sensor_id, **beside)] if beside else [])
    )
    if state:
        await connection.execute(STATE, sensor_id, *state, shard_of(sensor_id))
    resolved = await act("ResolveAlert", alert.alert_id)
    assert (resolved.state, resolved.clear_reason) == (pb2.Alert.CLEARED, "resolved")
    assert resolved.HasField("clear_time")
    assert await connection.fetchval("SELECT unseen FROM alert.alert WHERE alert_id = $1", alert.alert_id)
    assert await story(alert.alert_id) == [("resolved", "Kim", None)]


@pytest.mark.parametrize("machines", [IS_BUSY, None])
@pytest.mark.parametrize(
    "beside",
    [{"alert_type": "no_data", "state": "CLEARED"}, {"alert_type": "threshold", "threshold_type": "humidity"}],
)
async def test_what_is_over_or_no_doubt_does_not_let_an_alert_be_resolved(act, connection, worker, beside, machines):
    sensor_id = f"sure-{abs(hash((str(beside), machines)))}"
    alert, _ = await raised(connection, threshold_alert(sensor_id), threshold_alert(sensor_id, **beside))
    await connection.execute(STATE, sensor_id, GOOD, machines, shard_of(sensor_id))
    expected = (grpc.StatusCode.FAILED_PRECONDITION, "ALERT_STILL_MEASURED")
    assert await reason(act("ResolveAlert", alert.alert_id)) == expected


@pytest.mark.parametrize("verb", REQUESTS)
@pytest.mark.parametrize("alert_id", [0, -1, 2**31 - 1])
async def test_an_alert_that_does_not_exist_is_not_found(act, worker, verb, alert_id):
    assert await reason(act(verb, alert_id)) == (grpc.StatusCode.NOT_FOUND, "ALERT_NOT_FOUND")
    assert await reason(worker.get(alert_id)) == (grpc.StatusCode.NOT_FOUND, "ALERT_NOT_FOUND")


@pytest.mark.parametrize("verb", REQUESTS)
@pytest.mark.parametrize("actor", ["", " ", "a" * 101, "two\nlines"])
async def test_nobody_does_nothing(act, alert, verb, actor):
    assert await refused(act(verb, alert.alert_id, actor=actor)) == (grpc.StatusCode.INVALID_ARGUMENT, ["actor"])


@pytest.mark.parametrize(
    ("verb", "given", "fields"),
    [
        ("AcknowledgeAlert", {"note": "n" * 2_001}, ["note"]),
        ("ShelveAlert", {"minutes": 1_441}, ["minutes"]),
        ("ShelveAlert", {"minutes": -1, "reason": ""}, ["reason", "minutes"]),
        ("CommentAlert", {"note": ""}, ["note"]),
        ("CommentAlert", {"note": "\0"}, ["note"]),
        ("ResolveAlert", {"note": "n" * 2_001, "actor": ""}, ["actor", "note"]),
    ],
)
async def test_what_cannot_be_done_is_refused_by_field(act, alert, verb, given, fields):
    assert await refused(act(verb, alert.alert_id, **given)) == (grpc.StatusCode.INVALID_ARGUMENT, fields)
