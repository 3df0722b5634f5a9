"""Whom an alert would reach, and what would keep them from being told at once. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.alert.matching import fits
from services.alert.silences.domain import Silence
from services.alert.subscriptions.domain import Subscription
from services.heat.levels import severity

DISABLED, SILENCED, ESCALATION, SAME_RECIPIENT = "disabled", "silenced", "escalation", "same_recipient"


@dataclass(frozen=True, slots=True)
class Subject:
    """An alert that might be."""

    plant: str | None
    factory: str | None
    building: str | None
    floor: int | None
    area: str | None
    sensor_id: str | None
    alert_type: str
    level: str


@dataclass(frozen=True, slots=True)
class Match:
    """A subscription that fits. `held_by` is None where it would be told at once."""

    subscription: Subscription
    held_by: str | None


def preview(
    subject: Subject, subscriptions: Sequence[Subscription], silences: Iterable[Silence], now: datetime
) -> list[Match]:
    """Returns every subscription that fits, by ascending id as they are given."""
    silenced = any(s.silences(subject, subject.level) and s.holds_until(now) is not None for s in silences)
    addressed: set[tuple[str, str]] = set()
    found = []
    for subscription in subscriptions:
        if not fits(subscription, subject) or severity(subject.level) < severity(subscription.min_level):
            continue
        held_by = _held_by(subscription, addressed, silenced=silenced)
        if held_by is None:
            addressed.add(subscription.address)
        found.append(Match(subscription, held_by))
    return found


def _held_by(subscription: Subscription, addressed: set[tuple[str, str]], *, silenced: bool) -> str | None:
    if not subscription.enabled:
        return DISABLED
    if silenced:
        return SILENCED
    if subscription.escalation_minutes:
        return ESCALATION
    return SAME_RECIPIENT if subscription.address in addressed else None
