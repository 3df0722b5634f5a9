"""The servicers of what was measured: they translate and decide nothing."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from montrg.aggregation.v1 import aggregation_json_service_pb2_grpc, aggregation_service_pb2_grpc

from services.aggregation.query.convert import asked_range, asked_series, file_headers, file_part, place_filter
from services.aggregation.query.export import ExportUseCases
from services.aggregation.query.service import QueryUseCases
from services.aggregation.query.timeseries import SeriesUseCases
from services.common.access.current import scope
from services.directory.domain import PlaceFilter


class _Answers:
    """What both services answer. The responses are bytes already."""

    def __init__(self, query: QueryUseCases) -> None:
        self._query = query

    async def GetAggregation(self, request: Any, context: Any) -> bytes:
        return await self._query.at_places(asked_range(request), request.metrics, scope())

    async def GetLocationAggregation(self, request: Any, context: Any) -> bytes:
        return await self._query.at_place(request.location_id, asked_range(request), request.metrics, scope())

    async def GetFactoryAggregation(self, request: Any, context: Any) -> bytes:
        where = PlaceFilter(factory=request.factory)
        return await self._query.together(where, asked_range(request), request.metrics, scope())

    async def GetBuildingAggregation(self, request: Any, context: Any) -> bytes:
        where = PlaceFilter(factory=request.factory, building=request.building)
        return await self._query.together(where, asked_range(request), request.metrics, scope())

    async def GetFloorAggregation(self, request: Any, context: Any) -> bytes:
        where = PlaceFilter(factory=request.factory, building=request.building, floor=request.floor)
        return await self._query.together(where, asked_range(request), request.metrics, scope())


class AggregationHandler(_Answers, aggregation_service_pb2_grpc.AggregationServiceServicer):
    """Serves AggregationService."""

    def __init__(self, query: QueryUseCases, exports: ExportUseCases, series: SeriesUseCases) -> None:
        super().__init__(query)
        self._exports = exports
        self._series = series

    async def ExportAggregation(self, request: Any, context: Any) -> AsyncIterator[HttpBody]:
        asked, where = asked_range(request), place_filter(request)
        export = await self._exports.export(asked, request.metrics, where, scope(), bom=request.bom)
        await context.send_initial_metadata(file_headers(export))
        async with contextlib.aclosing(export.parts) as parts:
            async for part in parts:
                yield file_part(part)

    async def QueryTimeSeries(self, request: Any, context: Any) -> bytes:
        return await self._series.query(asked_series(request), scope())

    async def StreamTimeSeries(self, request: Any, context: Any) -> AsyncIterator[bytes]:
        async with contextlib.aclosing(self._series.stream(asked_series(request.query), scope())) as parts:
            async for part in parts:
                yield part


class AggregationJsonHandler(_Answers, aggregation_json_service_pb2_grpc.AggregationJsonServiceServicer):
    """Serves AggregationJsonService."""
