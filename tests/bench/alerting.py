"""From a reading that is too hot to the webhook that is told of it, beside Prometheus with Alertmanager.

Neither waits for a danger to last: the mapping's duration is 0, the rule has no `for`. They take turns, each alone with
the same readings at the same times.
"""

import asyncio
import os
from datetime import UTC, datetime

import asyncpg
import grpc
from montrg.alert.v1 import subscription_service_pb2, subscription_service_pb2_grpc
from montrg.realtime.v1 import ingest_service_pb2, ingest_service_pb2_grpc
from montrg.thresholds.v1 import (
    mapping_service_pb2,
    mapping_service_pb2_grpc,
    threshold_service_pb2,
    threshold_service_pb2_grpc,
)

from tests.bench.breaches import HUMIDITY, LIMIT, READINGS, SENSORS, Breaches, sensor_name
from tests.bench.mesh import bench_mesh
from tests.bench.prometheus import is_installed, measure_prometheus
from tests.support.directory import make_place, register
from tests.support.receivers import webhook

SECONDS, PROMETHEUS_SECONDS = 60, 30
P50_MS, P99_MS = 50, 200
# As people have it: each area has its own people, who are told of everything there, the ends too. So no recipient comes
# near the 600 messages a minute that one may have.
AREAS = ("A", "B", "C", "D")
AT_ONCE = 8
# Seconds from when a reading was measured until its alert was written, its message was planned, and that it was taken
# was written.
_STEPS = """
SELECT percentile_cont($1) WITHIN GROUP (ORDER BY extract(epoch FROM e.create_time - a.alert_time)),
    percentile_cont($1) WITHIN GROUP (ORDER BY extract(epoch FROM n.create_time - a.alert_time)),
    percentile_cont($1) WITHIN GROUP (ORDER BY extract(epoch FROM n.send_time - a.alert_time))
FROM alert.alert a JOIN alert.alert_event e USING (alert_id) JOIN alert.notification n USING (alert_id)
WHERE e.event_type = 'raised' AND n.cause = 'raised'
"""


async def measure_alerting(table):
    """Adds the rows, out of a mesh of its own."""
    # It takes its time until the first sensor that is registered sends.
    with bench_mesh(MONTRG_SILENCE_S="3600") as mesh:
        mesh.start()
        async with webhook() as receiver:
            await _prepare(mesh, receiver)
            found = await _measure(mesh, receiver)
        steps = await _steps(mesh)
    theirs = await measure_prometheus(PROMETHEUS_SECONDS) if is_installed() else None
    _add(table, found, theirs, steps)
    # The receivers' connections have been cut; they come to their end with the next turns of the event loop.
    if cut := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(cut, timeout=5)


def _add(table, found, theirs, steps):
    for name, share, most in (("p50", 0.5, P50_MS), ("p99", 0.99, P99_MS), ("the longest", 1.0, None)):
        ours, limit, ratio = found.quantile(share), "no Prometheus here", None
        if theirs is not None:
            limit, ratio = f"{theirs.quantile(share):,.0f} ms", ours / theirs.quantile(share)
        judged = {} if most is None else {"target": f"< {most} ms", "met": ours < most}
        row = f"reading to webhook at {SENSORS:,} readings/s, {name}"
        table.add(row, f"{ours:.1f} ms", limit, ratio, **judged)
    lost = "" if theirs is None else f"{theirs.lost} of {theirs.breaches:,}"
    row = "  alerts that nobody was told of"
    table.add(row, f"{found.lost} of {found.breaches:,}", lost, target="0", met=found.lost == 0)
    table.add("  until judged, planned, marked as sent, p50", ", ".join(f"{ms:.1f}" for ms in steps) + " ms")
    load = " ".join(f"{number:.1f}" for number in os.getloadavg())
    table.add("  load of the machine thereafter", f"{load} on {len(os.sched_getaffinity(0))} cores")


async def _prepare(mesh, receiver):
    """Places, sensors, the limit that holds for each of them, and who is told."""
    names = [sensor_name(number) for number in range(SENSORS)]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{mesh.rest_port('location')}") as channel:
        for area in AREAS:
            await make_place(channel, f"place-{area}", area=area)
        places = enumerate(AREAS)
        await asyncio.gather(
            *(register(channel, *names[n :: len(AREAS)], loc_id=f"place-{area}", interval_s=1) for n, area in places)
        )
    async with grpc.aio.insecure_channel(f"127.0.0.1:{mesh.rest_port('thresholds')}") as channel:
        await _limit(channel, names)
    async with grpc.aio.insecure_channel(f"127.0.0.1:{mesh.rest_port('alert')}") as channel:
        stub = subscription_service_pb2_grpc.SubscriptionServiceStub(channel)
        for area in AREAS:
            to = f"{receiver.url}/{area}"
            told = subscription_service_pb2.Subscription(channel="webhook", recipient=to, area=area, max_per_minute=600)
            await stub.CreateSubscription(subscription_service_pb2.CreateSubscriptionRequest(subscription=told))


async def _limit(channel, names):
    """Ties every sensor to a limit that pages at once."""
    threshold = threshold_service_pb2.Threshold(
        threshold_type="pcv_temperature", level="red", min_value=LIMIT, mapped_only=True
    )
    made = await threshold_service_pb2_grpc.ThresholdServiceStub(channel).CreateThreshold(
        threshold_service_pb2.CreateThresholdRequest(threshold=threshold)
    )
    stub = mapping_service_pb2_grpc.MappingServiceStub(channel)

    async def tie(some):
        for name in some:
            mapping = mapping_service_pb2.Mapping(sensor_id=name, threshold_id=made.threshold_id, duration_seconds=0)
            await stub.CreateMapping(mapping_service_pb2.CreateMappingRequest(mapping=mapping))

    await asyncio.gather(*(tie(names[n::AT_ONCE]) for n in range(AT_ONCE)))


async def _measure(mesh, receiver):
    came: dict[str, float] = {}

    def told():
        while receiver.requests:
            request = receiver.requests.pop(0)
            for alert in request.json["alerts"]:
                if alert["state"] == "ACTIVE":
                    came.setdefault(alert["sensor_id"], request.received_at)
        return came

    async with grpc.aio.insecure_channel(f"127.0.0.1:{mesh.rest_port('realtime')}") as channel:
        stub = ingest_service_pb2_grpc.IngestServiceStub(channel)

        async def write(temperatures):
            request = ingest_service_pb2.WriteReadingsRequest()
            now = datetime.now(UTC)
            for name, temperature in temperatures.items():
                request.readings.add(sensor_id=name, capture_time=now, temperature=temperature, humidity=HUMIDITY)
            answer = await stub.WriteReadings(request)
            assert answer.accepted == READINGS, answer

        return await Breaches(SECONDS).run(write, told)


async def _steps(mesh):
    connection = await asyncpg.connect(mesh.admin_url)
    try:
        return [float(seconds) * 1000 for seconds in await connection.fetchrow(_STEPS, 0.5)]
    finally:
        await connection.close()
