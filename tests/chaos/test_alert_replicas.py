"""Two replicas of the alert service share one database: of two that judge, one may die or hang."""

import asyncio
import random
import signal
from collections import Counter
from functools import partial

import grpc
import psutil
import pytest
from montrg.alert.v1 import alert_service_pb2, alert_service_pb2_grpc
from montrg.realtime.v1 import ingest_service_pb2 as ingest_pb2
from montrg.realtime.v1 import ingest_service_pb2_grpc

from services.location.app import APP as LOCATION
from services.realtime.app import APP as REALTIME
from tests.chaos.alerting import RULES_ARE_KNOWN
from tests.support.directory import make_place, register
from tests.support.episodes import PERCEIVED
from tests.support.mesh import eventually
from tests.support.soak import SEED, kills

Message = alert_service_pb2.WatchAlertsResponse
NAMES = [f"r-{number}" for number in range(64)]
KILLS = kills(usual=1, share=0.1)
NORMAL, RED = PERCEIVED[0], PERCEIVED[3]
SETTLED_S, TAKEN_OVER_S = 30.0, 5.0

_SHARES = "SELECT count(*) FROM alert.log_cursor WHERE holder IS NOT NULL GROUP BY holder"
_OPEN = "SELECT sensor_id FROM alert.alert WHERE state <> 'CLEARED' AND sensor_id = ANY($1)"


class Two:
    """Two replicas, and sensors in all shards; those of other tests may be in danger meanwhile."""

    def __init__(self, connection, start, stub, sensors):
        self.connection = connection
        self.replicas = []
        self._sensors = sensors
        self._start = start
        self._stub = stub

    async def start(self):
        """Starts as many as are missing, and waits until each has half of the shards and knows the rules."""
        self.replicas += [self._start("alert") for _ in range(2 - len(self.replicas))]
        await eventually(lambda: self.have_shares([8, 8]), SETTLED_S)
        await eventually(lambda: self.connection.fetchval(RULES_ARE_KNOWN), SETTLED_S)

    async def have_shares(self, shares):
        return [row[0] for row in await self.connection.fetch(_SHARES)] == shares

    async def measure(self, names, perceived):
        """Writes a reading of each sensor, of now."""
        readings = [
            ingest_pb2.Reading(sensor_id=name, temperature=30, humidity=50, pcv_temperature=perceived) for name in names
        ]
        for reading in readings:
            reading.capture_time.GetCurrentTime()
        answer = await self._stub.WriteReadings(ingest_pb2.WriteReadingsRequest(readings=readings))
        assert answer.accepted == len(names), answer

    async def are_open(self, names):
        return sorted(row[0] for row in await self.connection.fetch(_OPEN, self._sensors)) == sorted(names)

    async def clear(self):
        """Ends every danger."""
        await self.measure(NAMES, NORMAL)
        await eventually(lambda: self.are_open([]), SETTLED_S)

    async def alerts(self):
        """How many alerts each sensor ever had."""
        return Counter(row[0] for row in await self.connection.fetch("SELECT sensor_id FROM alert.alert"))


@pytest.fixture(scope="module")
async def sensors(mesh):
    async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        await make_place(channel)
        await register(channel, *NAMES)


@pytest.fixture
async def two(connection, mesh, sensors, start):
    await connection.execute("DELETE FROM alert.log_member; UPDATE alert.log_cursor SET holder = NULL")
    async with grpc.aio.insecure_channel(mesh.url(REALTIME)) as channel:
        two = Two(connection, start, ingest_service_pb2_grpc.IngestServiceStub(channel), NAMES)
        await two.start()
        await two.measure(NAMES, NORMAL)
        yield two


async def test_when_one_of_two_is_killed_the_other_alerts_within_five_seconds_and_nothing_twice(two):
    chance = random.Random(SEED)
    before = await two.alerts()
    for turn in range(1, KILLS + 1):
        await two.measure(NAMES[::2], RED)
        victim = two.replicas.pop(chance.randrange(2))
        victim.kill()
        victim.wait()
        await two.measure(NAMES[1::2], RED)
        await eventually(lambda: two.are_open(NAMES), TAKEN_OVER_S)
        await eventually(lambda: two.have_shares([16]), TAKEN_OVER_S)
        await two.clear()
        assert await two.alerts() - before == dict.fromkeys(NAMES, turn)
        await two.start()


async def test_one_of_two_that_hangs_and_wakes_alerts_nothing_twice(two):
    before = await two.alerts()
    hung = two.replicas[0]
    hung.send_signal(signal.SIGSTOP)
    await two.measure(NAMES, RED)
    await eventually(lambda: two.are_open(NAMES), SETTLED_S)
    hung.send_signal(signal.SIGCONT)
    await eventually(lambda: two.have_shares([8, 8]), SETTLED_S)
    await two.clear()
    assert await two.alerts() - before == dict.fromkeys(NAMES, 1)


async def test_when_one_of_two_is_killed_each_sensor_that_never_sent_has_one_alert(connection, mesh, sensors, start):
    mute = [f"mute-{number}" for number in range(64)]
    await connection.execute("DELETE FROM alert.log_member; UPDATE alert.log_cursor SET holder = NULL")
    two = Two(connection, partial(start, MONTRG_SILENCE_S="1"), None, mute)
    await two.start()
    async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        await register(channel, *mute, interval_s=1)

    async def has_begun():
        return await connection.fetchval("SELECT count(*) FROM alert.alert WHERE sensor_id LIKE 'mute-%'")

    await eventually(has_begun, SETTLED_S)
    victim = two.replicas.pop()
    victim.kill()
    victim.wait()
    await eventually(lambda: two.are_open(mute), SETTLED_S)
    await two.start()
    await asyncio.sleep(4)  # longer than any of them is waited for
    assert await two.are_open(mute)
    assert {name: count for name, count in (await two.alerts()).items() if name in mute} == dict.fromkeys(mute, 1)


async def test_one_of_two_that_stops_in_good_order_hands_over_within_five_seconds_though_it_is_watched(two):
    before = await two.alerts()
    await two.measure(NAMES[::2], RED)
    leaver = two.replicas.pop()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{listens_at(leaver)}") as channel:
        stub = alert_service_pb2_grpc.AlertServiceStub(channel)
        messages = aiter(stub.WatchAlerts(alert_service_pb2.WatchAlertsRequest()))
        kinds = [(await anext(messages)).kind]
        leaver.terminate()
        await two.measure(NAMES[1::2], RED)
        await eventually(lambda: two.have_shares([16]), TAKEN_OVER_S)
        await eventually(lambda: two.are_open(NAMES), TAKEN_OVER_S)
        kinds += [message.kind async for message in messages]
    assert (kinds[0], kinds[-1]) == (Message.SNAPSHOT, Message.END)
    assert leaver.wait(TAKEN_OVER_S) == 0
    await two.clear()
    assert await two.alerts() - before == dict.fromkeys(NAMES, 1)


def listens_at(replica):
    """The port of a replica's server."""
    sockets = psutil.Process(replica.pid).net_connections("tcp")
    return next(socket.laddr.port for socket in sockets if socket.status == psutil.CONN_LISTEN)
