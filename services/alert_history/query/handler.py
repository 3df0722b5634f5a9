"""The servicers of the history: they translate and decide nothing."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import Any

from google.api.httpbody_pb2 import HttpBody
from montrg.alert_history.v1 import alert_history_json_service_pb2_grpc, alert_history_service_pb2_grpc
from montrg.alert_history.v1 import alert_history_service_pb2 as pb2

from services.alert_history.query import convert, json_text
from services.alert_history.query.rows import EventPage
from services.alert_history.query.service import QueryUseCases
from services.common.access.current import scope
from services.common.csv_rows import BOM, csv_lines
from services.common.paging import page_request

KEY = (datetime, int, int)
NEXT_PAGE = "x-next-page-token"
NAMED = (("content-disposition", 'attachment; filename="alert-history.csv"'),)


class AlertHistoryHandler(alert_history_service_pb2_grpc.AlertHistoryServiceServicer):
    """Serves AlertHistoryService. What has events is bytes already."""

    def __init__(self, use_cases: QueryUseCases) -> None:
        self._history = use_cases

    async def ListAlertEvents(self, request: Any, context: Any) -> bytes:
        return convert.event_list(await _page(self._history, request))

    async def GetAlertStory(self, request: Any, context: Any) -> bytes:
        return convert.story_to_proto(await self._history.story(request.alert_id, scope()))

    async def GetAlertStatistics(self, request: Any, context: Any) -> pb2.AlertStatistics:
        rows = await self._history.statistics(convert.asked_statistics(request, scope()))
        return pb2.AlertStatistics(rows=map(convert.statistics_to_proto, rows))

    async def ExportAlertEvents(self, request: Any, context: Any) -> AsyncIterator[HttpBody]:
        head = (BOM if request.bom else b"") + csv_lines([convert.COLUMNS])
        async with aclosing(self._history.export(convert.event_filter(request, scope()))) as parts:
            async for rows in parts:
                if head:
                    await context.send_initial_metadata(NAMED)
                yield convert.csv_part(head + csv_lines(convert.csv_rows(rows)))
                head = b""


class AlertHistoryJsonHandler(alert_history_json_service_pb2_grpc.AlertHistoryJsonServiceServicer):
    """Serves AlertHistoryJsonService. The responses are bytes already."""

    def __init__(self, use_cases: QueryUseCases) -> None:
        self._history = use_cases

    async def ListAlertEvents(self, request: Any, context: Any) -> bytes:
        page = await _page(self._history, request)
        if page.next_page_token:
            await context.send_initial_metadata(((NEXT_PAGE, page.next_page_token),))
        return json_text.events(page.rows)


async def _page(history: QueryUseCases, request: Any) -> EventPage:
    wanted = convert.event_filter(request, scope())
    part = page_request(request.limit, request.skip, request.page_token, KEY, wanted)
    return await history.list_page(part, wanted)
