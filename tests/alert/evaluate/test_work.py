"""Readings that are ingested become alerts, and what people and other services do counts at once."""

from montrg.location.v1 import sensor_service_pb2, sensor_service_pb2_grpc
from montrg.thresholds.v1 import (
    mapping_service_pb2,
    mapping_service_pb2_grpc,
    threshold_service_pb2,
    threshold_service_pb2_grpc,
)

from tests.support.directory import register
from tests.support.mesh import eventually

HOT = "SELECT * FROM alert.alert WHERE sensor_id = $1 AND threshold_type = 'pcv_temperature' ORDER BY alert_id"


async def test_an_episode_is_one_alert_that_rises_falls_and_is_cleared(connection, location, write, come_to):
    await register(location, "episode", interval_s=10)
    await write("episode", (-400, 30.0), (-390, 35.0), (-380, 35.2))
    await write("episode", (-330, 35.1), (-320, 38.4), (-270, 38.2), (-260, 33.0))
    steps = ("raised:red", "level_up:critical", "level_down:orange")
    await come_to("episode", *(f"threshold {step}" for step in steps))
    (alert,) = await connection.fetch(HOT, "episode")
    assert (alert["state"], alert["alert_level"], alert["highest_level"]) == ("ACTIVE", "orange", "critical")
    assert (alert["peak_value"], alert["measured_value"], alert["factory"]) == (38.4, 33.0, "Newark")
    assert alert["message"] == "pcv_temperature 33.0 °C is orange (from 33.0 °C) at Newark / B / floor 1 / A"
    assert alert["rule_revision"] > 0
    assert alert["threshold_id"] is not None
    await write("episode", (-250, 30.0))
    await come_to("episode", *(f"threshold {step}" for step in (*steps, "cleared:orange")))
    (alert,) = await connection.fetch(HOT, "episode")
    assert (alert["state"], alert["clear_reason"], alert["event_seq"]) == ("CLEARED", "normal", 4)
    await write("episode", (-240, 40.0), (-190, 40.0))
    await come_to("episode", *(f"threshold {s}" for s in (*steps, "cleared:orange", "raised:critical")))
    assert len(await connection.fetch(HOT, "episode")) == 2


async def test_several_episodes_in_one_batch_are_as_many_alerts(connection, location, write, come_to):
    await register(location, "often", interval_s=60)
    await write("often", *((-800 + 60 * n, 36.0 if n % 2 else 30.0) for n in range(10)))
    await come_to("often", *["threshold raised:red", "threshold cleared:red"] * 4, "threshold raised:red")
    states = [row["state"] for row in await connection.fetch(HOT, "often")]
    assert states == ["CLEARED"] * 4 + ["ACTIVE"]


async def test_a_late_reading_changes_nothing_and_a_delayed_one_pages_once_it_is_live(
    connection, location, write, come_to, followed
):
    await register(location, "late", interval_s=60)
    await write("late", (-5000, 30.0), (-3000, 36.0))
    await come_to("late", "threshold raised:red")
    assert (await connection.fetchrow(HOT, "late"))["quiet"]
    await write("late", (-4000, 20.0))
    await followed()
    await come_to("late", "threshold raised:red")
    await write("late", (-1, 36.0))
    await come_to("late", "threshold raised:red", "threshold live:red")
    assert not (await connection.fetchrow(HOT, "late"))["quiet"]


async def test_what_a_person_resolves_is_over_until_the_next_episode(connection, location, write, come_to, followed):
    await register(location, "resolved", interval_s=10)
    await write("resolved", (-300, 36.0), (-250, 36.0))
    await come_to("resolved", "threshold raised:red")
    await connection.execute(
        "UPDATE alert.alert SET state = 'CLEARED', clear_reason = 'resolved', clear_time = now(), unseen = true"
        " WHERE sensor_id = 'resolved'"
    )
    await write("resolved", (-240, 36.5))
    await followed()
    await come_to("resolved", "threshold raised:red")
    assert not await connection.fetchval("SELECT count(*) FROM alert.alert WHERE unseen")
    first = await connection.fetchrow(HOT, "resolved")
    assert (first["clear_reason"], first["measured_value"]) == ("resolved", 36.0)
    await write("resolved", (-190, 36.5))
    await come_to("resolved", "threshold raised:red", "threshold raised:red")


async def test_an_alert_that_is_resolved_while_a_reading_is_judged_stays_so(connection, location, write, come_to):
    await register(location, "raced", interval_s=10)
    await write("raced", (-300, 36.0), (-250, 36.0))
    await come_to("raced", "threshold raised:red")
    async with connection.transaction():
        await connection.execute(
            "UPDATE alert.alert SET state = 'CLEARED', clear_reason = 'resolved', clear_time = now(), unseen = true"
            " WHERE sensor_id = 'raced'"
        )
        await write("raced", (-240, 39.0))

        async def waits():
            return await connection.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE usename = 'montrg_alert' AND wait_event_type = 'Lock'"
            )

        await eventually(waits)

    async def judged():
        return await connection.fetchval("SELECT machines IS NULL FROM alert.sensor_state WHERE sensor_id = 'raced'")

    await eventually(judged)
    await come_to("raced", "threshold raised:red")
    alert = await connection.fetchrow(HOT, "raced")
    assert (alert["state"], alert["clear_reason"], alert["unseen"]) == ("CLEARED", "resolved", False)
    assert alert["measured_value"] == 36.0


async def test_a_new_mapping_judges_what_is_measured_now_and_its_end_ends_what_it_began(
    connection, location, thresholds, write, come_to
):
    await register(location, "mapped", interval_s=600)
    await write("mapped", (-5, 26.0))
    limits = threshold_service_pb2_grpc.ThresholdServiceStub(thresholds)
    own = threshold_service_pb2.Threshold(threshold_type="pcv_temperature", level="red", min_value=25, mapped_only=True)
    threshold = await limits.CreateThreshold(threshold_service_pb2.CreateThresholdRequest(threshold=own))
    mappings = mapping_service_pb2_grpc.MappingServiceStub(thresholds)
    mapping = mapping_service_pb2.Mapping(sensor_id="mapped", threshold_id=threshold.threshold_id, duration_seconds=300)
    made = await mappings.CreateMapping(mapping_service_pb2.CreateMappingRequest(mapping=mapping))
    await come_to("mapped", "threshold raised:red")
    alert = await connection.fetchrow(HOT, "mapped")
    assert (alert["threshold_id"], alert["threshold_map_id"]) == (threshold.threshold_id, made.map_id)
    await mappings.DisableMapping(mapping_service_pb2.DisableMappingRequest(map_id=made.map_id))
    await come_to("mapped", "threshold raised:red", "threshold cleared:red")
    after = await connection.fetchrow(HOT, "mapped")
    assert (after["clear_reason"], after["measured_value"]) == ("rule_removed", 26.0)


async def test_a_limit_that_becomes_another_level_under_an_open_alert_stops_nobody(
    location, thresholds, write, come_to
):
    await register(location, "edited", interval_s=600)
    await write("edited", (-5, 26.0))
    limits = threshold_service_pb2_grpc.ThresholdServiceStub(thresholds)
    own = threshold_service_pb2.Threshold(
        threshold_type="pcv_temperature", level="orange", min_value=25, mapped_only=True
    )
    threshold = await limits.CreateThreshold(threshold_service_pb2.CreateThresholdRequest(threshold=own))
    mapping = mapping_service_pb2.Mapping(
        sensor_id="edited", threshold_id=threshold.threshold_id, duration_seconds=86_400
    )
    mappings = mapping_service_pb2_grpc.MappingServiceStub(thresholds)
    made = await mappings.CreateMapping(mapping_service_pb2.CreateMappingRequest(mapping=mapping))
    short = mapping_service_pb2.Mapping(map_id=made.map_id, duration_seconds=0)
    await mappings.UpdateMapping(mapping_service_pb2.UpdateMappingRequest(map_id=made.map_id, mapping=short))
    await come_to("edited", "threshold raised:orange")
    # Red waits for its time, and no band is orange any more.
    long = mapping_service_pb2.Mapping(map_id=made.map_id, duration_seconds=86_400)
    await mappings.UpdateMapping(mapping_service_pb2.UpdateMappingRequest(map_id=made.map_id, mapping=long))
    red = threshold_service_pb2.Threshold(level="red")
    await limits.UpdateThreshold(
        threshold_service_pb2.UpdateThresholdRequest(threshold_id=threshold.threshold_id, threshold=red)
    )
    await register(location, "after-edit", interval_s=600)
    await write("after-edit", (-5, 36.0))
    await come_to("after-edit", "threshold raised:red")
    await come_to("edited", "threshold raised:orange")


async def test_the_peak_of_an_alert_stays_while_it_is_held_below_its_limit(connection, location, write, come_to):
    await register(location, "held", interval_s=600)
    await write("held", (-400, 30.0), (-300, 32.9), (-200, 30.7))
    await come_to("held", "threshold raised:yellow")

    async def noted():
        alert = await connection.fetchrow(HOT, "held")
        return (alert["measured_value"], alert["peak_value"]) == (30.7, 32.9)

    await eventually(noted)


async def test_a_sensor_that_is_taken_out_of_service_has_no_alerts(connection, location, write, come_to):
    await register(location, "retired", interval_s=60)
    await write("retired", (-5, 36.0))
    await come_to("retired", "threshold raised:red")
    stub = sensor_service_pb2_grpc.SensorServiceStub(location)
    sensor = sensor_service_pb2.Sensor(sensor_id="retired", is_active=False)
    await stub.UpdateSensor(sensor_service_pb2.UpdateSensorRequest(sensor_id="retired", sensor=sensor))
    await come_to("retired", "threshold raised:red", "threshold cleared:red")
    assert (await connection.fetchrow(HOT, "retired"))["clear_reason"] == "sensor_removed"


async def test_every_shard_says_that_it_is_judged(connection, mesh):
    async def beaten():
        return await connection.fetchval(
            "SELECT count(*) = 16 AND min(beat_time) > clock_timestamp() - interval '3 s' AND min(rule_revision) > 0"
            " FROM alert.evaluation"
        )

    await eventually(beaten)
