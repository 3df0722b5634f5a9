"""The replay over gRPC against the real services."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest

from services.common.channels import connect
from services.location.app import APP as LOCATION
from services.realtime.app import APP as REALTIME
from services.replay import client
from services.replay.record import Row, Values
from services.replay.stations import STATIONS
from tests.support.mesh import running_mesh

EWR = STATIONS[0]
FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
async def mesh(admin_url):
    async with (
        running_mesh(admin_url) as running,
        connect(running.url(LOCATION)) as location,
        connect(running.url(REALTIME)) as realtime,
    ):
        yield client.Mesh(location, realtime, 10)


async def test_stations_can_be_registered_again_and_their_readings_sent_again(mesh):
    for _ in range(2):
        for station in STATIONS:
            await mesh.register(station)
    assert not await mesh.has_readings(EWR)
    rows = [Row(FIRST + timedelta(hours=hour), EWR.name, Values(93.92, 47.64)) for hour in range(48)]
    for _ in range(2):
        await mesh.write(rows)
    assert await mesh.has_readings(EWR)


async def test_a_refused_row_is_logged_and_does_not_stop_the_replay(mesh, caplog):
    await mesh.write([Row(FIRST, "nobody", Values(80, 50))])
    assert "readings refused" in caplog.text


class Away(grpc.aio.AioRpcError):
    def __init__(self, code):
        super().__init__(code, grpc.aio.Metadata(), grpc.aio.Metadata())


async def test_a_mesh_that_is_away_is_waited_for(monkeypatch):
    monkeypatch.setattr(client, "FIRST_WAIT_S", 0.001)
    outcomes = [Away(grpc.StatusCode.UNAVAILABLE), Away(grpc.StatusCode.DEADLINE_EXCEEDED), "answer"]

    async def call():
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    assert await client.patiently(call) == "answer"


async def test_an_error_that_waiting_does_not_mend_is_raised():
    async def call():
        raise Away(grpc.StatusCode.INVALID_ARGUMENT)

    with pytest.raises(grpc.aio.AioRpcError):
        await client.patiently(call)
