"""What can be asked of the history, and what makes a question a good one. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.alert_history.domain import (
    ALERT_TYPES,
    EVENT_TYPES,
    STATES,
    id_violations,
    level_of,
    name_violations,
    refuse,
    word_of,
)
from services.common.access.domain import EVERYTHING, Scope
from services.common.errors import NotFoundError, Violation


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Keeps a list to events that fit each value that is not None.

    Attributes:
        start_time: when the range of event_time begins, inclusive.
        end_time: when it ends, exclusive.
        level: the level after the event, as state and the others are.
        scope: what the caller may see.
    """

    start_time: datetime | None = None
    end_time: datetime | None = None
    alert_id: int | None = None
    sensor_id: str | None = None
    loc_id: str | None = None
    factory: str | None = None
    level: str | None = None
    state: str | None = None
    event_type: str | None = None
    alert_type: str | None = None
    scope: Scope = EVERYTHING


def checked_filter(wanted: EventFilter) -> EventFilter:
    """Returns the filter with the words that events have, or raises InvalidInputError with all that is wrong."""
    bad: list[Violation] = []
    if wanted.start_time is not None and wanted.end_time is not None and wanted.start_time >= wanted.end_time:
        bad.append(Violation("end_time", "is not after start_time; give a later time"))
    bad += id_violations("sensor_id", wanted.sensor_id) + id_violations("loc_id", wanted.loc_id)
    bad += name_violations("factory", wanted.factory)
    level = wanted.level if wanted.level is None else level_of("level", wanted.level, bad)
    state = _word(wanted.state, "state", STATES, bad)
    event_type = _word(wanted.event_type, "event_type", EVENT_TYPES, bad)
    alert_type = _word(wanted.alert_type, "alert_type", ALERT_TYPES, bad)
    refuse(bad)
    return replace(wanted, level=level, state=state, event_type=event_type, alert_type=alert_type)


def _word(value: str | None, field: str, known: Sequence[str], bad: list[Violation]) -> str | None:
    return None if value is None else word_of(field, value, known, bad)


def no_alert(alert_id: int) -> NotFoundError:
    """Words the refusal of an alert that has no events here."""
    message = f"there are no events of alert {alert_id}; GET /api/v1/alert-history lists those of all alerts"
    return NotFoundError(message, "ALERT_NOT_FOUND", {"alert_id": str(alert_id)})
