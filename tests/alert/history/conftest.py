"""The alert service on a real database, and a receiver of its events."""

import asyncpg
import pytest

from services.alert.app import APP as ALERT
from tests.support.history import Receiver
from tests.support.mesh import eventually
from tests.support.worker import Worker


@pytest.fixture
async def connection(admin_url):
    """An admin's connection to a database without alerts."""
    connection = await asyncpg.connect(admin_url)
    await connection.execute("TRUNCATE alert.alert, alert.alert_event")
    yield connection
    await connection.close()


@pytest.fixture
async def receiver():
    receiver = Receiver()
    await receiver.start()
    yield receiver
    await receiver.stop()


@pytest.fixture
def new_worker(admin_url, receiver):
    """Makes workers that send to the receiver."""
    variables = {"ALERT_HISTORY_SERVICE_URL": f"127.0.0.1:{receiver.port}", "LOCATION_SERVICE_URL": "127.0.0.1:1"}
    return lambda: Worker(ALERT, admin_url, variables)


@pytest.fixture
async def workers(connection, new_worker):
    """Two workers on one database."""
    pair = new_worker(), new_worker()
    for worker in pair:
        await worker.start()
    yield pair
    for worker in pair:
        await worker.stop()


@pytest.fixture
def everything_arrives(connection, receiver):
    """Waits until each stored event is marked, and checks that the receiver has each once and in order."""

    async def all_marked():
        return not await connection.fetchval("SELECT count(*) FROM alert.alert_event WHERE NOT delivered")

    async def check():
        await eventually(all_marked, 60.0)
        rows = await connection.fetch("SELECT alert_id, event_seq, event_id::text FROM alert.alert_event ORDER BY 1, 2")
        got = [(e.alert_id, e.event_seq, e.event_id) for n in sorted(receiver.alerts) for e in receiver.alerts[n]]
        assert got == [tuple(row) for row in rows]
        return len(rows)

    return check
