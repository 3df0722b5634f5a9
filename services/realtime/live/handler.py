"""The servicer of the live view: it translates and decides nothing."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from montrg.realtime.v1 import realtime_service_pb2_grpc

from services.common.access.current import scope
from services.common.watching.figures import WATCHERS
from services.directory.domain import PlaceFilter
from services.realtime.live.convert import place_filter
from services.realtime.live.service import LiveUseCases


class RealtimeHandler(realtime_service_pb2_grpc.RealtimeServiceServicer):
    """Serves RealtimeService. Its responses are bytes already."""

    def __init__(self, use_cases: LiveUseCases) -> None:
        self._live = use_cases
        self._watchers = WATCHERS.labels("measurements")

    async def GetMeasurements(self, request: Any, context: Any) -> bytes:
        return await self._live.now(PlaceFilter(scope=scope().limit))

    async def GetFactoryMeasurements(self, request: Any, context: Any) -> bytes:
        return await self._live.now(PlaceFilter(factory=request.factory, scope=scope().limit))

    async def GetBuildingMeasurements(self, request: Any, context: Any) -> bytes:
        return await self._live.now(PlaceFilter(building=request.building, scope=scope().limit))

    async def GetFloorMeasurements(self, request: Any, context: Any) -> bytes:
        return await self._live.now(PlaceFilter(floor=request.floor, scope=scope().limit))

    async def GetPlaceMeasurements(self, request: Any, context: Any) -> bytes:
        return await self._live.now(PlaceFilter(loc_id=request.loc_id, scope=scope().limit))

    async def GetLocationMeasurements(self, request: Any, context: Any) -> bytes:
        return await self._live.now(place_filter(request, scope()))

    async def WatchMeasurements(self, request: Any, context: Any) -> AsyncIterator[bytes]:
        wanted = place_filter(request, scope())
        with self._watchers.track_inprogress():
            async with contextlib.aclosing(self._live.watch(wanted, request.resume_token)) as messages:
                async for message in messages:
                    yield message
