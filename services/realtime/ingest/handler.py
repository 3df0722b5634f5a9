"""The servicer of ingest: it translates and decides nothing."""

from datetime import datetime
from typing import Any

from montrg.realtime.v1 import ingest_service_pb2 as pb2
from montrg.realtime.v1 import ingest_service_pb2_grpc

from services.common.access.current import caller, scope
from services.common.paging import page_request
from services.common.telemetry.tracing import traceparent
from services.common.times import time_or_none
from services.realtime.ingest import convert
from services.realtime.ingest.queue import WriteQueue
from services.realtime.ingest.service import IngestUseCases, checked_size


class IngestHandler(ingest_service_pb2_grpc.IngestServiceServicer):
    """Serves IngestService."""

    def __init__(self, use_cases: IngestUseCases, queue: WriteQueue) -> None:
        self._ingest = use_cases
        self._queue = queue

    async def WriteReadings(self, request: Any, context: Any) -> pb2.WriteReadingsResponse:
        checked_size(len(request.readings))
        rows = await self._ingest.know(convert.sent_rows(request.readings, traceparent()), caller())
        return convert.outcomes_to_proto(await self._queue.write(rows))

    async def ListReadings(self, request: Any, context: Any) -> pb2.ListReadingsResponse:
        start, end = time_or_none(request, "start_time"), time_or_none(request, "end_time")
        filters = (request.sensor_id, start, end, scope())
        page = page_request(request.limit, request.skip, request.page_token, (datetime,), *filters)
        found = await self._ingest.list_readings(page, *filters)
        items = [convert.stored_reading(reading) for reading in found.items]
        return pb2.ListReadingsResponse(readings=items, next_page_token=found.next_page_token)
