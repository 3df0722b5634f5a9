"""What is to be sent, and what became of it. Pure."""

import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.common.errors import FailedPreconditionError, NotFoundError

PENDING, SENT, DEAD, CANCELLED, DIGESTED = "PENDING", "SENT", "DEAD", "CANCELLED", "DIGESTED"
STATES = (PENDING, SENT, DEAD, CANCELLED, DIGESTED)

FIRST_RETRY_S = 1.0
MOST_RETRY_S = 600.0
# A recipient that says when to come again is believed up to here.
MOST_WAIT_S = 3_600.0


@dataclass(frozen=True, slots=True)
class Notification:
    """A message to one recipient, and what became of it."""

    notification_id: int
    idempotency_key: str
    alert_id: int | None
    subscription_id: int
    cause: str
    channel: str
    recipient: str = field(repr=False)
    state: str
    attempts: int
    last_error: str | None
    next_time: datetime | None
    create_time: datetime
    send_time: datetime | None
    subject: str
    cancel_reason: str | None
    digest_id: int | None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that this process alone may send until the lease ends. `lease_until` is also the proof of that."""

    notification_id: int
    idempotency_key: str
    alert_id: int | None
    subscription_id: int
    cause: str
    channel: str
    recipient: str = field(repr=False)
    format: str
    language: str
    content: Mapping[str, Any] = field(repr=False)
    attempts: int
    lease_until: datetime
    secret: str | None = field(repr=False)
    title: str
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """What there is to send.

    Attributes:
        is_now: whether anything is due that nobody has claimed, though it may have to wait for what is not.
        later_s: in how many seconds something else becomes due; None where nothing does.
    """

    is_now: bool
    later_s: float | None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message was not taken, in words that hold no secret.

    Attributes:
        permanent: whether it is of no use to try again.
        retry_after_s: how long the recipient asked to wait, or 0.
    """

    reason: str
    permanent: bool = False
    retry_after_s: float = 0.0


def retry_delay_s(attempts: int, chance: float | None = None) -> float:
    """Returns how long to wait after so many failed tries: up to twice as long each time, by chance.

    Senders whose recipient came back must not all come at one moment.
    """
    most = min(MOST_RETRY_S, FIRST_RETRY_S * 2.0 ** min(attempts, 30))
    share = random.random() if chance is None else chance  # noqa: S311  no secret depends on it
    return FIRST_RETRY_S + share * (most - FIRST_RETRY_S)


def key_of(*parts: object) -> str:
    """Returns a key that is the same for the same message, whoever makes it."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:40]


def no_such_notification(notification_id: int) -> NotFoundError:
    """Makes the error for a notification that does not exist."""
    message = f"there is no notification {notification_id}; GET /api/v1/notifications/ lists them"
    return NotFoundError(message, "NOTIFICATION_NOT_FOUND", {"notification_id": str(notification_id)})


def not_dead(notification_id: int, state: str) -> FailedPreconditionError:
    """Makes the error for a retry of what has not failed."""
    message = f"notification {notification_id} is {state}, not DEAD; take one that failed for good"
    return FailedPreconditionError(message, "NOTIFICATION_NOT_DEAD", {"notification_id": str(notification_id)})


def subscription_is_gone(notification_id: int) -> FailedPreconditionError:
    """Makes the error for a retry of a message whose subscription was deleted."""
    message = f"the subscription of notification {notification_id} is deleted; create another one"
    return FailedPreconditionError(message, "SUBSCRIPTION_GONE", {"notification_id": str(notification_id)})
