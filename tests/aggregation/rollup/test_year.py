"""The recorded year: every hour, day and month of every station, against plain SQL over the raw readings."""

from datetime import UTC, datetime

import grpc
import pytest

from services.location.app import APP as LOCATION
from services.realtime.app import APP as REALTIME
from services.replay import record
from services.replay.client import Mesh
from services.replay.stations import STATIONS
from tests.support.rollups import assert_rollups_are_right, followed

END = datetime(2026, 7, 15, 3, 30, tzinfo=UTC)
BATCH = 2_000


@pytest.fixture(scope="module")
async def imported(mesh, connection):
    """The rows that the replay imports as history."""
    async with (
        grpc.aio.insecure_channel(mesh.url(LOCATION)) as location,
        grpc.aio.insecure_channel(mesh.url(REALTIME)) as realtime,
    ):
        replay = Mesh(location, realtime, 10)
        for station in STATIONS:
            await replay.register(station)
        rows = record.history(record.load(), END)
        for begin in range(0, len(rows), BATCH):
            await replay.write(rows[begin : begin + BATCH])
    await followed(connection)
    return rows


async def test_every_rollup_of_the_imported_year_is_right(connection, imported):
    assert await connection.fetchval("SELECT count(*) FROM realtime.readings") == len(imported) > 26_000
    assert await assert_rollups_are_right(connection) > 27_000
    days = "SELECT count(DISTINCT day) AS days FROM aggregation.daily GROUP BY series_id"
    assert [row["days"] for row in await connection.fetch(days)] == [365] * len(STATIONS)
