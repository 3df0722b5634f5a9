"""What an answer cannot rely on is said in it; before location was ever heard of no place is said to be missing."""

from datetime import UTC, datetime

import grpc
import pytest
from montrg.aggregation.v1 import aggregation_service_pb2 as pb2

from services.aggregation.app import APP as AGGREGATION
from services.location.app import APP as LOCATION
from services.realtime.app import APP as REALTIME
from tests.support.callers import BelievingGate, person
from tests.support.directory import make_place
from tests.support.mesh import eventually, running_mesh, start_beside
from tests.support.ports import free_ports
from tests.support.refusals import reason

UNKNOWN = (grpc.StatusCode.UNAVAILABLE, "LOCATION_UNKNOWN")


@pytest.fixture(scope="module")
async def mesh(admin_url):
    """Aggregation, which at first reaches neither location nor realtime."""
    (nobody,) = free_ports(1)
    async with running_mesh(admin_url, BelievingGate()) as mesh:
        nowhere = f"127.0.0.1:{nobody}"
        await mesh.start(AGGREGATION, LOCATION_SERVICE_URL=nowhere, REALTIME_SERVICE_URL=nowhere)
        yield mesh


def names(answer):
    return [note.split(":")[0].split(" ")[0] for note in answer.degraded]


async def test_before_location_was_ever_reached_no_place_is_said_to_be_missing(ask):
    assert await reason(ask("2024", location_id="A-1")) == UNKNOWN
    assert await reason(ask("2024", factory="F")) == UNKNOWN
    answer = await ask("2024")
    assert (list(answer.locations), names(answer)[:2]) == ([], ["LOCATION_UNKNOWN", "ROLLUPS_BEHIND"])


async def test_before_location_was_ever_reached_a_caller_of_some_factories_is_not_told_that_there_is_nothing(stub):
    request = pb2.GetAggregationRequest(start_date="2024")
    assert await reason(stub.GetAggregation(request, metadata=person("F"))) == UNKNOWN
    series = pb2.QueryTimeSeriesRequest(start_time=datetime(2024, 6, 3, tzinfo=UTC), step="1mo")
    assert await reason(stub.QueryTimeSeries(series, metadata=person("F"))) == UNKNOWN


async def test_what_is_kept_in_another_zone_or_made_anew_is_said(mesh, connection, ask):
    await mesh.stop(AGGREGATION)
    async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        await make_place(channel, "A-1")
    await connection.execute("INSERT INTO aggregation.site (zone) VALUES ('America/New_York')")
    await connection.execute(
        "INSERT INTO aggregation.series (sensor_id, loc_id, shard) VALUES ('s', 'A-1', 0);"
        "INSERT INTO aggregation.hourly SELECT s.series_id, '2024-06-03 04:00+00', '2024-06-03', 0, 1, 1, 0, 1, 5000,"
        " 0, 0, 1, 5000, NULL, '2024-06-03 04:00+00', 1, 5000, NULL, '2024-06-03 04:00+00' FROM aggregation.series s"
    )
    await start_beside(mesh, "aggregation")
    # So that it stays unfinished, whoever works on backfills.
    await connection.execute(
        "INSERT INTO aggregation.backfill (state, create_time, update_time, worker, lease_until)"
        " VALUES ('RUNNING', now(), now(), 'somebody', 'infinity')"
    )

    async def settled():
        return names(await ask("2024")) == ["ROLLUPS_REBUILDING", "SITE_ZONE_CHANGED"]

    await eventually(settled)
    assert "America/New_York" in (await ask("2024")).degraded[1]
    (entry,) = (await ask("20240603")).locations
    assert (entry.date[0].hour, entry.date[0].start_time.ToDatetime(UTC)) == ("00", datetime(2024, 6, 3, 4, tzinfo=UTC))


async def test_when_location_goes_away_the_last_known_places_are_used_and_said_to_be_old(mesh, ask):
    await mesh.stop(LOCATION)

    async def is_old():
        return names(await ask("2024"))[0] == "LOCATION_STALE"

    await eventually(is_old)
    assert (await ask("20240603", factory="F")).locations
    await mesh.stop(REALTIME)

    async def is_behind():
        return names(await ask("2024"))[1] == "ROLLUPS_BEHIND"

    await eventually(is_behind)
