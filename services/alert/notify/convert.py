"""Between protobuf and notifications. Pure."""

from typing import Any

from montrg.alert.v1 import notification_service_pb2 as pb2

from services.alert.notify.domain import Notification
from services.alert.notify.service import Wanted
from services.alert.subscriptions.domain import shown_address
from services.common.fields import given

_NAMES = (
    "notification_id", "idempotency_key", "alert_id", "subscription_id", "cause", "channel", "state", "attempts",
    "last_error", "next_time", "create_time", "send_time", "subject", "cancel_reason", "digest_id",
)  # fmt: skip


def to_proto(notification: Notification) -> pb2.Notification:
    """Converts a notification; of its address no more is given than may be seen."""
    fields = {name: getattr(notification, name) for name in _NAMES}
    return pb2.Notification(**fields, recipient=shown_address(notification.channel, notification.recipient))


def wanted(request: pb2.ListNotificationsRequest) -> Wanted:
    """Returns which notifications a request wants."""
    names = ("state", "alert_id", "subscription_id")
    fields: dict[str, Any] = dict.fromkeys(names) | given(request, names)
    state = fields["state"]
    return Wanted(**{**fields, "state": None if state is None else state.upper()})
