"""Sensors that say nothing, sensors that cannot be trusted, and an evaluation that is not there."""

from datetime import timedelta

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from montrg.alert.v1 import alert_service_pb2, alert_service_pb2_grpc
from montrg.location.v1 import sensor_service_pb2, sensor_service_pb2_grpc
from montrg.realtime.v1 import realtime_service_pb2, realtime_service_pb2_grpc
from montrg.thresholds.v1 import (
    mapping_service_pb2,
    mapping_service_pb2_grpc,
    threshold_service_pb2,
    threshold_service_pb2_grpc,
)

from services.alert.app import APP as ALERT
from services.alert.evaluate import status
from services.realtime.app import APP as REALTIME
from services.realtime.live import evaluation
from tests.support.directory import register
from tests.support.mesh import eventually


@pytest.fixture(scope="module")
def settings():
    """So that silence is noticed within a test's time, and suspicion at the second reading."""
    return {"MONTRG_SILENCE_S": "1"}


@pytest.fixture(scope="module")
def set_active(location):
    """Takes a sensor out of service, or into it."""
    stub = sensor_service_pb2_grpc.SensorServiceStub(location)

    async def change(name, is_active):
        sensor = sensor_service_pb2.Sensor(sensor_id=name, is_active=is_active)
        await stub.UpdateSensor(sensor_service_pb2.UpdateSensorRequest(sensor_id=name, sensor=sensor))

    return change


@pytest.fixture(scope="module")
def delete(location):
    """Deletes a sensor."""
    stub = sensor_service_pb2_grpc.SensorServiceStub(location)
    return lambda name: stub.DeleteSensor(sensor_service_pb2.DeleteSensorRequest(sensor_id=name))


@pytest.fixture(scope="module", autouse=True)
async def begin(connection, location, write):
    """When sensors were registered that say nothing at first: at once, so that the seconds of all pass together."""
    begin = await connection.fetchval("SELECT clock_timestamp()")
    await register(location, "mute", "back", interval_s=2)
    await register(location, "leaves", "ends", "known", interval_s=1)
    await write("back", (0, 20.0))
    return begin


async def test_a_silent_sensor_has_an_alert_until_it_speaks_and_keeps_its_others(connection, location, write, come_to):
    await register(location, "silent", interval_s=1)
    await register(location, "slow", interval_s=3600)
    await write("silent", (-100, 36.0), (-30, 36.0))
    await write("slow", (-30, 20.0))
    raised = ("threshold raised:red", "no_data raised:yellow")
    await come_to("silent", *raised)
    await write("silent", (0, 36.0))
    await come_to("silent", *raised, "no_data cleared:yellow", seconds=5)
    rows = await connection.fetch("SELECT state, clear_reason FROM alert.alert WHERE sensor_id = 'silent' ORDER BY 1")
    assert [tuple(row) for row in rows][:2] == [("ACTIVE", None), ("CLEARED", "data_back")]
    await come_to("slow")


async def test_a_danger_of_a_silent_sensor_is_resolved_also_after_its_silence_was(
    connection, mesh, location, write, come_to
):
    await register(location, "dead", interval_s=1)
    await write("dead", (-100, 36.0), (-30, 36.0))
    await come_to("dead", "threshold raised:red", "no_data raised:yellow")
    numbers = dict(await connection.fetch("SELECT alert_type, alert_id FROM alert.alert WHERE sensor_id = 'dead'"))
    async with grpc.aio.insecure_channel(mesh.url(ALERT)) as channel:
        stub = alert_service_pb2_grpc.AlertServiceStub(channel)
        for kind in ("no_data", "threshold"):
            request = alert_service_pb2.ResolveAlertRequest(alert_id=numbers[kind], actor="Kim")
            assert (await stub.ResolveAlert(request)).clear_reason == "resolved"

    async def forgotten():
        return not await connection.fetchval("SELECT count(*) FROM alert.alert WHERE unseen")

    await eventually(forgotten)
    await come_to("dead", *(f"{kind} {step}" for kind, level in (("threshold", "red"), ("no_data", "yellow"))
                            for step in (f"raised:{level}", f"resolved:{level}")))  # fmt: skip
    await write("dead", (0, 20.0))


async def test_a_sensor_that_comes_into_service_again_is_given_time_to_speak(connection, come_to, set_active):
    await come_to("back", "no_data raised:yellow")
    await set_active("back", False)
    await come_to("back", "no_data raised:yellow", "no_data cleared:yellow")
    await set_active("back", True)
    again = await connection.fetchval("SELECT clock_timestamp()")
    await come_to("back", "no_data raised:yellow", "no_data cleared:yellow", "no_data raised:yellow")
    raised = await connection.fetchval("SELECT max(alert_time) FROM alert.alert WHERE sensor_id = 'back'")
    assert raised - again > timedelta(seconds=5)


async def test_a_sensor_that_never_sent_has_an_alert_from_its_third_interval_to_its_first_reading(
    connection, begin, write, come_to
):
    await come_to("mute", "no_data raised:yellow")
    alert = await connection.fetchrow("SELECT * FROM alert.alert WHERE sensor_id = 'mute'")
    assert alert["alert_time"] - begin > timedelta(seconds=6)
    assert alert["message"] == (
        "no reading of mute has come yet, where one every 2 s is expected, at Newark / B / floor 1 / A"
    )
    await write("mute", (0, 20.0))
    await come_to("mute", "no_data raised:yellow", "no_data cleared:yellow")
    reason = await connection.fetchval("SELECT clear_reason FROM alert.alert WHERE sensor_id = 'mute'")
    assert reason == "data_back"


async def test_a_sensor_that_is_not_in_service_is_not_expected_to_send(location, come_to, set_active, delete):
    await register(location, "asleep", interval_s=1, is_active=False)
    await register(location, "withdrawn", "deleted", interval_s=1)
    await set_active("withdrawn", False)
    await delete("deleted")
    await register(location, "last", interval_s=1)
    await come_to("last", "no_data raised:yellow")
    for name in ("asleep", "withdrawn", "deleted"):
        await come_to(name)
    await set_active("asleep", True)
    await come_to("asleep", "no_data raised:yellow")


async def test_the_alert_of_a_sensor_that_never_sent_ends_with_its_service(connection, come_to, set_active, delete):
    for name in ("leaves", "ends"):
        await come_to(name, "no_data raised:yellow")
    await set_active("leaves", False)
    await delete("ends")
    for name in ("leaves", "ends"):
        await come_to(name, "no_data raised:yellow", "no_data cleared:yellow")
    rows = await connection.fetch("SELECT clear_reason FROM alert.alert WHERE sensor_id IN ('leaves', 'ends')")
    assert [row[0] for row in rows] == ["sensor_removed"] * 2
    await set_active("leaves", True)
    await come_to("leaves", "no_data raised:yellow", "no_data cleared:yellow", "no_data raised:yellow")


async def test_a_restart_does_not_tell_again_that_a_sensor_never_sent(mesh, settings, location, write, come_to):
    await come_to("known", "no_data raised:yellow")
    await mesh.stop(ALERT)
    await register(location, "new", interval_s=1)
    await mesh.start(ALERT, **mesh.neighbours_of("alert"), **settings)
    await come_to("new", "no_data raised:yellow", seconds=25)
    await come_to("known", "no_data raised:yellow")
    await write("known", (0, 20.0))
    await come_to("known", "no_data raised:yellow", "no_data cleared:yellow")


async def test_a_sensor_that_is_implausible_for_a_minute_has_an_alert_of_its_own(location, write, come_to):
    await register(location, "odd", interval_s=60)
    await write("odd", (-200, 47.5), (-140, 48.0), (-80, 49.0))
    await come_to("odd", "suspect raised:yellow", "threshold raised:critical")
    await write("odd", (-20, 20.0))
    ended = ("suspect raised:yellow", "suspect cleared:yellow")
    await come_to("odd", *ended, "threshold raised:critical", "threshold cleared:critical")


SAME = {"temperature": 30.0, "humidity": 50.0}


@pytest.mark.parametrize(
    ("reason", "hot", "doubtful"),
    [
        # The sixtieth that is the same is one too many.
        ("flat", ([(at, 36.0) for at in range(-4800, -1300, 60)], SAME), SAME),
        ("pinned", ([(-1320, 36.0)], {}), {"humidity": 100.0}),
        ("implausible", ([(-1320, 36.0)], {}), {"humidity": 3.0}),
    ],
)
async def test_a_sensor_in_doubt_has_an_alert_of_its_own_and_neither_its_readings_nor_that_alert_end_another(
    connection, location, write, come_to, followed, reason, hot, doubtful
):
    name = f"doubt-{reason}"
    await register(location, name, interval_s=3600)
    rows, fields = hot
    await write(name, *rows, **fields)
    await come_to(name, "threshold raised:red")
    await write(name, (-1200, 20.0), (-1140, 20.0), (-120, 20.0), **doubtful)
    raised = ("threshold raised:red", "suspect raised:yellow")
    await come_to(name, *raised)
    await followed()
    await come_to(name, *raised)
    words = await connection.fetchval(
        "SELECT message FROM alert.alert WHERE sensor_id = $1 AND alert_type = 'suspect'", name
    )
    assert words.startswith(f"the readings of {name} are {reason} at ")
    # It is well again, and so is not the danger.
    await write(name, (-60, 36.5))
    await come_to(name, *raised, "suspect cleared:yellow")
    await write(name, (-30, 20.0))
    await come_to(
        name, "threshold raised:red", "threshold cleared:red", *("suspect raised:yellow", "suspect cleared:yellow")
    )


async def test_the_old_reading_of_a_silent_sensor_clears_nothing_by_other_rules(
    connection, location, thresholds, write, come_to
):
    await register(location, "frozen", interval_s=1)
    limits = threshold_service_pb2_grpc.ThresholdServiceStub(thresholds)
    own = threshold_service_pb2.Threshold(threshold_type="pcv_temperature", level="red", min_value=25, mapped_only=True)
    made = await limits.CreateThreshold(threshold_service_pb2.CreateThresholdRequest(threshold=own))
    mapping = mapping_service_pb2.Mapping(sensor_id="frozen", threshold_id=made.threshold_id, duration_seconds=0)
    stub = mapping_service_pb2_grpc.MappingServiceStub(thresholds)
    await stub.CreateMapping(mapping_service_pb2.CreateMappingRequest(mapping=mapping))
    await write("frozen", (0, 26.0))
    raised = ("threshold raised:red", "no_data raised:yellow")
    await come_to("frozen", *raised)
    higher = threshold_service_pb2.Threshold(min_value=30)
    changed = await limits.UpdateThreshold(
        threshold_service_pb2.UpdateThresholdRequest(threshold_id=made.threshold_id, threshold=higher)
    )

    async def judged():
        low = "SELECT threshold_min FROM alert.alert WHERE sensor_id = 'frozen' AND alert_type = 'threshold'"
        return await connection.fetchval(low) == changed.min_value

    await eventually(judged)
    await come_to("frozen", *raised)
    await write("frozen", (0, 26.0))
    await come_to(
        "frozen", "threshold raised:red", "threshold cleared:red", "no_data raised:yellow", "no_data cleared:yellow"
    )


async def ready(mesh):
    async with grpc.aio.insecure_channel(mesh.url(ALERT)) as channel:
        request = health_pb2.HealthCheckRequest(service="ready")
        answer = await health_pb2_grpc.HealthStub(channel).Check(request)
        return answer.status == health_pb2.HealthCheckResponse.SERVING


async def notes(mesh):
    async with grpc.aio.insecure_channel(mesh.url(REALTIME)) as channel:
        stub = realtime_service_pb2_grpc.RealtimeServiceStub(channel)
        answer = await stub.GetMeasurements(realtime_service_pb2.GetMeasurementsRequest())
        return [note.split(" since")[0] for note in answer.degraded]


async def test_a_shard_that_nobody_judges_makes_the_service_not_ready(connection, mesh, monkeypatch):
    # A shard shows itself every second; for how long it may be silent is in test_status.
    monkeypatch.setattr(status, "DEAD_AFTER", timedelta(seconds=4))

    async def is_ready():
        return await ready(mesh)

    async def is_not_ready():
        return not await ready(mesh)

    await eventually(is_ready, 15)
    # Somebody who holds a shard's row holds up the transactions of whoever judges it.
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("SELECT FROM alert.evaluation WHERE shard = 3 FOR UPDATE")
        await eventually(is_not_ready, 20)
    finally:
        await transaction.rollback()
    await eventually(is_ready, 20)


async def test_an_evaluation_that_is_gone_is_noticed_by_who_shows_the_readings(mesh, monkeypatch):
    # Where nothing is read the place is reported every five seconds; the time itself is in the tests of realtime.
    monkeypatch.setattr(evaluation, "DEAD_AFTER", timedelta(seconds=7))
    monkeypatch.setattr(evaluation, "LOOK_EVERY_S", 0.3)

    async def well():
        return not await notes(mesh)

    async def dead():
        return "EVALUATION_DEAD" in await notes(mesh)

    await eventually(well)
    await mesh.stop(ALERT)
    await eventually(dead, 30)
