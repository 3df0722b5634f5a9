"""The realtime service between real neighbours, on a real database, as a gRPC client sees it."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from functools import partial

import asyncpg
import grpc
import pytest
from montrg.realtime.v1 import ingest_service_pb2 as ingest_pb2
from montrg.realtime.v1 import ingest_service_pb2_grpc, realtime_service_pb2_grpc
from montrg.realtime.v1 import realtime_service_pb2 as pb2
from montrg.thresholds.v1 import threshold_service_pb2, threshold_service_pb2_grpc

from services.location.app import APP as LOCATION
from services.realtime.app import APP as REALTIME
from services.thresholds.app import APP as THRESHOLDS
from tests.conftest import service_url
from tests.support import directory
from tests.support.directory import make_place
from tests.support.mesh import eventually, running_mesh
from tests.support.oracle import ORACLE, legal_level


@pytest.fixture(scope="module")
async def mesh(admin_url):
    async with running_mesh(admin_url) as mesh:
        yield mesh


@pytest.fixture(scope="module")
async def stubs(mesh):
    async with AsyncExitStack() as stack:

        async def stub(app, factory):
            return factory(await stack.enter_async_context(grpc.aio.insecure_channel(mesh.url(app))))

        yield {
            "thresholds": await stub(THRESHOLDS, threshold_service_pb2_grpc.ThresholdServiceStub),
            "ingest": await stub(REALTIME, ingest_service_pb2_grpc.IngestServiceStub),
            "realtime": await stub(REALTIME, realtime_service_pb2_grpc.RealtimeServiceStub),
        }


@pytest.fixture(scope="module")
async def location(mesh):
    async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        yield channel


@pytest.fixture(scope="module")
async def place(location):
    await make_place(location, factory="제1공장", building="B1", floor=-1, area="도장")
    return "A-1"


@pytest.fixture
def register(location, place):
    return partial(directory.register, location)


def reading(sensor_id, moment=None, temperature=33.0, humidity=60.0, **more):
    moment = moment or datetime.now(UTC).replace(microsecond=0)
    return ingest_pb2.Reading(
        sensor_id=sensor_id, capture_time=moment, temperature=temperature, humidity=humidity, **more
    )


async def write(stubs, *rows):
    return await stubs["ingest"].WriteReadings(ingest_pb2.WriteReadingsRequest(readings=rows))


async def shown(stubs):
    answer = await stubs["realtime"].GetMeasurements(pb2.GetMeasurementsRequest())
    return answer, {measurement.sensor_id: measurement for measurement in answer.measurements}


async def test_the_oracle_values_come_out_with_their_levels(stubs, register):
    rows = []
    for index, (temperature, humidity, _) in enumerate(ORACLE):
        await register(f"oracle-{index}")
        rows.append(reading(f"oracle-{index}", temperature=temperature, humidity=humidity))
    written = await write(stubs, *rows)
    assert written.accepted == len(ORACLE), written
    answer, measured = await shown(stubs)
    assert list(answer.degraded) == []
    for index, (_, humidity, expected) in enumerate(ORACLE):
        measurement = measured[f"oracle-{index}"]
        metric = measurement.metrics.pcv_temperature
        assert (metric.value, metric.level) == (expected, legal_level(expected))
        assert measurement.quality == (pb2.Measurement.SUSPECT if humidity > 99 else pb2.Measurement.GOOD)
        assert (measurement.location.factory, measurement.location.floor) == ("제1공장", -1)
        # No limits are set for the air temperature: that is unset, never "normal".
        assert not measurement.metrics.temperature.HasField("status")


async def test_each_row_has_its_own_outcome_and_a_batch_can_be_sent_again(stubs, register):
    await register("rows")
    await register("asleep", is_active=False)
    now = datetime.now(UTC).replace(microsecond=0)
    batch = [
        reading("rows", now),
        reading("rows", now),
        reading("rows", now, temperature=34.0),
        reading("nobody", now),
        reading("asleep", now),
        reading("rows", now - timedelta(minutes=1), humidity=130.0),
        reading("rows", now - timedelta(minutes=2)),
    ]
    first = await write(stubs, *batch)
    outcomes = {o.index: (ingest_pb2.RowOutcome.Outcome.Name(o.outcome), o.field) for o in first.outcomes}
    assert outcomes == {
        1: ("DUPLICATE", ""),
        2: ("CONFLICT", "capture_time"),
        3: ("REJECTED", "sensor_id"),
        4: ("REJECTED", "sensor_id"),
        5: ("REJECTED", "humidity"),
    }
    again = await write(stubs, *batch)
    assert (again.accepted, again.duplicate, again.conflict, again.rejected) == (0, 3, 1, 3)
    late = await write(stubs, reading("rows", now - timedelta(days=700)))
    assert (late.late, late.accepted) == (1, 0)


async def test_one_sensors_series_is_paged_without_loss(stubs, register):
    await register("series")
    start = datetime(2013, 7, 15, tzinfo=UTC)
    await write(stubs, *(reading("series", start + timedelta(hours=hour)) for hour in range(25)))
    times, token = [], ""
    while True:
        request = ingest_pb2.ListReadingsRequest(sensor_id="series", limit=10, page_token=token)
        page = await stubs["ingest"].ListReadings(request)
        times += [r.capture_time.ToDatetime(UTC) for r in page.readings]
        token = page.next_page_token
        if not token:
            break
    assert times == [start + timedelta(hours=hour) for hour in range(25)]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stubs["ingest"].ListReadings(ingest_pb2.ListReadingsRequest(sensor_id="nobody"))
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND


async def test_a_sensor_silent_since_yesterday_is_still_there_and_stale(stubs, register):
    await register("silent")
    await write(stubs, reading("silent", datetime.now(UTC) - timedelta(days=1)))
    _, measured = await shown(stubs)
    assert measured["silent"].quality == pb2.Measurement.STALE


async def test_filters_fit_and_an_unknown_place_is_not_found(stubs, register):
    await register("filtered")
    await write(stubs, reading("filtered"))
    here = await stubs["realtime"].GetFactoryMeasurements(pb2.GetFactoryMeasurementsRequest(factory="제1공장"))
    assert "filtered" in [m.sensor_id for m in here.measurements]
    floor = await stubs["realtime"].GetFloorMeasurements(pb2.GetFloorMeasurementsRequest(floor=-1))
    assert "filtered" in [m.sensor_id for m in floor.measurements]
    for call in (
        stubs["realtime"].GetFloorMeasurements(pb2.GetFloorMeasurementsRequest(floor=9)),
        stubs["realtime"].GetPlaceMeasurements(pb2.GetPlaceMeasurementsRequest(loc_id="nowhere")),
        stubs["realtime"].GetLocationMeasurements(pb2.GetLocationMeasurementsRequest(factory="제1공장", floor=9)),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert caught.value.code() == grpc.StatusCode.NOT_FOUND


async def test_a_changed_limit_is_judged_by_at_once(stubs, register):
    await register("limit")
    await write(stubs, reading("limit", temperature=30.0, humidity=44.0))
    new = threshold_service_pb2.Threshold(threshold_type="humidity", level="red", min_value=40)
    created = await stubs["thresholds"].CreateThreshold(threshold_service_pb2.CreateThresholdRequest(threshold=new))

    async def is_red():
        _, measured = await shown(stubs)
        return measured["limit"].metrics.humidity.level == "red"

    await eventually(is_red, seconds=1.0)
    delete = threshold_service_pb2.DeleteThresholdRequest(threshold_id=created.threshold_id)
    await stubs["thresholds"].DeleteThreshold(delete)


async def test_with_the_neighbours_away_the_last_known_is_used_and_said(mesh, stubs, register):
    await register("degraded")
    await write(stubs, reading("degraded", temperature=38.0, humidity=50.0))
    await mesh.stop(THRESHOLDS)
    await mesh.stop(LOCATION)

    async def says_so():
        answer, _ = await shown(stubs)
        return len(answer.degraded) == 2

    await eventually(says_so)
    answer, measured = await shown(stubs)
    assert [words.split()[0] for words in answer.degraded] == ["LOCATION_STALE", "THRESHOLDS_STALE"]
    assert measured["degraded"].metrics.pcv_temperature.level == "red"
    written = await write(stubs, reading("degraded", datetime.now(UTC)), reading("unheard-of"))
    assert (written.accepted, written.unavailable, written.rejected) == (1, 1, 0)

    await mesh.start(THRESHOLDS)
    await mesh.start(LOCATION)

    async def recovered():
        answer, _ = await shown(stubs)
        return not answer.degraded

    await eventually(recovered)
    assert (await write(stubs, reading("unheard-of"))).rejected == 1


async def test_the_role_can_neither_drop_its_tables_nor_read_its_neighbours(admin_url, mesh):
    connection = await asyncpg.connect(service_url(admin_url, "realtime"))
    try:
        for statement in ("DROP TABLE realtime.latest", "SELECT * FROM thresholds.threshold", "CREATE TABLE x (y int)"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)
    finally:
        await connection.close()


async def test_retention_drops_whole_partitions_and_refuses_what_it_dropped(admin_url, stubs, register):
    await register("old")
    old = datetime(2001, 3, 5, tzinfo=UTC)
    assert (await write(stubs, reading("old", old))).accepted == 1
    connection = await asyncpg.connect(admin_url)
    try:
        assert await connection.fetchval("SELECT realtime.drop_partitions('2001-04-01Z')") == 1
    finally:
        await connection.close()
    refused = await write(stubs, reading("old", old))
    assert (refused.rejected, "FROZEN" in refused.outcomes[0].reason) == (1, True)


async def test_where_a_setting_says_so_an_unknown_sensor_is_registered_and_its_reading_kept(admin_url, place):
    async with (
        running_mesh(admin_url, MONTRG_REGISTER_UNKNOWN_AT=place) as mesh,
        grpc.aio.insecure_channel(mesh.url(REALTIME)) as channel,
    ):
        stub = ingest_service_pb2_grpc.IngestServiceStub(channel)
        request = ingest_pb2.WriteReadingsRequest(readings=[reading("newcomer"), reading("not/a/name")])
        answer = await stub.WriteReadings(request)
        assert (answer.accepted, answer.rejected) == (1, 1), answer
        stored = await stub.ListReadings(ingest_pb2.ListReadingsRequest(sensor_id="newcomer"))
        assert [row.loc_id for row in stored.readings] == [place]
