"""Alerts that a person raises: what they must have, and what their key makes safe."""

import asyncio

import grpc
import pytest
from montrg.alert.v1 import alert_service_pb2 as pb2

from services.location.app import APP as LOCATION
from tests.support.directory import make_place
from tests.support.refusals import reason, refused


async def test_an_alert_is_active_at_once_and_knows_its_place_and_who_raised_it(worker, connection):
    alert = await worker.create("Kim", sensor_id="S-1", message="연기\nsmoke", alert_level="RED")
    assert (alert.state, alert.alert_type, alert.alert_level) == (pb2.Alert.ACTIVE, "manual", "red")
    assert (alert.plant, alert.factory, alert.building, alert.floor, alert.area) == ("P", "F1", "B", 1, "A")
    assert (alert.sensor_id, alert.message, alert.event_seq) == ("S-1", "연기\nsmoke", 1)
    assert not alert.HasField("measured_value")
    assert not alert.HasField("clear_time")
    assert await worker.get(alert.alert_id) == alert
    event = await connection.fetchrow("SELECT * FROM alert.alert_event WHERE alert_id = $1", alert.alert_id)
    assert (event["event_type"], event["actor"], event["note"]) == ("raised", "Kim", "연기\nsmoke")


async def test_two_of_one_place_are_two_alerts(worker):
    first, second = await worker.create(), await worker.create()
    assert first.alert_id != second.alert_id


@pytest.mark.parametrize(("older", "level"), [("medium", "yellow"), ("warning", "yellow"), ("high", "orange")])
async def test_older_names_of_levels_are_taken(worker, older, level):
    assert (await worker.create(alert_level=older)).alert_level == level


async def test_a_key_raises_one_alert_however_often_it_is_sent(workers, connection):
    alerts = await asyncio.gather(*(w.create("Kim", "key-1") for w in workers for _ in range(10)))
    assert len({alert.alert_id for alert in alerts}) == 1
    assert await connection.fetchval("SELECT count(*) FROM alert.alert WHERE idempotency_key = 'key-1'") == 1
    (event,) = await connection.fetch("SELECT * FROM alert.alert_event WHERE alert_id = $1", alerts[0].alert_id)
    assert event["event_seq"] == 1


@pytest.mark.parametrize(
    "other", [{"loc_id": "A-2"}, {"sensor_id": "S-1"}, {"alert_level": "yellow"}, {"message": "fire"}]
)
async def test_a_key_of_another_alert_is_refused(worker, other):
    await worker.create("Kim", "key-2")
    expected = (grpc.StatusCode.FAILED_PRECONDITION, "IDEMPOTENCY_KEY_USED")
    assert await reason(worker.create("Kim", "key-2", **other)) == expected


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"loc_id": ""}, ["loc_id"]),
        ({"loc_id": "nowhere"}, ["loc_id"]),
        ({"sensor_id": "S-2"}, ["sensor_id"]),
        ({"sensor_id": "nobody"}, ["sensor_id"]),
        ({"sensor_id": ""}, ["sensor_id"]),
        ({"alert_level": "green"}, ["alert_level"]),
        ({"alert_level": "low"}, ["alert_level"]),
        ({"alert_level": "purple", "message": ""}, ["alert_level", "message"]),
        ({"message": " \n"}, ["message"]),
        ({"message": "m" * 2_001}, ["message"]),
        ({"message": "bell\a"}, ["message"]),
        ({"actor": "a" * 101}, ["actor"]),
        ({"actor": "two\nlines"}, ["actor"]),
        ({"idempotency_key": "k" * 101}, ["idempotency_key"]),
        ({"idempotency_key": "\0"}, ["idempotency_key"]),
    ],
)
async def test_what_is_no_alert_is_refused_by_field(worker, given, fields):
    assert await refused(worker.create(**given)) == (grpc.StatusCode.INVALID_ARGUMENT, fields)


async def test_what_is_missing_is_named_at_once(worker):
    call = worker.alerts.CreateAlert(pb2.CreateAlertRequest())
    assert await refused(call) == (grpc.StatusCode.INVALID_ARGUMENT, ["loc_id", "alert_level", "message"])


async def test_the_longest_of_everything_is_taken(worker):
    alert = await worker.create("a" * 100, "k" * 100, message="m" * 2_000)
    assert len(alert.message) == 2_000


async def test_a_place_that_was_made_a_moment_ago_is_known(worker, mesh):
    async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        for number in range(10):
            await make_place(channel, f"new-{number}")
            assert (await worker.create(loc_id=f"new-{number}")).factory == "F"


async def test_without_location_known_places_are_taken_and_others_are_not_known(worker, mesh):
    known = await worker.create(idempotency_key="key-3")
    await mesh.stop(LOCATION)
    try:
        assert (await worker.create()).factory == "F1"
        assert await reason(worker.create(loc_id="unheard-of")) == (
            grpc.StatusCode.UNAVAILABLE,
            "LOCATION_UNAVAILABLE",
        )
        assert (await worker.create(idempotency_key="key-3")).alert_id == known.alert_id
    finally:
        await mesh.start(LOCATION)


async def test_a_worker_that_has_never_reached_location_raises_nothing_new(new_worker, connection, worker):
    known = await worker.create(idempotency_key="key-4")
    await connection.execute("DELETE FROM alert.neighbour_snapshot")
    alone = new_worker(LOCATION_SERVICE_URL="127.0.0.1:1")
    await alone.start()
    try:
        assert await reason(alone.create()) == (grpc.StatusCode.UNAVAILABLE, "LOCATION_UNAVAILABLE")
        assert (await alone.create(idempotency_key="key-4")).alert_id == known.alert_id
    finally:
        await alone.stop()
