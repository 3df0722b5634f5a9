"""The servicer that takes events in: it translates and decides nothing."""

from typing import Any

from montrg.alert_history.v1 import alert_history_service_pb2 as pb2
from montrg.alert_history.v1 import alert_history_service_pb2_grpc

from services.alert_history.append.convert import sent
from services.alert_history.append.figures import APPENDED, DUPLICATE
from services.alert_history.append.service import AppendUseCases


class AlertEventHandler(alert_history_service_pb2_grpc.AlertEventServiceServicer):
    """Serves AlertEventService."""

    def __init__(self, use_cases: AppendUseCases) -> None:
        self._events = use_cases

    async def AppendAlertEvents(self, request: Any, context: Any) -> pb2.AppendAlertEventsResponse:
        result = await self._events.append([sent(e) for e in request.events], allow_gaps=request.allow_gaps)
        APPENDED.inc(len(result.events))
        DUPLICATE.inc(result.duplicate)
        return pb2.AppendAlertEventsResponse(appended=len(result.events), duplicate=result.duplicate)
