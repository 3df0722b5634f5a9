"""Real services on a real database behind a gate, and clients of two workers of realtime."""

from datetime import UTC, datetime
from functools import partial

import grpc
import pytest
from montrg.location.v1 import sensor_service_pb2, sensor_service_pb2_grpc
from montrg.realtime.v1 import ingest_service_pb2 as ingest_pb2
from montrg.realtime.v1 import ingest_service_pb2_grpc, realtime_service_pb2_grpc
from montrg.realtime.v1 import realtime_service_pb2 as pb2
from montrg.thresholds.v1 import threshold_service_pb2_grpc
from sqlalchemy.engine import make_url

from services.location.app import APP as LOCATION
from services.realtime.app import APP as REALTIME
from services.thresholds.app import APP as THRESHOLDS
from tests.support import directory
from tests.support.directory import make_place
from tests.support.gate import open_gate
from tests.support.mesh import running_mesh
from tests.support.worker import PATIENCE_S, Watcher, Worker, through_gate

PLACES = {"A-1": "F1", "A-2": "F1", "B-1": "F2"}
Message = pb2.WatchMeasurementsResponse


class LiveWorker(Worker):
    """A process of realtime, as far as a test can tell."""

    async def start(self):
        await super().start()
        self.realtime = realtime_service_pb2_grpc.RealtimeServiceStub(self.channel)
        self.ingest = ingest_service_pb2_grpc.IngestServiceStub(self.channel)

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
        return LiveWatcher(self.realtime.WatchMeasurements(pb2.WatchMeasurementsRequest(**wanted)), Message)


class LiveWatcher(Watcher):
    """One who watches measurements, which are shown by sensor."""

    def take(self, message):
        self.shown |= {m.sensor_id: m for m in message.measurements}
        for name in message.removed:
            self.shown.pop(name, None)


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
    variables = through_gate(gate, admin_url, "realtime") | {
        "LOCATION_SERVICE_URL": mesh.url(LOCATION),
        "THRESHOLDS_SERVICE_URL": mesh.url(THRESHOLDS),
        "MONTRG_GRACE_S": "5",
    }
    return lambda: LiveWorker(REALTIME, admin_url, variables)


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
