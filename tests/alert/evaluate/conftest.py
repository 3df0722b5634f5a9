"""The services with alert on a database of the module's own."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest
from montrg.realtime.v1 import ingest_service_pb2 as ingest_pb2
from montrg.realtime.v1 import ingest_service_pb2_grpc

from services.location.app import APP as LOCATION
from services.realtime.app import APP as REALTIME
from services.thresholds.app import APP as THRESHOLDS
from tests.support.directory import make_place
from tests.support.mesh import alerting_mesh, eventually
from tests.support.reading_log import prepared


@pytest.fixture(scope="module")
async def connection(admin_url):
    """The admin's connection."""
    async with prepared(admin_url) as connection:
        yield connection


@pytest.fixture(scope="module")
def settings():
    """The alert service's; a module may have others."""
    return {}


@pytest.fixture(scope="module")
async def mesh(admin_url, connection, settings):
    """The services, once everything is judged; there is a place A-1, and no sensor yet."""
    async with alerting_mesh(admin_url, **settings) as mesh:
        async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
            await make_place(channel, "A-1", factory="Newark")

        async def judged():
            return await connection.fetchval("SELECT count(*) = 16 AND min(rule_revision) > 0 FROM alert.evaluation")

        await eventually(judged)
        yield mesh


@pytest.fixture(scope="module")
async def location(mesh):
    """A channel to location."""
    async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        yield channel


@pytest.fixture(scope="module")
async def thresholds(mesh):
    """A channel to thresholds."""
    async with grpc.aio.insecure_channel(mesh.url(THRESHOLDS)) as channel:
        yield channel


@pytest.fixture(scope="module")
async def write(mesh):
    """Sends readings of one sensor as (seconds from now, perceived temperature), once realtime knows the sensor.

    What else is measured is made up, unless it is given for all of them. Where it matters what lies between readings
    that are sent one after the other, they are given the same `now`.
    """
    async with grpc.aio.insecure_channel(mesh.url(REALTIME)) as channel:
        ingest = ingest_service_pb2_grpc.IngestServiceStub(channel)

        async def send(sensor_id, *rows, now=None, **fields):
            now = now or datetime.now(UTC)
            # The temperature is never the same as the perceived one.
            values = [(at, {"temperature": value - 2, "humidity": 50 + at % 7} | fields, value) for at, value in rows]
            readings = [
                ingest_pb2.Reading(
                    sensor_id=sensor_id, capture_time=now + timedelta(seconds=at), pcv_temperature=value, **measured
                )
                for at, measured, value in values
            ]

            async def taken():
                answer = await ingest.WriteReadings(ingest_pb2.WriteReadingsRequest(readings=readings))
                return answer.accepted + answer.duplicate == len(readings)

            await eventually(taken)

        yield send


@pytest.fixture(scope="module")
async def story(connection):
    """What has become of a sensor's alerts: its events in order, as `alert_type event:level`."""

    async def read(sensor_id):
        rows = await connection.fetch(
            "SELECT alert_type, event_type, level FROM alert.alert_event WHERE sensor_id = $1"
            " ORDER BY alert_id, event_seq",
            sensor_id,
        )
        return [f"{row['alert_type']} {row['event_type']}:{row['level']}" for row in rows]

    return read


@pytest.fixture(scope="module")
def come_to(story):
    """Waits until a sensor's alerts have come to something."""

    async def wait(sensor_id, *wanted, seconds=15.0):
        found: list[str] = []

        async def there():
            found[:] = await story(sensor_id)
            return found == list(wanted)

        try:
            await eventually(there, seconds)
        except AssertionError as error:
            raise AssertionError(f"{sensor_id}: {found} in place of {wanted}") from error

    return wait


@pytest.fixture(scope="module")
def followed(connection):
    """Waits until all that is in the log has been judged."""

    async def wait():
        async def there():
            last = await connection.fetchval("SELECT coalesce(max(seq), 0) FROM realtime.reading_log")
            return (await connection.fetchval("SELECT min(seq) FROM alert.log_cursor") or 0) >= last

        await eventually(there, 60.0)

    return wait
