"""The mesh's subscriptions as the replay sees them."""

import grpc
from montrg.alert.v1 import subscription_service_pb2 as pb2
from montrg.alert.v1 import subscription_service_pb2_grpc

from services.replay.client import CALL_S, patiently
from services.replay.stations import STATIONS

# Those of other sensors than the replay's are another person's.
PLANT = STATIONS[0].plant
LANGUAGE = "en"
MOST = 1_000


class MeshSubscriptions:
    """Satisfies the shift leader's Subscriptions over gRPC; a mesh that is away is waited for."""

    def __init__(self, alert: grpc.aio.Channel) -> None:
        self._subscriptions = subscription_service_pb2_grpc.SubscriptionServiceStub(alert)

    async def find(self, recipient: str) -> int | None:
        """Returns the subscription with that recipient, if there is one."""
        request = pb2.ListSubscriptionsRequest(limit=MOST)
        while True:
            answer = await patiently(lambda: self._subscriptions.ListSubscriptions(request, timeout=CALL_S))
            for one in answer.subscriptions:
                if one.recipient == recipient:
                    return int(one.subscription_id)
            if not answer.next_page_token:
                return None
            request.page_token = answer.next_page_token

    async def create(self, name: str, recipient: str) -> int:
        """Subscribes to every alert of the replay's stations."""
        wanted = pb2.Subscription(name=name, channel="webhook", recipient=recipient, language=LANGUAGE, plant=PLANT)
        request = pb2.CreateSubscriptionRequest(subscription=wanted)
        made = await patiently(lambda: self._subscriptions.CreateSubscription(request, timeout=CALL_S))
        return int(made.subscription_id)

    async def recipient_of(self, subscription_id: int) -> str | None:
        """Returns where its messages go; None where it is no more."""
        found = await self._get(subscription_id)
        return None if found is None else found.recipient

    async def is_enabled(self, subscription_id: int) -> bool:
        """Tells whether it counts."""
        found = await self._get(subscription_id)
        return found is not None and found.enabled

    async def readdress(self, subscription_id: int, recipient: str) -> None:
        """Has its messages go elsewhere."""
        request = pb2.UpdateSubscriptionRequest(
            subscription_id=subscription_id, subscription=pb2.Subscription(recipient=recipient)
        )
        await patiently(lambda: self._subscriptions.UpdateSubscription(request, timeout=CALL_S))

    async def enable(self, subscription_id: int) -> None:
        """Has it count."""
        request = pb2.EnableSubscriptionRequest(subscription_id=subscription_id)
        await patiently(lambda: self._subscriptions.EnableSubscription(request, timeout=CALL_S))

    async def disable(self, subscription_id: int) -> None:
        """Has it not count."""
        request = pb2.DisableSubscriptionRequest(subscription_id=subscription_id)
        await patiently(lambda: self._subscriptions.DisableSubscription(request, timeout=CALL_S))

    async def _get(self, subscription_id: int) -> pb2.Subscription | None:
        request = pb2.GetSubscriptionRequest(subscription_id=subscription_id)
        try:
            found: pb2.Subscription = await patiently(
                lambda: self._subscriptions.GetSubscription(request, timeout=CALL_S)
            )
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return None
            raise
        return found
