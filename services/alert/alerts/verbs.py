"""What people do about an alert, and when that is refused. Pure; the alert is locked, time is an argument."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.alert.alerts.domain import refuse, violations_of_name, violations_of_words
from services.alert.domain import (
    ACKNOWLEDGED,
    CLEARED,
    COMMENTED,
    MANUAL,
    NO_DATA,
    RESOLVED,
    SHELVED,
    SUSPECT,
    UNSHELVED,
    Alert,
)
from services.common.errors import FailedPreconditionError, Violation

MOST_MINUTES = 1_440
# What such an alert is about is that its sensor cannot be trusted.
DOUBTS = (NO_DATA, SUSPECT)


@dataclass(frozen=True, slots=True)
class Around:
    """What has to be known beside the alert itself.

    Attributes:
        acknowledged: whether the actor has acknowledged the alert before.
        is_doubted: whether its sensor is silent, or suspect, or has an open alert about being suspect.
    """

    acknowledged: bool
    is_doubted: bool


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of an alert: fields with new values, and the event that says so."""

    event_type: str
    note: str | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


def check(actor: str, words: str, *, name: str = "note", required: bool = False, minutes: int = 0) -> None:
    """Raises InvalidInputError with every field that is wrong, whatever the alert is."""
    refuse([*violations_of_name("actor", actor), *violations_of_words(name, words, required=required), *_long(minutes)])


def acknowledge(alert: Alert, around: Around, actor: str, note: str, now: datetime) -> Change | None:
    """The first one to acknowledge takes care; another one is noted; a second time says nothing new."""
    if alert.acknowledge_time is None:
        return Change(ACKNOWLEDGED, note or None, {"acknowledged_by": actor, "acknowledge_time": now})
    if around.acknowledged or alert.acknowledged_by == actor:
        return None
    return Change(ACKNOWLEDGED, note or None)


def shelve(alert: Alert, minutes: int, reason: str, now: datetime) -> Change | None:
    """Keeps an open alert from notifying for so many minutes; 0 ends that."""
    if not alert.is_open:
        raise FailedPreconditionError(
            f"alert {alert.alert_id} is cleared, so it notifies no more; leave it", "ALERT_CLEARED", _names(alert)
        )
    if minutes:
        fields = {"shelved_until": now + timedelta(minutes=minutes), "shelved_level": alert.highest_level}
        return Change(SHELVED, reason, fields)
    if alert.shelved_until is None:
        return None
    return Change(UNSHELVED, reason, {"shelved_until": None, "shelved_level": None})


def comment(note: str) -> Change:
    """Adds a note to the story."""
    return Change(COMMENTED, note)


def resolve(alert: Alert, around: Around, note: str, now: datetime) -> Change | None:
    """Ends an alert; one that readings raised ends by readings, unless there are none to trust. Once is enough."""
    if not alert.is_open:
        return None
    fields = {"state": CLEARED, "clear_time": now, "clear_reason": RESOLVED, "unseen": False}
    if alert.alert_type != MANUAL:
        _require_doubt(alert, around)
        fields["unseen"] = True  # so that whoever judges forgets the episode
    return Change(RESOLVED, note or None, fields)


def _require_doubt(alert: Alert, around: Around) -> None:
    if not (alert.suspect or alert.alert_type in DOUBTS or around.is_doubted):
        raise FailedPreconditionError(
            f"alert {alert.alert_id} ends when {alert.sensor_id} measures no danger any more, and its readings are "
            "good; shelve it to keep it from notifying",
            "ALERT_STILL_MEASURED",
            _names(alert),
        )


def _long(minutes: int) -> Iterator[Violation]:
    if not 0 <= minutes <= MOST_MINUTES:
        yield Violation("minutes", f"is {minutes}; give 1 to {MOST_MINUTES:,}, or 0 to end it")


def _names(alert: Alert) -> Mapping[str, str]:
    return {"alert_id": str(alert.alert_id)}
