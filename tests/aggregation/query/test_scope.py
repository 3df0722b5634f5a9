"""A caller who may see some factories is told of what was measured there alone, whatever is asked."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import orjson
import pytest
from montrg.aggregation.v1 import aggregation_json_service_pb2_grpc
from montrg.aggregation.v1 import aggregation_service_pb2 as pb2

from services.aggregation.app import APP as AGGREGATION
from services.location.app import APP as LOCATION
from tests.support.callers import person
from tests.support.directory import make_place, register
from tests.support.rollups import all_is_well

NOON = datetime(2024, 6, 3, 3, tzinfo=UTC)
DAY: dict[str, Any] = {"start_date": "20240603"}
# are in F1 of P, B-1 in F2 of P, Q-1 in F1 of Q, N-1 in F1 of no plant; nobody knows where `gone` is.
SEEN = {
    ("*",): {"A-1", "A-2", "B-1", "Q-1", "N-1", "gone"},
    ("F1",): {"A-1", "A-2", "Q-1", "N-1"},
    ("P > *",): {"A-1", "A-2", "B-1"},
    ("P > F1",): {"A-1", "A-2"},
    (" > F1", "F2"): {"N-1", "B-1"},
    (): set(),
}
scopes = pytest.mark.parametrize("factories", SEEN)
_MORE = """
WITH more AS (INSERT INTO aggregation.series (sensor_id, loc_id, shard) VALUES ('old', 'gone', 0), ('A-1', 'B-1', 0)
              RETURNING series_id)
INSERT INTO aggregation.hourly
SELECT series_id, '2024-06-03 03:00Z', '2024-06-03', 12, 0, 1, 0, 2000, 5000, 0, 0, 2000, 5000, NULL,
    '2024-06-03 03:00Z', 2000, 5000, NULL, '2024-06-03 03:00Z'
FROM more
"""


@pytest.fixture(scope="module", autouse=True)
async def written(mesh, connection, write, ask):
    """A reading at each place; at B-1 there once was the sensor A-1, too."""
    async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        for loc_id, plant in (("Q-1", "Q"), ("N-1", "")):
            await make_place(channel, loc_id, plant=plant, factory="F1")
            await register(channel, loc_id, loc_id=loc_id)
    sensors = ("A-1", "A-2", "B-1", "Q-1", "N-1")
    assert (await write(*((name, NOON, 20.0, 50.0) for name in sensors))).accepted == len(sensors)
    await all_is_well(connection, ask)
    await connection.execute(_MORE)


@pytest.fixture(scope="module")
async def json_stub(mesh):
    async with grpc.aio.insecure_channel(mesh.url(AGGREGATION)) as channel:
        yield aggregation_json_service_pb2_grpc.AggregationJsonServiceStub(channel)


def places(answer):
    return {entry.loc_id for entry in answer.locations}


def readings(answer):
    return [sum(row.readings for row in entry.date) for entry in answer.locations]


def series(**fields):
    return pb2.QueryTimeSeriesRequest(start_time=NOON, end_time=NOON + timedelta(hours=1), **{"step": "1h"} | fields)


async def not_found(call):
    """The words in which something is said not to be there."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND
    return caught.value.details()


@scopes
async def test_rows_are_those_of_own_factories(stub, json_stub, factories):
    request = pb2.GetAggregationRequest(**DAY)
    assert places(await stub.GetAggregation(request, metadata=person(*factories))) == SEEN[factories]
    answer = orjson.loads((await json_stub.GetAggregation(request, metadata=person(*factories))).data)
    assert {entry["loc_id"] for entry in answer["locations"]} == SEEN[factories]


@scopes
async def test_a_place_elsewhere_is_as_if_it_never_was(stub, json_stub, factories):
    for service in (stub, json_stub):
        for loc_id in SEEN["*",]:
            request = pb2.GetLocationAggregationRequest(location_id=loc_id, **DAY)
            call = service.GetLocationAggregation(request, metadata=person(*factories))
            if loc_id in SEEN[factories]:
                await call
                continue
            missing = pb2.GetLocationAggregationRequest(location_id="unheard-of", **DAY)
            words = await not_found(service.GetLocationAggregation(missing, metadata=person(*factories)))
            assert await not_found(call) == words.replace("unheard-of", loc_id)


async def test_places_are_put_together_from_own_ones_alone(stub, json_stub):
    request = pb2.GetFactoryAggregationRequest(factory="F1", **DAY)
    for factories, count, plant in ((("*",), 4, ""), (("F1",), 4, ""), (("P > F1",), 2, "P"), (("Q > *",), 1, "Q")):
        answer = await stub.GetFactoryAggregation(request, metadata=person(*factories))
        assert (readings(answer), answer.locations[0].plant) == ([count], plant), factories
        answer = orjson.loads((await json_stub.GetFactoryAggregation(request, metadata=person(*factories))).data)
        assert sum(row["readings"] for row in answer["locations"][0]["date"]) == count
    building = pb2.GetBuildingAggregationRequest(factory="F1", building="B", **DAY)
    assert readings(await stub.GetBuildingAggregation(building, metadata=person("P > *"))) == [2]
    floor = pb2.GetFloorAggregationRequest(factory="F1", building="B", floor=2, **DAY)
    assert readings(await stub.GetFloorAggregation(floor, metadata=person("P > F1"))) == [1]
    assert "factory 'F1'" in await not_found(stub.GetFloorAggregation(floor, metadata=person("Q > *")))


async def test_a_factory_elsewhere_is_as_if_it_never_was(stub, json_stub):
    for service in (stub, json_stub):
        for factories in ((), ("F1",), ("Q > *", "P > F1")):
            words = [
                await not_found(call(request(factory=factory, **DAY, **more), metadata=person(*factories)))
                for call, request, more in (
                    (service.GetFactoryAggregation, pb2.GetFactoryAggregationRequest, {}),
                    (service.GetBuildingAggregation, pb2.GetBuildingAggregationRequest, {"building": "B"}),
                    (service.GetFloorAggregation, pb2.GetFloorAggregationRequest, {"building": "B", "floor": 1}),
                )
                for factory in ("F2", "unheard-of")
            ]
            assert words[::2] == [word.replace("unheard-of", "F2") for word in words[1::2]]


@scopes
async def test_a_file_has_own_factories(stub, factories):
    call = stub.ExportAggregation(pb2.ExportAggregationRequest(**DAY), metadata=person(*factories))
    rows = csv.DictReader(io.StringIO(b"".join([part.data async for part in call]).decode()))
    assert {row["loc_id"] for row in rows} == SEEN[factories]


async def test_a_file_of_a_factory_has_its_own_places_and_elsewhere_there_is_none(stub):
    async def take(*factories, **where):
        call = stub.ExportAggregation(pb2.ExportAggregationRequest(**DAY, **where), metadata=person(*factories))
        text = b"".join([part.data async for part in call]).decode()
        return {row["loc_id"] for row in csv.DictReader(io.StringIO(text))}

    assert await take("P > *", factory="F1") == {"A-1", "A-2"}
    assert "never was" in await not_found(take("P > *", loc_id="Q-1"))
    assert "never was" in await not_found(take("F1", factory="F2"))
    assert "never was" in await not_found(take("F1", loc_id="gone"))


@scopes
@pytest.mark.parametrize("step", ["1h", "30min"])
async def test_series_are_those_of_own_factories(stub, factories, step):
    # What nobody keeps any more is not among the readings that short steps are made of.
    own = SEEN[factories] - ({"gone"} if step == "30min" else set())
    answer = await stub.QueryTimeSeries(series(step=step), metadata=person(*factories))
    assert {one.loc_id for one in answer.series} == own
    call = stub.StreamTimeSeries(pb2.StreamTimeSeriesRequest(query=series(step=step)), metadata=person(*factories))
    assert {one.loc_id async for one in call if any(not p.gap for p in one.points)} == own


async def test_series_of_all_count_own_places_alone(stub):
    for factories, count in ((("*",), 7), (("P > F1",), 2), (("F2",), 2)):
        answer = await stub.QueryTimeSeries(series(group_by="all"), metadata=person(*factories))
        assert sum(point.readings for one in answer.series for point in one.points) == count, factories
    assert not (await stub.QueryTimeSeries(series(group_by="all"), metadata=person())).series


async def test_a_sensor_is_where_it_measured_and_elsewhere_as_if_it_never_was(stub):
    async def where(*factories, sensor_id="A-1", **fields):
        request = series(sensor_id=sensor_id, **fields)
        answer = await stub.QueryTimeSeries(request, metadata=person(*factories))
        return {one.loc_id for one in answer.series}

    assert await where("*") == {"A-1", "B-1"}
    assert await where("P > F1") == {"A-1"}
    assert await where("F2") == {"B-1"}
    words = await not_found(where("Q > *", sensor_id="unheard-of"))
    assert await not_found(where("Q > *")) == words.replace("unheard-of", "A-1")
    assert "never was a place" in await not_found(where("F2", loc_id="A-1"))
    await not_found(where("P > *", sensor_id="old"))
