"""The servicer of notifications: it translates and decides nothing."""

from typing import Any

from montrg.alert.v1 import notification_service_pb2 as pb2
from montrg.alert.v1 import notification_service_pb2_grpc

from services.alert.notify import convert
from services.alert.notify.service import NotificationUseCases
from services.common.access.current import scope
from services.common.paging import page_request


class NotificationHandler(notification_service_pb2_grpc.NotificationServiceServicer):
    """Serves NotificationService."""

    def __init__(self, use_cases: NotificationUseCases) -> None:
        self._notifications = use_cases

    async def ListNotifications(self, request: Any, context: Any) -> pb2.ListNotificationsResponse:
        wanted = convert.wanted(request)
        part = page_request(request.limit, request.skip, request.page_token, (int,), wanted, scope())
        page = await self._notifications.list_page(part, wanted, scope())
        items = map(convert.to_proto, page.items)
        return pb2.ListNotificationsResponse(notifications=items, next_page_token=page.next_page_token)

    async def GetNotification(self, request: Any, context: Any) -> pb2.Notification:
        return convert.to_proto(await self._notifications.get(request.notification_id, scope()))

    async def RetryNotification(self, request: Any, context: Any) -> pb2.Notification:
        return convert.to_proto(await self._notifications.retry(request.notification_id, scope()))
