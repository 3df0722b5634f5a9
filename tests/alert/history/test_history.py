"""Delivery to the real history service, which is stopped and started while things happen."""

import asyncio

import pytest

from services.alert_history.app import APP as HISTORY
from tests.alert.history.test_delivery import live_through
from tests.support.mesh import Mesh, eventually, start_beside

_SAME = "alert_id, event_seq, event_id::text, event_time, actor, note, measured_value, sensor_id, loc_id, floor"


@pytest.fixture
async def mesh(admin_url, connection):
    mesh = Mesh(admin_url)
    await start_beside(mesh, "alert")
    yield mesh
    await mesh.close()


async def test_what_a_restarted_history_has_is_what_happened(mesh, connection, admin_url):
    writing = asyncio.gather(*(live_through(admin_url, number, 100) for number in range(3)))
    restarts = 0
    while not writing.done():
        await mesh.stop(HISTORY)
        await mesh.start(HISTORY)
        restarts += 1
    await writing

    async def all_marked():
        return not await connection.fetchval("SELECT count(*) FROM alert.alert_event WHERE NOT delivered")

    await eventually(all_marked, 30.0)
    stored = await connection.fetch(f"SELECT {_SAME} FROM alert.alert_event ORDER BY 1, 2")
    assert await connection.fetch(f"SELECT {_SAME} FROM alert_history.event ORDER BY 1, 2") == stored
    assert len(stored) == 300
    assert restarts > 1
