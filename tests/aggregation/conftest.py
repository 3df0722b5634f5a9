"""The services with aggregation on a database of the module's own."""

from typing import Any

import grpc
import pytest
from montrg.realtime.v1 import ingest_service_pb2 as ingest_pb2
from montrg.realtime.v1 import ingest_service_pb2_grpc

from services.location.app import APP as LOCATION
from services.realtime.app import APP as REALTIME
from tests.support.callers import BelievingGate
from tests.support.directory import make_place, register
from tests.support.mesh import aggregating_mesh
from tests.support.reading_log import prepared

PLACES: dict[str, dict[str, Any]] = {
    "A-1": {"factory": "F1"},
    "A-2": {"factory": "F1", "floor": 2},
    "B-1": {"factory": "F2"},
}


@pytest.fixture(scope="module")
async def connection(admin_url):
    """The admin's connection."""
    async with prepared(admin_url) as connection:
        yield connection


@pytest.fixture(scope="module")
def zone():
    """The site's; a module may have another one."""
    return "Asia/Seoul"


@pytest.fixture(scope="module")
async def mesh(admin_url, connection, zone):
    """Three places, each with a sensor of the same name, and `A-1b` beside the one at A-1."""
    async with aggregating_mesh(admin_url, BelievingGate(), MONTRG_SITE_TZ=zone) as mesh:
        async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
            for loc_id, fields in PLACES.items():
                await make_place(channel, loc_id, **fields)
                await register(channel, loc_id, loc_id=loc_id)
            await register(channel, "A-1b", loc_id="A-1")
        yield mesh


@pytest.fixture(scope="module")
async def write(mesh):
    """Sends readings as (sensor, moment, temperature, humidity), and returns the answer."""
    async with grpc.aio.insecure_channel(mesh.url(REALTIME)) as channel:
        ingest = ingest_service_pb2_grpc.IngestServiceStub(channel)

        async def send(*rows):
            readings = [
                ingest_pb2.Reading(sensor_id=s, capture_time=t, temperature=c, humidity=h) for s, t, c, h in rows
            ]
            return await ingest.WriteReadings(ingest_pb2.WriteReadingsRequest(readings=readings))

        yield send
