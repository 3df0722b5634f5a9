"""What a subscription is, what makes one valid, and how a refusal is worded. Pure."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from urllib.parse import urlsplit

from services.alert.matching import (
    alert_level,
    choice_violations,
    level_violations,
    matcher_violations,
    range_violations,
    text_violations,
)
from services.alert.networks import Networks
from services.common.audit.content import SECRET, shown_as
from services.common.errors import FailedPreconditionError, InvalidInputError, NotFoundError, Violation

EMAIL, WEBHOOK = "email", "webhook"
CHANNELS = (EMAIL, WEBHOOK)
JSON, SLACK, TEAMS, TEXT = "json", "slack", "teams", "text"
FORMATS = (JSON, SLACK, TEAMS, TEXT)
KOREAN, ENGLISH = "ko", "en"
LANGUAGES = (KOREAN, ENGLISH)
# Why what was to be sent for a subscription is not.
SUBSCRIPTION_DISABLED, SUBSCRIPTION_DELETED = "subscription_disabled", "subscription_deleted"
MOST_MINUTES = 1_440
MOST_PER_MINUTE = 600
MAX_ADDRESS = 2_000
SECRET_LENGTHS = (8, 200)

_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_URL_REMEDY = "give an address that begins with http:// or https://, without user and password, of up to 2,000 letters"
_NETWORK_REMEDY = "give a public one, or one in a network that MONTRG_WEBHOOK_ALLOW of the alert service names"
ANY_NETWORK = Networks()


def shown_recipient(recipient: str) -> str:
    """Returns a recipient as it may be shown and kept, whatever its channel: no address of e-mail has `://`."""
    return shown_address(WEBHOOK if "://" in recipient else EMAIL, recipient)


def shown_address(channel: str, recipient: str) -> str:
    """Returns an address as it may be shown and logged: of a URL what comes after the host is often a secret."""
    if channel != WEBHOOK:
        return recipient
    parts = urlsplit(recipient)
    return f"{parts.scheme}://{parts.netloc}/…"


@dataclass(frozen=True, slots=True)
class Subscription:
    """Who is told of what. A matcher that is None fits everything. `subscription_id` is 0 until it is stored."""

    subscription_id: int
    name: str
    channel: str
    # Of a webhook it is often a secret.
    recipient: str = field(repr=False, metadata=shown_as(shown_recipient))
    format: str
    secret: str | None = field(repr=False, metadata=SECRET)
    language: str
    plant: str | None
    factory: str | None
    building: str | None
    floor: int | None
    area: str | None
    sensor_id: str | None
    alert_type: str | None
    min_level: str
    escalation_minutes: int
    repeat_minutes: int
    max_per_minute: int
    notify_clear: bool
    enabled: bool
    update_time: datetime

    @property
    def title(self) -> str:
        """What people call it."""
        return self.name or f"subscription {self.subscription_id}"

    @property
    def address(self) -> tuple[str, str]:
        """Whom it tells: several subscriptions of one address give one message."""
        return self.channel, self.recipient


def checked(subscription: Subscription, *, mail_is_set_up: bool, networks: Networks = ANY_NETWORK) -> Subscription:
    """Returns the subscription with its level's present name, or says everything that is wrong with it.

    Raises:
        InvalidInputError: with every bad field.
        FailedPreconditionError: it wants e-mail, and nobody has said by which server.
    """
    violations = text_violations("name", subscription.name or None, 100)
    violations += choice_violations("channel", subscription.channel, CHANNELS)
    violations += _recipient_violations(subscription, networks)
    violations += choice_violations("format", subscription.format, FORMATS)
    violations += _secret_violations(subscription.secret)
    violations += choice_violations("language", subscription.language, LANGUAGES)
    violations += matcher_violations(subscription)
    violations += level_violations("min_level", subscription.min_level)
    violations += range_violations("escalation_minutes", subscription.escalation_minutes, 0, MOST_MINUTES)
    violations += range_violations("repeat_minutes", subscription.repeat_minutes, 0, MOST_MINUTES)
    violations += range_violations("max_per_minute", subscription.max_per_minute, 1, MOST_PER_MINUTE)
    level = alert_level(subscription.min_level)
    if violations or level is None:
        raise InvalidInputError(violations)
    if subscription.channel == EMAIL and subscription.enabled and not mail_is_set_up:
        raise FailedPreconditionError(
            "e-mail is not set up: set MONTRG_SMTP_HOST of the alert service, or give a webhook", "EMAIL_NOT_SET_UP"
        )
    return replace(subscription, min_level=level)


def _recipient_violations(subscription: Subscription, networks: Networks) -> list[Violation]:
    if subscription.channel == EMAIL:
        if len(subscription.recipient) <= 254 and _EMAIL.fullmatch(subscription.recipient):
            return []
        return [Violation("recipient", "is no e-mail address; give one such as safety@example.com")]
    if subscription.channel != WEBHOOK:
        return []
    if not _is_web_address(subscription.recipient):
        return [Violation("recipient", f"is no address of a webhook; {_URL_REMEDY}")]
    if not networks.allow_host(urlsplit(subscription.recipient).hostname or ""):
        return [Violation("recipient", f"is at an address that nothing is sent to; {_NETWORK_REMEDY}")]
    return []


def _is_web_address(url: str) -> bool:
    if not url.isprintable() or " " in url or len(url) > MAX_ADDRESS:
        return False
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
        )
    except ValueError:  # a port beyond 65535, or brackets around what is no IPv6 address
        return False


def _secret_violations(secret: str | None) -> list[Violation]:
    least, most = SECRET_LENGTHS
    if secret is None or least <= len(secret) <= most:
        return []
    return [Violation("secret", f"give {least} to {most} characters, or leave it out")]


def no_such_subscription(subscription_id: int) -> NotFoundError:
    """Makes the error for a subscription that does not exist."""
    message = f"there is no subscription {subscription_id}; GET /api/v1/subscriptions/ lists them"
    return NotFoundError(message, "SUBSCRIPTION_NOT_FOUND", {"subscription_id": str(subscription_id)})
