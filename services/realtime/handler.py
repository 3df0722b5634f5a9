"""The servicers of realtime: they translate and decide nothing."""

from datetime import datetime
from typing import Any

from montrg.realtime.v1 import ingest_service_pb2 as ingest_pb2
from montrg.realtime.v1 import ingest_service_pb2_grpc, realtime_service_pb2_grpc
from montrg.realtime.v1 import realtime_service_pb2 as pb2

from services.common.paging import page_request
from services.realtime import convert
from services.realtime.domain import PlaceFilter
from services.realtime.service import IngestUseCases, MeasurementUseCases


class IngestHandler(ingest_service_pb2_grpc.IngestServiceServicer):
    """Serves IngestService."""

    def __init__(self, use_cases: IngestUseCases) -> None:
        self._ingest = use_cases

    async def WriteReadings(self, request: Any, context: Any) -> ingest_pb2.WriteReadingsResponse:
        return convert.outcomes_to_proto(await self._ingest.write([convert.sent_reading(r) for r in request.readings]))

    async def ListReadings(self, request: Any, context: Any) -> ingest_pb2.ListReadingsResponse:
        start, end = convert.time_or_none(request, "start_time"), convert.time_or_none(request, "end_time")
        page = page_request(request.limit, request.skip, request.page_token, (datetime,), request.sensor_id, start, end)
        found = await self._ingest.list_readings(page, request.sensor_id, start, end)
        items = [convert.stored_reading(reading) for reading in found.items]
        return ingest_pb2.ListReadingsResponse(readings=items, next_page_token=found.next_page_token)


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
