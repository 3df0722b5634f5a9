"""The servicer of subscriptions: it translates and decides nothing."""

from typing import Any

from montrg.alert.v1 import subscription_service_pb2 as pb2
from montrg.alert.v1 import subscription_service_pb2_grpc

from services.alert.subscriptions import convert
from services.alert.subscriptions.service import SubscriptionUseCases
from services.common.access.current import scope
from services.common.fields import given, same_id
from services.common.paging import page_request


class SubscriptionHandler(subscription_service_pb2_grpc.SubscriptionServiceServicer):
    """Serves SubscriptionService."""

    def __init__(self, use_cases: SubscriptionUseCases) -> None:
        self._subscriptions = use_cases

    async def ListSubscriptions(self, request: Any, context: Any) -> pb2.ListSubscriptionsResponse:
        wanted = page_request(request.limit, request.skip, request.page_token, (int,), scope())
        page = await self._subscriptions.list_page(wanted, scope())
        items = map(convert.to_proto, page.items)
        return pb2.ListSubscriptionsResponse(subscriptions=items, next_page_token=page.next_page_token)

    async def GetSubscription(self, request: Any, context: Any) -> pb2.Subscription:
        return convert.to_proto(await self._subscriptions.get(request.subscription_id, scope()))

    async def CreateSubscription(self, request: Any, context: Any) -> pb2.Subscription:
        return convert.to_proto(await self._subscriptions.create(convert.new_fields(request), scope()))

    async def UpdateSubscription(self, request: Any, context: Any) -> pb2.Subscription:
        same_id("subscription_id", request.subscription_id, request.subscription.subscription_id)
        fields = convert.changed_fields(request)
        return convert.to_proto(await self._subscriptions.update(request.subscription_id, fields, scope()))

    async def DeleteSubscription(self, request: Any, context: Any) -> pb2.DeleteSubscriptionResponse:
        await self._subscriptions.delete(request.subscription_id, scope())
        message = f"subscription {request.subscription_id} is deleted"
        return pb2.DeleteSubscriptionResponse(message=message, deleted=True)

    async def EnableSubscription(self, request: Any, context: Any) -> pb2.Subscription:
        return convert.to_proto(await self._subscriptions.set_enabled(request.subscription_id, scope(), enabled=True))

    async def DisableSubscription(self, request: Any, context: Any) -> pb2.Subscription:
        return convert.to_proto(await self._subscriptions.set_enabled(request.subscription_id, scope(), enabled=False))

    async def TestSubscription(self, request: Any, context: Any) -> pb2.TestSubscriptionResponse:
        return convert.outcome_to_proto(await self._subscriptions.test(request.subscription_id, scope()))

    async def MatchSubscriptions(self, request: Any, context: Any) -> pb2.MatchSubscriptionsResponse:
        wanted = dict.fromkeys(("sensor_id", "alert_type", "level")) | given(
            request, ["sensor_id", "alert_type", "level"]
        )
        matches = await self._subscriptions.match(request.loc_id, **wanted, scope=scope())
        return pb2.MatchSubscriptionsResponse(matches=map(convert.match_to_proto, matches))
