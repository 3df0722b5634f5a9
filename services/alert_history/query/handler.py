"""The servicers of the history: they translate and decide nothing."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from montrg.alert_history.v1 import alert_history_json_service_pb2_grpc, alert_history_service_pb2_grpc
from montrg.alert_history.v1 import alert_history_service_pb2 as pb2

from services.alert_history.convert import event_to_proto
from services.alert_history.domain import AlertEvent
from services.alert_history.query import convert, json_text
from services.alert_history.query.service import QueryUseCases
from services.common.csv_rows import BOM, csv_lines
from services.common.paging import Page, page_request

KEY = (datetime, int, int)
NEXT_PAGE = "x-next-page-token"
NAMED = (("content-disposition", 'attachment; filename="alert-history.csv"'),)


class AlertHistoryHandler(alert_history_service_pb2_grpc.AlertHistoryServiceServicer):
    """Serves AlertHistoryService."""

    def __init__(self, use_cases: QueryUseCases) -> None:
        self._history = use_cases

    async def ListAlertEvents(self, request: Any, context: Any) -> pb2.ListAlertEventsResponse:
        page = await _page(self._history, request)
        events = map(event_to_proto, page.items)
        return pb2.ListAlertEventsResponse(events=events, next_page_token=page.next_page_token)

    async def GetAlertStory(self, request: Any, context: Any) -> pb2.AlertStory:
        return convert.story_to_proto(await self._history.story(request.alert_id))

    async def GetAlertStatistics(self, request: Any, context: Any) -> pb2.AlertStatistics:
        rows = await self._history.statistics(convert.asked_statistics(request))
        return pb2.AlertStatistics(rows=map(convert.statistics_to_proto, rows))

    async def ExportAlertEvents(self, request: Any, context: Any) -> AsyncIterator[HttpBody]:
        head = (BOM if request.bom else b"") + csv_lines([convert.COLUMNS])
        async with aclosing(self._history.export(convert.event_filter(request))) as parts:
            async for events in parts:
                if head:
                    await context.send_initial_metadata(NAMED)
                yield convert.csv_part(head + csv_lines(map(convert.csv_row, events)))
                head = b""


class AlertHistoryJsonHandler(alert_history_json_service_pb2_grpc.AlertHistoryJsonServiceServicer):
    """Serves AlertHistoryJsonService."""

    def __init__(self, use_cases: QueryUseCases) -> None:
        self._history = use_cases

    async def ListAlertEvents(self, request: Any, context: Any) -> HttpBody:
        page = await _page(self._history, request)
        if page.next_page_token:
            await context.send_initial_metadata(((NEXT_PAGE, page.next_page_token),))
        return json_text.events(page.items)


async def _page(history: QueryUseCases, request: Any) -> Page[AlertEvent]:
    wanted = convert.event_filter(request)
    part = page_request(request.limit, request.skip, request.page_token, KEY, wanted)
    return await history.list_page(part, wanted)
