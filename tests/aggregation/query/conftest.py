"""Asks the aggregation service."""

import grpc
import pytest
from montrg.aggregation.v1 import aggregation_service_pb2 as pb2
from montrg.aggregation.v1 import aggregation_service_pb2_grpc

from services.aggregation.app import APP as AGGREGATION

ALL = ["pcv_temperature,temperature,humidity"]


@pytest.fixture(scope="module")
async def stub(mesh):
    async with grpc.aio.insecure_channel(mesh.url(AGGREGATION)) as channel:
        yield aggregation_service_pb2_grpc.AggregationServiceStub(channel)


@pytest.fixture(scope="module")
async def ask(stub):
    """Asks for a range, for all metrics: of everything, of one place by `location_id`, or of many by `factory` ..."""

    async def ask(start_date="2024", end_date=None, **fields):
        of = "Floor" if "floor" in fields else "Building" if "building" in fields else "Factory"
        of = "Location" if "location_id" in fields else of if "factory" in fields else ""
        request = getattr(pb2, f"Get{of}AggregationRequest")(
            **{"start_date": start_date, "end_date": end_date, "metrics": ALL} | fields
        )
        return await getattr(stub, f"Get{of}Aggregation")(request)

    return ask
