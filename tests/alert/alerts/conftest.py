"""Workers of alert on a real database behind a gate, beside a real location service."""

import asyncpg
import grpc
import pytest
from montrg.alert.v1 import alert_service_pb2 as pb2
from montrg.alert.v1 import alert_service_pb2_grpc
from sqlalchemy.engine import make_url

from services.alert.app import APP as ALERT
from services.location.app import APP as LOCATION
from tests.support.directory import make_place, register
from tests.support.gate import open_gate
from tests.support.mesh import running_mesh
from tests.support.worker import Watcher, Worker, through_gate

PLACES = {"A-1": "F1", "A-2": "F1", "B-1": "F2"}
SENSORS = {"S-1": "A-1", "S-2": "A-2"}


class AlertWorker(Worker):
    """A process of alert, as far as a test can tell."""

    async def start(self):
        await super().start()
        self.alerts = alert_service_pb2_grpc.AlertServiceStub(self.channel)

    def watch(self, **wanted):
        return AlertWatcher(self.alerts.WatchAlerts(pb2.WatchAlertsRequest(**wanted)), pb2.WatchAlertsResponse)

    async def create(self, actor="", idempotency_key="", **fields):
        given = {"loc_id": "A-1", "alert_level": "red", "message": "smoke"} | fields
        alert = pb2.Alert(**given)
        request = pb2.CreateAlertRequest(alert=alert, actor=actor, idempotency_key=idempotency_key)
        return await self.alerts.CreateAlert(request)

    async def get(self, alert_id):
        return await self.alerts.GetAlert(pb2.GetAlertRequest(alert_id=alert_id))


class AlertWatcher(Watcher):
    """One who watches alerts: shown are those that are not cleared."""

    def take(self, message):
        for alert in message.alerts:
            self.shown[alert.alert_id] = alert
            if alert.state == pb2.Alert.CLEARED:
                del self.shown[alert.alert_id]

    async def levels(self, **wanted):
        """Reads on until these alerts are shown with these levels, or not at all."""
        ids = {int(name[1:]): level for name, level in wanted.items()}
        await self.until(lambda shown: all(getattr(shown.get(i), "alert_level", None) == v for i, v in ids.items()))


@pytest.fixture(scope="module")
async def connection(admin_url):
    """An admin's connection."""
    connection = await asyncpg.connect(admin_url)
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def mesh(admin_url):
    """Location with some places and sensors."""
    async with running_mesh(admin_url) as mesh, grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        for loc_id, factory in PLACES.items():
            await make_place(channel, loc_id, factory=factory)
        for sensor_id, loc_id in SENSORS.items():
            await register(channel, sensor_id, loc_id=loc_id, interval_s=3600)  # none of them ever sends
        yield mesh


@pytest.fixture(scope="module")
async def gate(admin_url):
    url = make_url(admin_url)
    async with open_gate(url.host, url.port) as gate:
        yield gate


@pytest.fixture(scope="module")
def new_worker(admin_url, mesh, gate):
    """Makes workers whose way to the database is the gate."""
    variables = mesh.neighbours_of("alert") | {"MONTRG_GRACE_S": "5"}
    return lambda **more: AlertWorker(ALERT, admin_url, variables | through_gate(gate, admin_url, "alert") | more)


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
