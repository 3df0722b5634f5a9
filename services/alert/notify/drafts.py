"""What is put into the outbox. Pure."""

from dataclasses import dataclass

from services.alert.notify.content import Content
from services.alert.subscriptions.domain import Subscription


@dataclass(frozen=True, slots=True)
class Draft:
    """A message that is to be sent in the name of a subscription."""

    subscription: Subscription
    key: str
    cause: str
    content: Content
    alert_id: int | None = None
    event_seq: int | None = None
    standstill_id: int | None = None
    traceparent: str = ""
