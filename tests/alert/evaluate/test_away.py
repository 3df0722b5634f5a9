"""What the evaluation does after it was away, and while its neighbours are."""

from datetime import UTC, datetime

import pytest
from montrg.location.v1 import sensor_service_pb2, sensor_service_pb2_grpc

from services.alert.app import APP as ALERT
from services.realtime.log import range_repository
from services.thresholds.app import APP as THRESHOLDS
from tests.support.directory import register
from tests.support.mesh import eventually


@pytest.fixture
def restart(connection, mesh):
    """Starts alert again, and waits until every shard is judged by it."""

    async def start():
        moment = await connection.fetchval("SELECT clock_timestamp()")
        await mesh.start(ALERT, **mesh.neighbours_of("alert"))

        async def judged():
            return await connection.fetchval("SELECT min(beat_time) > $1 FROM alert.evaluation", moment)

        await eventually(judged, 20)

    return start


async def test_after_a_rebuild_what_lasts_goes_on_what_is_over_is_cleared_and_nobody_is_paged_twice(
    connection, mesh, location, write, come_to, followed, restart
):
    await register(location, "lasts", "ends", "begins", "stuck", interval_s=60)
    for name in ("lasts", "ends"):
        await write(name, (-300, 36.0))
        await come_to(name, "threshold raised:red")
    await mesh.stop(ALERT)
    # What came meanwhile was dropped of the log; the last of it is what realtime shows.
    await write("lasts", (-200, 20.0), (-100, 36.5))
    await write("ends", (-200, 39.0), (-100, 20.0))
    await write("begins", (-100, 35.0))
    await connection.execute("UPDATE alert.log_cursor SET generation = '', seq = 0")
    await restart()
    await followed()
    await come_to("lasts", "threshold raised:red")
    await come_to("ends", "threshold raised:red", "threshold cleared:red")
    await come_to("begins", "threshold raised:red")
    assert await connection.fetchval("SELECT measured_value FROM alert.alert WHERE sensor_id = 'lasts'") == 36.5
    await write("lasts", (-40, 20.0))
    await come_to("lasts", "threshold raised:red", "threshold cleared:red")


async def test_a_rebuild_takes_the_readings_part_by_part_and_those_of_no_sensor_in_service_not_at_all(
    connection, mesh, location, write, come_to, followed, restart, monkeypatch
):
    names = [f"part-{number}" for number in range(10)]
    await register(location, *names, "deleted", "dormant", interval_s=60)
    await mesh.stop(ALERT)
    for name in (*names, "deleted", "dormant"):
        await write(name, (-100, 36.0))
    stub = sensor_service_pb2_grpc.SensorServiceStub(location)
    await stub.DeleteSensor(sensor_service_pb2.DeleteSensorRequest(sensor_id="deleted"))
    sensor = sensor_service_pb2.Sensor(sensor_id="dormant", is_active=False)
    await stub.UpdateSensor(sensor_service_pb2.UpdateSensorRequest(sensor_id="dormant", sensor=sensor))
    await connection.execute("UPDATE alert.log_cursor SET generation = '', seq = 0")
    monkeypatch.setattr(range_repository, "PART", 3)
    await restart()
    await followed()
    for name in names:
        await come_to(name, "threshold raised:red")
    for name in ("deleted", "dormant"):
        await come_to(name)


async def test_what_is_stored_is_read_anew_where_alerts_that_are_known_are_not_stored(
    connection, mesh, location, write, come_to
):
    await register(location, "restored", interval_s=60)
    await write("restored", (-300, 36.0))
    await come_to("restored", "threshold raised:red")
    # As a database that was restored to an older state has it.
    async with connection.transaction():
        await connection.execute(
            "DELETE FROM alert.alert_event WHERE sensor_id = 'restored'; DELETE FROM alert.alert"
            " WHERE sensor_id = 'restored'; UPDATE alert.sensor_state SET machines = NULL WHERE sensor_id = 'restored'"
        )
    await write("restored", (-200, 36.0))
    await come_to("restored", "threshold raised:red", seconds=40)
    assert await connection.fetchval("SELECT count(*) FROM alert.alert WHERE sensor_id = 'restored'") == 1


async def test_with_thresholds_away_the_rules_that_were_said_last_hold_also_after_a_restart(
    connection, mesh, location, write, come_to, restart
):
    await register(location, "steady", interval_s=60)
    await write("steady", (-300, 36.0))
    await come_to("steady", "threshold raised:red")
    await mesh.stop(ALERT)
    await mesh.stop(THRESHOLDS)
    await restart()
    await write("steady", (-200, 39.0))
    await come_to("steady", "threshold raised:red", "threshold level_up:critical")
    await mesh.start(THRESHOLDS)
    await write("steady", (-100, 20.0))
    await come_to("steady", *(f"threshold {s}" for s in ("raised:red", "level_up:critical", "cleared:critical")))


async def test_without_any_rules_ever_seen_nothing_is_judged_and_what_is_open_stays(
    connection, mesh, location, write, come_to, followed, restart
):
    await register(location, "unjudged", interval_s=60)
    await write("unjudged", (-300, 36.0))
    await come_to("unjudged", "threshold raised:red")
    await mesh.stop(ALERT)
    await mesh.stop(THRESHOLDS)
    await connection.execute("DELETE FROM alert.neighbour_snapshot WHERE name = 'thresholds'")
    await restart()
    await write("unjudged", (-100, 20.0))
    await followed()
    await come_to("unjudged", "threshold raised:red")
    # The rules are there again: what is measured now is judged at once.
    await mesh.start(THRESHOLDS)
    await come_to("unjudged", "threshold raised:red", "threshold cleared:red")


async def test_a_restart_in_the_middle_changes_nothing(mesh, location, write, come_to, followed, restart):
    # A level counts after a minute less an interval; nobody is silent for three of them here, however slow all is.
    await register(location, "pending", interval_s=30)
    now = datetime.now(UTC)
    await write("pending", (-300, 36.0), now=now)
    await followed()
    await mesh.stop(ALERT)
    await restart()
    await write("pending", (-271, 36.0), now=now)
    await followed()
    await come_to("pending")
    await mesh.stop(ALERT)
    await restart()
    await write("pending", (-269, 36.0), now=now)
    await come_to("pending", "threshold raised:red")
