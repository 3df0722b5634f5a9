"""The servicers of realtime: they translate and decide nothing."""

from typing import Any

from montrg.realtime.v1 import realtime_service_pb2 as pb2
from montrg.realtime.v1 import realtime_service_pb2_grpc

from services.realtime import convert
from services.realtime.domain import PlaceFilter
from services.realtime.service import MeasurementUseCases


class RealtimeHandler(realtime_service_pb2_grpc.RealtimeServiceServicer):
    """Serves RealtimeService."""

    def __init__(self, use_cases: MeasurementUseCases) -> None:
        self._measurements = use_cases
        self._converter = convert.SnapshotConverter()

    async def _now(self, wanted: PlaceFilter) -> pb2.MeasurementSnapshot:
        return self._converter.to_proto(await self._measurements.now(wanted))

    async def GetMeasurements(self, request: Any, context: Any) -> pb2.MeasurementSnapshot:
        return await self._now(PlaceFilter())

    async def GetFactoryMeasurements(self, request: Any, context: Any) -> pb2.MeasurementSnapshot:
        return await self._now(PlaceFilter(factory=request.factory))

    async def GetBuildingMeasurements(self, request: Any, context: Any) -> pb2.MeasurementSnapshot:
        return await self._now(PlaceFilter(building=request.building))

    async def GetFloorMeasurements(self, request: Any, context: Any) -> pb2.MeasurementSnapshot:
        return await self._now(PlaceFilter(floor=request.floor))

    async def GetPlaceMeasurements(self, request: Any, context: Any) -> pb2.MeasurementSnapshot:
        return await self._now(PlaceFilter(loc_id=request.loc_id))

    async def GetLocationMeasurements(self, request: Any, context: Any) -> pb2.MeasurementSnapshot:
        names = [name for name in ("factory", "building", "floor", "loc_id") if request.HasField(name)]
        return await self._now(PlaceFilter(**{name: getattr(request, name) for name in names}))
