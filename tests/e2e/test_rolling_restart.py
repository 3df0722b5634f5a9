"""Two pods of a service each, restarted one after the other as a cluster does it, under calls that may not fail.

A pod is a process and its Envoy on a loopback address. Neighbours call through an egress port, which finds the pods by
name; clients of REST and gRPC from outside have one address that deals their connections out, as kube-proxy does.
"""

import asyncio
import itertools
import json
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import asyncpg
import grpc
import httpx
import pytest
from montrg.realtime.v1 import realtime_service_pb2, realtime_service_pb2_grpc
from montrg.thresholds.v1 import threshold_service_pb2, threshold_service_pb2_grpc

from services.location.app import APP as LOCATION
from services.thresholds.app import APP as THRESHOLDS
from tests.support.directory import make_place, register
from tests.support.mesh import Mesh
from tests.support.pods import Stopping
from tests.support.rolling import ADDRESSES, running_clusters
from tests.support.soak import kills
from tests.support.traffic import traffic

SENSOR = "busy"
ROUNDS = kills(usual=1, share=0.05)
STOPPING = Stopping(0.5, 3.0) if ROUNDS == 1 else Stopping(1.0, 10.0)
AROUND_S = 1.0


@pytest.fixture(scope="module")
async def clusters(admin_url, tmp_path_factory):
    mesh = Mesh(admin_url)
    try:
        # What realtime calls is not what is restarted here.
        await mesh.start(THRESHOLDS)
        await mesh.start(LOCATION)
        async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
            await make_place(channel)
            await register(channel, SENSOR)
        async with running_clusters(CALLERS, mesh, admin_url, tmp_path_factory.mktemp("pods")) as clusters:
            yield clusters
    finally:
        await mesh.close()


class Callers:
    """The callers of one service, each with connections of its own."""

    def __init__(self, cluster, stack):
        self.acknowledged = 0
        self._stack = stack
        self._cluster = cluster
        self._inside = self._channel(cluster.egress)
        self._outside = self._channel(cluster.outside.port)

    def _channel(self, port):
        # What the channel tried again would not be seen to fail.
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_retries", 0)])
        self._stack.push_async_callback(channel.close)
        return channel

    def client(self):
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{self._cluster.outside.port}/api/v1", timeout=10)
        self._stack.push_async_callback(client.aclose)
        return client

    def get(self, path):
        client = self.client()

        async def get():
            answer = await client.get(path)
            assert answer.status_code == 200, answer.text

        return get

    def post(self, path, bodies, counted):
        client = self.client()

        async def post():
            answer = await client.post(path, json=next(bodies))
            assert answer.status_code in (200, 201), answer.text
            self.acknowledged += counted(answer.json())

        return post


class ThresholdsCallers(Callers):
    def calls(self):
        stubs = [threshold_service_pb2_grpc.ThresholdServiceStub(c) for c in (self._inside, self._outside)]
        request = threshold_service_pb2.ListThresholdsRequest()
        mappings = ({"sensor_id": f"m-{n}", "threshold_id": 1} for n in itertools.count())
        return [
            ("gRPC from inside", lambda: stubs[0].ListThresholds(request)),
            ("gRPC from outside", lambda: stubs[1].ListThresholds(request)),
            ("GET that is kept", self.get("/thresholds/")),
            ("GET", self.get("/thresholds/?limit=100")),
            ("POST", self.post("/mappings/", mappings, lambda answer: 1)),
        ]

    def watches(self):
        stub = threshold_service_pb2_grpc.ThresholdServiceStub(self._inside)

        async def follow():
            async for _ in stub.WatchChanges(threshold_service_pb2.WatchChangesRequest()):
                pass

        return [("watch", follow)]

    async def stored(self, connection):
        return await connection.fetchval("SELECT count(*) FROM thresholds.mapping WHERE sensor_id LIKE 'm-%'")


class RealtimeCallers(Callers):
    def calls(self):
        stubs = [realtime_service_pb2_grpc.RealtimeServiceStub(c) for c in (self._inside, self._outside)]
        request = realtime_service_pb2.GetMeasurementsRequest()
        return [
            ("gRPC from inside", lambda: stubs[0].GetMeasurements(request)),
            ("gRPC from outside", lambda: stubs[1].GetMeasurements(request)),
            ("GET", self.get("/realtime/")),
            ("POST", self.post("/realtime/readings", iter(_readings, None), lambda answer: answer["accepted"])),
        ]

    def watches(self):
        self.resumed = []
        return [("watch", self._watch()), ("server-sent events", self._events())]

    def _watch(self):
        stub = realtime_service_pb2_grpc.RealtimeServiceStub(self._inside)
        message, token = realtime_service_pb2.WatchMeasurementsResponse(), ""

        async def follow():
            nonlocal message, token
            first = True
            async for message in stub.WatchMeasurements(
                realtime_service_pb2.WatchMeasurementsRequest(resume_token=token)
            ):
                if first and token:
                    self.resumed.append(message.kind)
                first, token = False, message.resume_token
            assert message.kind == message.END, "the stream was cut off"

        return follow

    def _events(self):
        client, token = self.client(), ""

        async def follow():
            nonlocal token
            event = {"kind": "nothing"}
            parameters = {"resume_token": token} if token else {}
            async with client.stream("GET", "/realtime/watch", params=parameters, timeout=None) as answer:
                assert answer.status_code == 200, await answer.aread()
                async for line in answer.aiter_lines():
                    if line.startswith("data: "):
                        event = json.loads(line.removeprefix("data: "))
                        token = event["resume_token"]
            assert event["kind"] == "END", "the events were cut off"

        return follow

    async def stored(self, connection):
        return await connection.fetchval("SELECT count(*) FROM realtime.readings")


def _readings():
    moment = datetime.now(UTC).isoformat()
    return {"readings": [{"sensor_id": SENSOR, "capture_time": moment, "temperature": 33.0, "humidity": 60.0}]}


CALLERS = {"thresholds": ThresholdsCallers, "realtime": RealtimeCallers}


@pytest.mark.timeout(300 if ROUNDS == 1 else 900)
async def test_pods_are_restarted_one_after_the_other_and_no_call_fails(clusters, admin_url):
    callers: dict[str, Any] = {}
    everybody: dict[str, Any] = {}
    async with AsyncExitStack() as stack:
        for name, kind in CALLERS.items():
            callers[name] = kind(clusters[name], stack)
            running = traffic(callers[name].calls(), callers[name].watches())
            everybody[name] = await stack.enter_async_context(running)
        await asyncio.sleep(AROUND_S)
        for nth in list(range(len(ADDRESSES))) * ROUNDS:
            restarts = [cluster.restart(cluster.pods[nth], STOPPING) for cluster in clusters.values()]
            assert await asyncio.gather(*restarts) == [[0, 0]] * len(clusters)
            await asyncio.sleep(AROUND_S)
    connection = await asyncpg.connect(admin_url)
    for name, caller in callers.items():
        assert everybody[name].failed == []
        assert everybody[name].answered["watch"] > 0, "no stream ended in good order"
        assert await caller.stored(connection) == caller.acknowledged > 0
        print(name, dict(everybody[name].answered))
    await connection.close()
    assert callers["realtime"].resumed, "no stream went on elsewhere"
