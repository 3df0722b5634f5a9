"""What REST callers get is what Envoy would make of the messages that gRPC callers get."""

from datetime import UTC, datetime, timedelta

import grpc
import orjson
import pytest
from google.api.httpbody_pb2 import HttpBody
from google.protobuf.json_format import MessageToDict
from montrg.aggregation.v1 import aggregation_json_service_pb2_grpc
from montrg.aggregation.v1 import aggregation_service_pb2 as pb2

from services.aggregation.app import APP as AGGREGATION
from tests.support.rollups import followed

START = datetime(2024, 9, 21, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
async def answers_in_json(mesh, connection, write):
    rows = [
        (sensor, START + timedelta(minutes=47 * n), -3 + n / 7, 50 + n)
        for sensor in ("A-1", "A-1b", "B-1")
        for n in range(40)
    ]
    await write(*rows)
    await followed(connection)
    async with grpc.aio.insecure_channel(mesh.url(AGGREGATION)) as channel:
        yield aggregation_json_service_pb2_grpc.AggregationJsonServiceStub(channel)


@pytest.mark.parametrize(
    ("method", "request_"),
    [
        ("GetAggregation", pb2.GetAggregationRequest(start_date="20240922")),
        ("GetAggregation", pb2.GetAggregationRequest(start_date="202409", metrics=["humidity"])),
        ("GetAggregation", pb2.GetAggregationRequest(start_date="2024", metrics=["pcv_temperature_min"])),
        ("GetAggregation", pb2.GetAggregationRequest(start_date="2023")),
        ("GetLocationAggregation", pb2.GetLocationAggregationRequest(location_id="A-1", start_date="20240922")),
        ("GetFactoryAggregation", pb2.GetFactoryAggregationRequest(factory="F1", start_date="202409")),
        ("GetBuildingAggregation", pb2.GetBuildingAggregationRequest(factory="F1", building="B", start_date="202409")),
        ("GetFloorAggregation", pb2.GetFloorAggregationRequest(factory="F1", building="B", floor=1, start_date="2024")),
    ],
)
async def test_the_text_says_what_the_message_says(answers_in_json, stub, method, request_):
    message = await getattr(stub, method)(request_)
    body = await getattr(answers_in_json, method)(request_)
    assert isinstance(body, HttpBody)
    assert body.content_type == "application/json"
    expected = MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    assert orjson.loads(body.data) == expected
    # Also in the order of the contract, as people read it.
    assert list(orjson.loads(body.data)) == ["locations", "degraded"]
