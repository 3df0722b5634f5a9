"""The servicers of what was measured: they translate and decide nothing."""

from typing import Any

from montrg.aggregation.v1 import aggregation_json_service_pb2_grpc, aggregation_service_pb2_grpc

from services.aggregation.query.convert import asked_range
from services.aggregation.query.service import QueryUseCases
from services.directory.domain import PlaceFilter


class _Answers:
    """What both services answer. The responses are bytes already."""

    def __init__(self, use_cases: QueryUseCases) -> None:
        self._query = use_cases

    async def GetAggregation(self, request: Any, context: Any) -> bytes:
        return await self._query.at_places(asked_range(request), request.metrics)

    async def GetLocationAggregation(self, request: Any, context: Any) -> bytes:
        return await self._query.at_place(request.location_id, asked_range(request), request.metrics)

    async def GetFactoryAggregation(self, request: Any, context: Any) -> bytes:
        where = PlaceFilter(factory=request.factory)
        return await self._query.together(where, asked_range(request), request.metrics)

    async def GetBuildingAggregation(self, request: Any, context: Any) -> bytes:
        where = PlaceFilter(factory=request.factory, building=request.building)
        return await self._query.together(where, asked_range(request), request.metrics)

    async def GetFloorAggregation(self, request: Any, context: Any) -> bytes:
        where = PlaceFilter(factory=request.factory, building=request.building, floor=request.floor)
        return await self._query.together(where, asked_range(request), request.metrics)


class AggregationHandler(_Answers, aggregation_service_pb2_grpc.AggregationServiceServicer):
    """Serves AggregationService."""


class AggregationJsonHandler(_Answers, aggregation_json_service_pb2_grpc.AggregationJsonServiceServicer):
    """Serves AggregationJsonService."""
