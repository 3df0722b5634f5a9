"""Alerts in REST: the documented paths and shapes, through a real Envoy."""

import asyncio
import contextlib
import json
from datetime import UTC, datetime

import asyncpg
import pytest

from tests.support.alerts import cleared, raised, threshold_alert
from tests.support.mesh import eventually

PATIENCE_S = 15
# What the documented API has, in its words.
DOCUMENTED = {
    "alert_id", "alert_time", "loc_id", "sensor_id", "alert_type", "alert_level", "threshold_id", "threshold_map_id",
    "threshold_type", "threshold_level", "measured_value", "threshold_min", "threshold_max", "message",
    "state", "clear_time", "acknowledged_by", "acknowledge_time", "shelved_until", "silenced",
}  # fmt: skip


@pytest.fixture(scope="module")
async def connection(admin_url):
    connection = await asyncpg.connect(admin_url)
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def full(rest, connection):
    """An alert that has everything an alert can have, and which was acknowledged and shelved while it was open."""
    moment = datetime(2026, 7, 15, 5, 0, tzinfo=UTC)
    row = threshold_alert("full", alert_time=moment, threshold_map_id=4, acknowledged_by="Kim")
    (alert,) = await raised(connection, row | {"acknowledge_time": moment, "shelved_until": moment})
    await cleared(connection, alert)
    return alert


async def create(rest, query="", **fields):
    body = {"loc_id": "A-1", "alert_level": "red", "message": "연기"} | fields
    return await rest("POST", "alert", f"/api/v1/alerts/{query}", json=body)


async def test_a_list_is_a_bare_array_of_the_documented_shape(rest, full):
    answer = await rest("GET", "alert", "/api/v1/alerts/?sensor_id=full")
    (alert,) = answer.json()
    assert alert.keys() >= DOCUMENTED
    assert alert | {
        "alert_id": full.alert_id, "alert_time": "2026-07-15T05:00:00Z", "loc_id": "A-1", "sensor_id": "full",
        "alert_type": "threshold", "alert_level": "orange", "threshold_id": 3, "threshold_map_id": 4,
        "threshold_type": "pcv_temperature", "threshold_level": "orange", "measured_value": 33.5,
        "threshold_min": 33, "threshold_max": 35, "message": "full measures too much", "state": "CLEARED",
        "acknowledged_by": "Kim", "acknowledge_time": "2026-07-15T05:00:00Z", "silenced": False,
    } == alert  # fmt: skip
    assert (await rest("GET", "alert", f"/api/v1/alerts/{full.alert_id}")).json() == alert
    assert (await rest("GET", "alert", "/api/v1/alerts?state=open&sensor_id=full")).json() == []


async def test_what_does_not_apply_is_left_out(rest):
    alert = (await create(rest)).json()
    assert alert.keys() >= {"alert_id", "alert_time", "loc_id", "alert_type", "alert_level", "message", "state"}
    assert not alert.keys() & {"sensor_id", "measured_value", "threshold_id", "clear_time", "shelved_until"}
    assert (alert["alert_type"], alert["state"], alert["silenced"]) == ("manual", "ACTIVE", False)


async def test_a_manual_alert_is_created_once_a_key_and_can_be_followed_to_its_end(rest):
    created = await create(rest, "?actor=Kim&idempotency_key=rest-1")
    path = created.headers["location"]
    assert (created.status_code, path) == (201, f"/api/v1/alerts/{created.json()['alert_id']}")
    assert (await create(rest, "?actor=Kim&idempotency_key=rest-1")).json() == created.json()
    assert (await create(rest, "?idempotency_key=rest-1", message="other")).status_code == 400
    for verb, body in (
        ("acknowledge", {"actor": "Kim", "note": "I go"}),
        ("comment", {"actor": "Lee", "note": "a fan"}),
        ("shelve", {"actor": "Kim", "minutes": 30, "reason": "repair"}),
        ("resolve", {"actor": "Kim"}),
    ):
        answer = await rest("POST", "alert", f"{path}:{verb}", json=body)
        assert answer.status_code == 200, answer.text
    alert = answer.json()
    assert (alert["state"], alert["clear_reason"], alert["acknowledged_by"]) == ("CLEARED", "resolved", "Kim")
    assert (await rest("GET", "alert", path)).json() == alert
    assert alert["alert_id"] in [a["alert_id"] for a in (await rest("GET", "alert", "/api/v1/alerts/today")).json()]


async def test_the_story_of_an_alert_is_in_the_history_soon(rest):
    path = (await create(rest, "?actor=Kim")).headers["location"]
    await rest("POST", "alert", f"{path}:resolve", json={"actor": "Lee", "note": "꺼졌음"})

    async def story():
        answer = await rest("GET", "alert_history", path.replace("alerts", "alert-history"))
        events = answer.json().get("events", [])
        return [(e["event_type"], e["state"], e["actor"], e["note"]) for e in events]

    async def is_told():
        return len(await story()) == 2

    await eventually(is_told)
    assert await story() == [("raised", "active", "Kim", "연기"), ("resolved", "cleared", "Lee", "꺼졌음")]


async def test_pages_go_on_with_the_header(rest):
    for _ in range(3):
        await create(rest, loc_id="A-1")
    first = await rest("GET", "alert", "/api/v1/alerts/?limit=2")
    token = first.headers["x-next-page-token"]
    second = await rest("GET", "alert", f"/api/v1/alerts/?limit=2&page_token={token}")
    ids = [alert["alert_id"] for alert in first.json() + second.json()]
    assert ids == sorted(set(ids), reverse=True)


@pytest.mark.parametrize(
    ("verb", "path", "body", "status"),
    [
        ("GET", "/api/v1/alerts/999999", None, 404),
        ("GET", "/api/v1/alerts/one", None, 400),
        ("GET", "/api/v1/alerts/?level=purple", None, 400),
        ("GET", "/api/v1/alerts/?start_time=2026-07-15T00:00:00", None, 400),
        ("POST", "/api/v1/alerts/", {"loc_id": "A-1"}, 400),
        ("POST", "/api/v1/alerts/", {"loc_id": "A-1", "alert_level": 3, "message": "m"}, 400),
        ("POST", "/api/v1/alerts/999999:acknowledge", {"actor": "Kim"}, 404),
        ("POST", "/api/v1/alerts/999999:acknowledge", {}, 400),
        ("GET", "/api/v1/alerts/watch?level=purple", None, 400),
        ("GET", "/api/v1/alerts/watch?factory=nowhere", None, 404),
    ],
)
async def test_what_cannot_be_done_is_a_status_as_json(rest, verb, path, body, status):
    answer = await rest(verb, "alert", path, json=body)
    assert answer.status_code == status, answer.text
    assert answer.json().keys() == {"code", "message", "details"}


async def test_whether_readings_are_judged_can_be_asked(rest):
    state = (await rest("GET", "alert", "/api/v1/alerts:evaluation")).json()
    assert state.keys() >= {"healthy", "problems", "replicas", "lag_readings", "lag_s", "rule_revision"}


async def test_whom_an_alert_would_reach_is_a_bare_array(rest):
    path = "/api/v1/subscriptions/match?loc_id=A-1&level=yellow"

    async def is_empty():  # once alert knows the place
        return (await rest("GET", "alert", path)).text == "[]"

    await eventually(is_empty)
    body = {"name": "도장", "channel": "webhook", "recipient": "http://127.0.0.1:9/x", "enabled": False}
    created = await rest("POST", "alert", "/api/v1/subscriptions/", json=body)
    try:
        assert (await rest("GET", "alert", path)).json() == [{"subscription": created.json(), "held_by": "disabled"}]
    finally:
        await rest("DELETE", "alert", created.headers["location"])


@contextlib.asynccontextmanager
async def watching(rest, query=""):
    async with rest.stream("alert", f"/api/v1/alerts/watch{query}") as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"] == "text/event-stream"
        yield events(answer)


async def events(answer):
    lines = answer.aiter_lines()
    while True:
        async with asyncio.timeout(PATIENCE_S):
            line = await anext(lines)
        if line:
            name, _, data = line.partition(": ")
            assert name == "data", line
            yield json.loads(data)


async def first_with(stream, alert_id):
    """The next event that names an alert, and the alert in it."""
    async for event in stream:
        for alert in event["alerts"]:
            if alert["alert_id"] == alert_id:
                return event, alert
    raise AssertionError("the stream ended before it came")


@pytest.mark.parametrize("query", ["", "/?factory=%EC%A0%9C1+%EA%B3%B5%EC%9E%A5&level=high"])
async def test_a_stream_has_a_snapshot_and_then_every_change(rest, query):
    before = (await create(rest)).json()
    async with watching(rest, query) as stream:
        snapshot = await anext(stream)
        assert snapshot["kind"] == "SNAPSHOT"
        assert before in snapshot["alerts"]
        alert = (await create(rest)).json()
        event, shown = await first_with(stream, alert["alert_id"])
        assert (event["kind"], shown) == ("CHANGES", alert)
        token = event["resume_token"]
        await rest("POST", "alert", f"/api/v1/alerts/{alert['alert_id']}:resolve", json={"actor": "Kim"})
        assert (await first_with(stream, alert["alert_id"]))[1]["state"] == "CLEARED"
    joint = "&" if "?" in query else "?"
    async with watching(rest, f"{query}{joint}resume_token={token}") as stream:
        event, shown = await first_with(stream, alert["alert_id"])
        assert (event["kind"], shown["state"]) == ("CHANGES", "CLEARED")
