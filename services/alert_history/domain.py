"""What happens to alerts, and the words for it. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from services.common.errors import InvalidInputError, Violation
from services.heat.levels import LEVELS, parse_level

RAISED, ACKNOWLEDGED = "raised", "acknowledged"
EVENT_TYPES = (
    *(RAISED, "live", "level_up", "level_down", "recovering", "reactivated", "cleared", ACKNOWLEDGED),
    *("commented", "shelved", "unshelved", "silenced", "resolved", "escalated", "notified", "notification_failed"),
)
CLEARED = "cleared"
STATES = ("active", "recovering", CLEARED)
ALERT_TYPES = ("threshold", "no_data", "suspect", "manual")

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
MAX_NAME = 100
ID_REMEDY = "give 1 to 50 of letters, digits, '-', '_' and '.'"
_ID = re.compile(r"[A-Za-z0-9._-]{1,50}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Kind(NamedTuple):
    """What happened, and what the alert was after it."""

    event_type: str
    state: str
    level: str
    alert_type: str


class AlertEvent(NamedTuple):
    """Something that happened to an alert. What does not apply, or was not known, is None.

    A page has up to a thousand of them, and a tuple of names is made ten times as quickly as a frozen dataclass.
    """

    event_id: UUID
    alert_id: int
    event_seq: int
    event_time: datetime
    kind: Kind
    sensor_id: str | None
    loc_id: str
    threshold_type: str | None
    measured_value: float | None
    actor: str | None
    note: str | None
    plant: str | None
    factory: str | None
    building: str | None
    floor: int | None
    area: str | None
    append_time: datetime


@dataclass(frozen=True, slots=True)
class Alert:
    """What the events of an alert come to.

    Attributes:
        raise_time: when it was raised; of one whose beginning is lost, when the first event that is here happened.
        acknowledge_time: when it was first acknowledged.
        clear_time: when it was cleared, while it is.
        first_event_time: the earliest of its events' times, as last_event_time is the latest.
    """

    alert_id: int
    last_event_seq: int
    state: str
    highest_level: str
    alert_type: str
    loc_id: str
    factory: str | None
    raise_time: datetime
    acknowledge_time: datetime | None
    clear_time: datetime | None
    first_event_time: datetime
    last_event_time: datetime


def is_id(word: str) -> bool:
    """Tells whether a place or sensor can be called so."""
    return _ID.fullmatch(word) is not None


def id_violations(field: str, value: str | None) -> list[Violation]:
    """Returns what is wrong with the id of a place or sensor; None is right."""
    return [] if value is None or is_id(value) else [Violation(field, f"is {value[:60]!r}; {ID_REMEDY}")]


def name_violations(field: str, value: str | None) -> list[Violation]:
    """Returns what is wrong with a name of one line; None is right."""
    if value is None:
        return []
    if len(value) > MAX_NAME:
        return [Violation(field, f"has {len(value)} characters; give at most {MAX_NAME}")]
    if _CONTROL.search(value):
        return [Violation(field, "has a control character, such as a line break; leave it out")]
    return []


def word_of(field: str, value: str, known: Sequence[str], bad: list[Violation]) -> str:
    """Returns a word of a closed vocabulary, whatever its case; an unknown one is added to `bad`."""
    word = value.strip().lower()
    if word not in known:
        # The known words are many, and a description is cut in its middle where it is long.
        bad.append(Violation(field, f"is {value[:12]!r}; give one of {', '.join(known)}"))
    return word


def level_of(field: str, value: str, bad: list[Violation]) -> str:
    """Returns a level, for which older names stand, too; an unknown one is added to `bad`."""
    level = parse_level(value)
    if level is None:
        bad.append(Violation(field, f"is {value[:60]!r}; give one of {', '.join(LEVELS)}"))
    return level or ""


def refuse(bad: Sequence[Violation]) -> None:
    """Raises InvalidInputError if anything is wrong."""
    if bad:
        raise InvalidInputError(bad)
