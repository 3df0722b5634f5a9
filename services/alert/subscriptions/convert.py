"""Between protobuf and subscriptions. Pure."""

from typing import Any

from montrg.alert.v1 import subscription_service_pb2 as pb2

from services.alert.matching import MATCHERS
from services.alert.subscriptions.domain import Subscription
from services.alert.subscriptions.preview import Match
from services.alert.subscriptions.service import BLANK, Outcome
from services.common.fields import REQUIRED, changed, given

_DEFAULTS = (
    "name", "format", "language", "min_level", "escalation_minutes", "repeat_minutes", "max_per_minute",
    "notify_clear", "enabled",
)  # fmt: skip
_SHOWN = ("subscription_id", "channel", "recipient", *_DEFAULTS, *MATCHERS, "update_time")
_FIELDS: dict[str, Any] = {
    "channel": REQUIRED,
    "recipient": REQUIRED,
    "secret": None,
    **{name: getattr(BLANK, name) for name in _DEFAULTS},
    **dict.fromkeys(MATCHERS),
}


def to_proto(subscription: Subscription) -> pb2.Subscription:
    """Converts a stored subscription, without its secret."""
    fields = {name: getattr(subscription, name) for name in _SHOWN}
    return pb2.Subscription(**fields, has_secret=subscription.secret is not None)


def match_to_proto(match: Match) -> pb2.SubscriptionMatch:
    """Converts a subscription that fits."""
    return pb2.SubscriptionMatch(subscription=to_proto(match.subscription), held_by=match.held_by)


def outcome_to_proto(outcome: Outcome) -> pb2.TestSubscriptionResponse:
    """Converts what became of a test message."""
    return pb2.TestSubscriptionResponse(notification_id=outcome.notification_id, sent=outcome.sent, error=outcome.error)


def new_fields(request: pb2.CreateSubscriptionRequest) -> dict[str, Any]:
    """Returns the fields that a create request sets."""
    return given(request.subscription, list(_FIELDS))


def changed_fields(request: pb2.UpdateSubscriptionRequest) -> dict[str, Any]:
    """Returns the fields that an update request changes."""
    return changed(request.subscription, request.update_mask.paths, _FIELDS)
