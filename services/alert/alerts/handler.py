"""The servicer of alerts: it translates and decides nothing."""

import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from montrg.alert.v1 import alert_service_pb2 as pb2
from montrg.alert.v1 import alert_service_pb2_grpc

from services.alert.alerts import convert
from services.alert.alerts.service import AlertUseCases
from services.alert.alerts.watch import WatchUseCases
from services.common.access.current import acting, scope
from services.common.paging import page_request
from services.common.watching.figures import WATCHERS

KEY = (datetime, int)


class AlertHandler(alert_service_pb2_grpc.AlertServiceServicer):
    """Serves AlertService. What is watched is bytes already."""

    def __init__(self, use_cases: AlertUseCases, watching: WatchUseCases) -> None:
        self._alerts = use_cases
        self._watching = watching
        self._watchers = WATCHERS.labels("alerts")

    async def ListAlerts(self, request: Any, context: Any) -> pb2.ListAlertsResponse:
        wanted = convert.alert_filter(request)
        part = page_request(request.limit, request.skip, request.page_token, KEY, wanted, scope())
        page = await self._alerts.list_page(part, wanted, scope())
        alerts = map(convert.alert_to_proto, page.items)
        return pb2.ListAlertsResponse(alerts=alerts, next_page_token=page.next_page_token)

    async def ListTodayAlerts(self, request: Any, context: Any) -> pb2.ListTodayAlertsResponse:
        part = page_request(request.limit, request.skip, request.page_token, KEY, "today", scope())
        page = await self._alerts.list_today(part, scope())
        alerts = map(convert.alert_to_proto, page.items)
        return pb2.ListTodayAlertsResponse(alerts=alerts, next_page_token=page.next_page_token)

    async def GetAlert(self, request: Any, context: Any) -> pb2.Alert:
        return convert.alert_to_proto(await self._alerts.get(request.alert_id, scope()))

    async def CreateAlert(self, request: Any, context: Any) -> pb2.Alert:
        given = convert.new_alert(request)
        alert = await self._alerts.create(given, acting(request.actor), request.idempotency_key, scope())
        return convert.alert_to_proto(alert)

    async def AcknowledgeAlert(self, request: Any, context: Any) -> pb2.Alert:
        alert = await self._alerts.acknowledge(request.alert_id, acting(request.actor), request.note, scope())
        return convert.alert_to_proto(alert)

    async def ShelveAlert(self, request: Any, context: Any) -> pb2.Alert:
        actor = acting(request.actor)
        alert = await self._alerts.shelve(request.alert_id, actor, request.minutes, request.reason, scope())
        return convert.alert_to_proto(alert)

    async def CommentAlert(self, request: Any, context: Any) -> pb2.Alert:
        alert = await self._alerts.comment(request.alert_id, acting(request.actor), request.note, scope())
        return convert.alert_to_proto(alert)

    async def ResolveAlert(self, request: Any, context: Any) -> pb2.Alert:
        alert = await self._alerts.resolve(request.alert_id, acting(request.actor), request.note, scope())
        return convert.alert_to_proto(alert)

    async def GetEvaluation(self, request: Any, context: Any) -> pb2.Evaluation:
        return convert.evaluation_to_proto(self._alerts.evaluation())

    async def WatchAlerts(self, request: Any, context: Any) -> AsyncIterator[bytes]:
        watching = self._watching.watch(convert.watch_filter(request, scope()), request.resume_token)
        with self._watchers.track_inprogress():
            async with contextlib.aclosing(watching) as messages:
                async for message in messages:
                    yield message
