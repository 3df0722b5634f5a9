"""Replicas of the alert service that are killed again and again: every alert has the story that its readings tell."""

import asyncio
import random
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from montrg.realtime.v1 import ingest_service_pb2 as ingest_pb2
from montrg.realtime.v1 import ingest_service_pb2_grpc

from services.alert.evaluate.tuning import SECOND
from services.common.epoch import microseconds
from services.location.app import APP as LOCATION
from services.realtime.app import APP as REALTIME
from tests.alert.evaluate.traces import NOON, Run
from tests.support.directory import make_place, register
from tests.support.mesh import eventually
from tests.support.replicas import replicas_of
from tests.support.soak import SEED, kills

KILLS = kills(usual=3, share=0.2)
SENSORS, REPLICAS = 150, 2
STEP = timedelta(seconds=1)
HELD = "SELECT count(*) FROM alert.log_cursor WHERE holder IS NOT NULL"
INTERVAL_S = 55  # so that a level has to last for five steps
BEGIN = timedelta(minutes=14)  # what is older pages nobody, and is another story


@pytest.fixture
def replicas(admin_url, mesh, tmp_path):
    """The alert service's, none yet."""
    with replicas_of(admin_url, "alert", tmp_path, **mesh.neighbours_of("alert")) as replicas:
        yield replicas


class Weather:
    """Sensors whose values wander about the limits."""

    def __init__(self):
        self._chance = random.Random(SEED)
        self._now = {f"heat-{n}": self._chance.uniform(28, 36) for n in range(SENSORS)}
        self.moment = datetime.now(UTC).replace(microsecond=0) - BEGIN
        self.stories = {name: Run("heat", interval_s=INTERVAL_S) for name in self._now}
        self.events: dict[str, list[tuple[str, datetime]]] = {name: [] for name in self._now}

    def step(self):
        """One reading of each sensor."""
        self.moment += STEP
        at = (microseconds(self.moment) - NOON) // SECOND
        rows = []
        for name, value in self._now.items():
            self._now[name] = min(40.0, max(26.0, value + self._chance.uniform(-1.2, 1.2)))
            shown = round(self._now[name], 1)
            rows.append((name, shown))
            _, happened = self.stories[name].read(at, shown)
            self.events[name] += [(word, self.moment) for word in happened.split(", ") if word]
        return [
            ingest_pb2.Reading(
                sensor_id=name, capture_time=self.moment, temperature=20, humidity=50, pcv_temperature=value
            )
            for name, value in rows
        ]


async def write(stub, weather, over):
    while not over.is_set():
        readings = weather.step()
        answer = await stub.WriteReadings(ingest_pb2.WriteReadingsRequest(readings=readings))
        assert answer.accepted == len(readings), answer
        await asyncio.sleep(0.1)


async def told(connection):
    """What is stored of each sensor's dangers."""
    found: dict[str, list[tuple[str, datetime]]] = {f"heat-{n}": [] for n in range(SENSORS)}
    rows = await connection.fetch(
        "SELECT sensor_id, event_type, level, event_time FROM alert.alert_event ORDER BY sensor_id, alert_id, event_seq"
    )
    for row in rows:
        found[row["sensor_id"]].append((f"{row['event_type']}:{row['level']}", row["event_time"]))
    return found


async def test_kills_change_no_alerts_story(connection, mesh, replicas):
    print(f"SEED={SEED} KILLS={KILLS}")
    chance = random.Random(SEED)
    async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        await make_place(channel, "H-1")
        await register(channel, *(f"heat-{n}" for n in range(SENSORS)), loc_id="H-1", interval_s=INTERVAL_S)
    running = [replicas.start() for _ in range(REPLICAS)]

    async def judged():
        return await connection.fetchval("SELECT count(*) = 16 AND min(rule_revision) > 0 FROM alert.evaluation")

    await eventually(judged, 30)
    over, weather = asyncio.Event(), Weather()
    async with grpc.aio.insecure_channel(mesh.url(REALTIME)) as channel, asyncio.TaskGroup() as tasks:
        tasks.create_task(write(ingest_service_pb2_grpc.IngestServiceStub(channel), weather, over))
        for _ in range(KILLS):
            await asyncio.sleep(chance.uniform(0.5, 2.5))
            await eventually(lambda: connection.fetchval(HELD), 60)  # else a kill touches nobody, and shows nothing
            victim = running.pop(chance.randrange(REPLICAS))
            victim.kill()
            victim.wait()
            running.append(replicas.start())
        over.set()

    async def followed():
        last = await connection.fetchval("SELECT max(seq) FROM realtime.reading_log")
        return await connection.fetchval("SELECT min(seq) FROM alert.log_cursor") >= last

    await eventually(followed, 60)
    count = sum(map(len, weather.events.values()))
    print(f"{count} events of {SENSORS} sensors")
    assert count > 100, "nothing happened: the test shows nothing"
    assert await told(connection) == weather.events, replicas.log()
    level = await connection.fetch("SELECT sensor_id, alert_level FROM alert.alert WHERE state = 'ACTIVE'")
    open_now = {name for name, run in weather.stories.items() if run.watch.alerts}
    assert {row["sensor_id"] for row in level} == open_now
