"""Real services on a real database behind a gate, and clients of two workers of realtime."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any

import grpc
import pytest
from montrg.location.v1 import sensor_service_pb2, sensor_service_pb2_grpc
from montrg.realtime.v1 import ingest_service_pb2 as ingest_pb2
from montrg.realtime.v1 import ingest_service_pb2_grpc, realtime_service_pb2_grpc
from montrg.realtime.v1 import realtime_service_pb2 as pb2
from montrg.thresholds.v1 import threshold_service_pb2_grpc
from sqlalchemy.engine import make_url

from services.common.server import serve
from services.location.app import APP as LOCATION
from services.realtime.app import APP as REALTIME
from services.thresholds.app import APP as THRESHOLDS
from tests.conftest import service_url, settings_of
from tests.support import directory
from tests.support.directory import make_place
from tests.support.gate import open_gate
from tests.support.mesh import running_mesh

PLACES = {"A-1": "F1", "A-2": "F1", "B-1": "F2"}
PATIENCE_S = 15


class Worker:
    """A process of realtime, as far as a test can tell; it can be stopped and started again."""

    def __init__(self, admin_url, variables):
        self._settings = settings_of(admin_url, "realtime", **variables)
        self._stack = AsyncExitStack()
        self._channel: Any
        self.realtime: Any
        self.ingest: Any

    async def start(self):
        port = await self._stack.enter_async_context(serve(REALTIME, *self._settings))
        # The windows of a client on another machine: what is sent must not just disappear in its memory.
        options = [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 65_536)]
        self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=options)
        self.realtime = realtime_service_pb2_grpc.RealtimeServiceStub(self._channel)
        self.ingest = ingest_service_pb2_grpc.IngestServiceStub(self._channel)

    async def stop(self):
        await self._stack.aclose()
        await self._channel.close()

    async def is_well(self):
        """Whether there is nothing that it cannot rely upon."""
        return (await self.get())[1] == []

    async def get(self):
        answer = await self.realtime.GetMeasurements(pb2.GetMeasurementsRequest(), timeout=PATIENCE_S)
        return {m.sensor_id: m for m in answer.measurements}, list(answer.degraded)

    async def at(self, loc_id):
        return await self.realtime.GetPlaceMeasurements(pb2.GetPlaceMeasurementsRequest(loc_id=loc_id))

    async def write(self, *readings):
        answer = await self.ingest.WriteReadings(ingest_pb2.WriteReadingsRequest(readings=readings))
        assert answer.accepted == len(readings), answer

    def watch(self, **wanted):
        return Watcher(self.realtime.WatchMeasurements(pb2.WatchMeasurementsRequest(**wanted)))


class Watcher:
    """A stream, and what has come of it."""

    def __init__(self, call):
        self.call = call
        self.token = ""
        self.shown = {}

    async def next(self):
        """The next message that is no heartbeat; None at the end of the stream."""
        while True:
            async with asyncio.timeout(PATIENCE_S):
                message = await self.call.read()
            if message is grpc.aio.EOF:
                return None
            if message.resume_token:
                self.token = message.resume_token
            if message.kind == pb2.WatchMeasurementsResponse.SNAPSHOT:
                self.shown.clear()
            self.shown |= {m.sensor_id: m for m in message.measurements}
            for name in message.removed:
                self.shown.pop(name, None)
            if message.kind != pb2.WatchMeasurementsResponse.HEARTBEAT:
                return message

    async def until(self, check):
        """Reads on until something is true of what is shown."""
        while not check(self.shown):
            assert await self.next() is not None, "the stream ended before it came true"


def reading(sensor_id, temperature=33.0, moment=None, humidity=60.0):
    moment = moment or datetime.now(UTC)
    return ingest_pb2.Reading(sensor_id=sensor_id, capture_time=moment, temperature=temperature, humidity=humidity)


@pytest.fixture(scope="module")
async def gate(admin_url):
    url = make_url(admin_url)
    async with open_gate(url.host, url.port) as gate:
        yield gate


@pytest.fixture(scope="module")
async def mesh(admin_url):
    """Thresholds and location; its own realtime is not used."""
    async with running_mesh(admin_url) as mesh:
        yield mesh


@pytest.fixture(scope="module")
def new_worker(admin_url, mesh, gate):
    """Makes workers whose way to the database is the gate."""
    through = make_url(service_url(admin_url, "realtime")).set(host="127.0.0.1", port=gate.port)
    variables = {
        "MONTRG_DATABASE_URL": through.render_as_string(hide_password=False),
        "LOCATION_SERVICE_URL": mesh.url(LOCATION),
        "THRESHOLDS_SERVICE_URL": mesh.url(THRESHOLDS),
        "MONTRG_GRACE_S": "5",
    }
    return lambda: Worker(admin_url, variables)


@pytest.fixture(scope="module")
async def workers(new_worker):
    """Two workers on one database."""
    pair = new_worker(), new_worker()
    for worker in pair:
        await worker.start()
    yield pair
    for worker in pair:
        await worker.stop()


@pytest.fixture(scope="module")
def worker(workers):
    return workers[0]


@pytest.fixture(scope="module")
async def thresholds(mesh):
    async with grpc.aio.insecure_channel(mesh.url(THRESHOLDS)) as channel:
        yield threshold_service_pb2_grpc.ThresholdServiceStub(channel)


@pytest.fixture(scope="module")
async def location(mesh):
    """The channel to location, with the places made."""
    async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        for loc_id, factory in PLACES.items():
            await make_place(channel, loc_id, factory=factory)
        yield channel


@pytest.fixture
def register(location):
    return partial(directory.register, location, interval_s=3600)


@pytest.fixture
def update(location):
    sensors = sensor_service_pb2_grpc.SensorServiceStub(location)

    async def update(name, **fields):
        sensor = sensor_service_pb2.Sensor(sensor_id=name, **fields)
        await sensors.UpdateSensor(sensor_service_pb2.UpdateSensorRequest(sensor_id=name, sensor=sensor))

    return update
