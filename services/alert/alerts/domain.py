"""Which alerts are wanted, what an alert that a person raises must be, and how a refusal is worded. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from services.alert.domain import ACTIVE, ALERT_TYPES, CLEARED, MANUAL, RECOVERING, Alert
from services.common.access.domain import Scope
from services.common.errors import FailedPreconditionError, InvalidInputError, NotFoundError, Violation, invalid
from services.directory.domain import SENSOR_ID, Directory, Place
from services.heat.levels import LEVELS, parse_level

# The words of the filter `state`.
STATES: Mapping[str, Sequence[str]] = {
    "active": (ACTIVE,),
    "recovering": (RECOVERING,),
    "cleared": (CLEARED,),
    "open": (ACTIVE, RECOVERING),
}
MOST_WORDS = 2_000
MOST_NAME = 100

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_ID_REMEDY = "give 1 to 50 of letters, digits, '-', '_' and '.'"
_LEVEL_REMEDY = f"give one of {', '.join(LEVELS)}"
_DANGERS = LEVELS[1:]  # green is no danger


@dataclass(frozen=True, slots=True)
class AlertFilter:
    """Keeps a list to alerts that fit each value that is not None; `level` is the least one."""

    state: str | None = None
    level: str | None = None
    alert_type: str | None = None
    sensor_id: str | None = None
    loc_id: str | None = None
    factory: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    acknowledged: bool | None = None


@dataclass(frozen=True, slots=True)
class WatchFilter:
    """Which alerts are watched; None is any, `level` is the least one.

    `scope` is what the caller may see; None is everything, for which nothing is compared.
    """

    factory: str | None = None
    loc_id: str | None = None
    level: str | None = None
    scope: Scope | None = None

    def covers(self, plant: str | None, factory: str | None) -> bool:
        """Tells whether the caller may see a factory."""
        return self.scope is None or self.scope.covers(plant, factory)


@dataclass(frozen=True, slots=True)
class NewAlert:
    """An alert that a person raises. The sensor is None where it concerns a whole place."""

    loc_id: str = ""
    sensor_id: str | None = None
    alert_level: str = ""
    message: str = ""
    actor: str | None = None
    idempotency_key: str | None = None


def checked_filter(wanted: AlertFilter) -> AlertFilter:
    """Returns the filter with its level by today's name, or raises InvalidInputError with every bad field."""
    refuse(_violations_of_filter(wanted))
    return replace(wanted, level=_level(wanted.level))


def checked_watch_filter(wanted: WatchFilter) -> WatchFilter:
    """Returns the filter with its level by today's name, or raises InvalidInputError with every bad field."""
    refuse(_violations_of_places(wanted))
    return replace(wanted, level=_level(wanted.level))


def new_alert(given: Mapping[str, Any], actor: str, idempotency_key: str) -> NewAlert:
    """Makes an alert of what a caller gave, or raises InvalidInputError with every missing and bad field."""
    new = NewAlert(**given, actor=actor or None, idempotency_key=idempotency_key or None)
    refuse(_violations_of_new(new))
    return replace(new, alert_level=_level(new.alert_level) or "")


def is_there(new: NewAlert, directory: Directory, scope: Scope) -> bool:
    """Tells whether the directory has the place of a new alert, and its sensor there, for somebody with a scope."""
    sensor = directory.sensors.get(new.sensor_id) if new.sensor_id is not None else None
    has_sensor = new.sensor_id is None or (sensor is not None and sensor.loc_id == new.loc_id)
    return _place(new.loc_id, directory, scope) is not None and has_sensor


def place_of(new: NewAlert, directory: Directory, scope: Scope) -> Place:
    """Returns where a new alert is.

    A place or sensor that the directory does not have there is InvalidInputError; in the same words one that whoever
    raises the alert may not see.
    """
    place = _place(new.loc_id, directory, scope)
    if place is None:
        raise invalid("loc_id", f"is {new.loc_id}, which is no place; GET /api/v1/locations/ lists the places")
    if not is_there(new, directory, scope):
        sensor = directory.sensors.get(new.sensor_id or "")
        is_seen = sensor is not None and _place(sensor.loc_id, directory, scope) is not None
        where = f"which is at {sensor.loc_id}" if sensor is not None and is_seen else "which does not exist"
        raise invalid("sensor_id", f"is {new.sensor_id}, {where}; give a sensor at {new.loc_id}, or none")
    return place


def _place(loc_id: str, directory: Directory, scope: Scope) -> Place | None:
    place = directory.places.get(loc_id)
    return place if place is not None and scope.covers(place.plant, place.factory) else None


def row_of(new: NewAlert, place: Place, now: datetime) -> dict[str, Any]:
    """Returns the fields of an alert that a person raised."""
    own = {field.name: getattr(new, field.name) for field in fields(new) if field.name != "actor"}
    where = {name: getattr(place, name) for name in ("plant", "factory", "building", "floor", "area")}
    return own | where | {
        "alert_time": now, "alert_type": MANUAL, "state": ACTIVE, "highest_level": new.alert_level,
    }  # fmt: skip


def require_same(new: NewAlert, stored: Alert, scope: Scope) -> Alert:
    """Returns the alert that was raised with a key before; FailedPreconditionError if another one is asked for now."""
    if not is_own(stored, scope):
        message = "idempotency_key was used before; give a new alert a key of its own"
        raise FailedPreconditionError(message, "IDEMPOTENCY_KEY_USED")
    names = ("loc_id", "sensor_id", "alert_level", "message")
    other = [name for name in names if getattr(new, name) != getattr(stored, name)]
    if other:
        raise FailedPreconditionError(
            f"alert {stored.alert_id} was raised with this idempotency_key and has another {' and '.join(other)}; "
            "give a new alert a key of its own",
            "IDEMPOTENCY_KEY_USED",
            {"alert_id": str(stored.alert_id)},
        )
    return stored


def is_own(alert: Alert, scope: Scope) -> bool:
    """Tells whether somebody with a scope may see an alert. It is where it was raised, whatever became of the place."""
    return scope.covers(alert.plant, alert.factory)


def no_alert(alert_id: int) -> NotFoundError:
    """Says that there is no such alert."""
    message = f"there is no alert {alert_id}; GET /api/v1/alerts/ lists them"
    return NotFoundError(message, "ALERT_NOT_FOUND", {"alert_id": str(alert_id)})


def violations_of_name(field: str, value: str | None) -> Iterator[Violation]:
    """Yields what is wrong with somebody's name or a key: 1 to 100 characters on one line."""
    if value is not None and (not value.strip() or len(value) > MOST_NAME or _CONTROL.search(value)):
        yield Violation(field, f"is not a name; give 1 to {MOST_NAME} characters on one line")


def violations_of_words(field: str, value: str | None, *, required: bool = True) -> Iterator[Violation]:
    """Yields what is wrong with somebody's words: 1 to 2,000 characters, which may have several lines."""
    if not value and not required:
        return
    if not value or not value.strip():
        yield Violation(field, f"is missing; give 1 to {MOST_WORDS:,} characters")
    elif len(value) > MOST_WORDS:
        yield Violation(field, f"has {len(value):,} characters; give 1 to {MOST_WORDS:,}")
    elif _CONTROL.search(value.translate({ord(c): None for c in "\t\r\n"})):
        yield Violation(field, "has control characters; leave them out")


def refuse(violations: Iterator[Violation] | Sequence[Violation]) -> None:
    """Raises InvalidInputError if there is anything wrong."""
    found = list(violations)
    if found:
        raise InvalidInputError(found)


def _level(word: str | None) -> str | None:
    return parse_level(word) if word is not None else None


def _violations_of_filter(wanted: AlertFilter) -> Iterator[Violation]:
    yield from _violations_of_places(wanted)
    for name, choices in (("state", STATES), ("alert_type", ALERT_TYPES)):
        value = getattr(wanted, name)
        if value is not None and value not in choices:
            yield Violation(name, f"is {value!r}; give one of {', '.join(choices)}")
    if wanted.sensor_id is not None and not SENSOR_ID.fullmatch(wanted.sensor_id):
        yield Violation("sensor_id", f"is {wanted.sensor_id!r}; {_ID_REMEDY}")
    if wanted.start_time and wanted.end_time and wanted.start_time > wanted.end_time:
        yield Violation("end_time", "is before start_time; give a later one")


def _violations_of_places(wanted: AlertFilter | WatchFilter) -> Iterator[Violation]:
    if wanted.level is not None and parse_level(wanted.level) is None:
        yield Violation("level", f"is {wanted.level!r}; {_LEVEL_REMEDY}")
    if wanted.loc_id is not None and not SENSOR_ID.fullmatch(wanted.loc_id):
        yield Violation("loc_id", f"is {wanted.loc_id!r}; {_ID_REMEDY}")
    yield from violations_of_name("factory", wanted.factory)


def _violations_of_new(new: NewAlert) -> Iterator[Violation]:
    if not SENSOR_ID.fullmatch(new.loc_id):
        yield Violation("loc_id", f"is {new.loc_id!r}; {_ID_REMEDY}")
    if new.sensor_id is not None and not SENSOR_ID.fullmatch(new.sensor_id):
        yield Violation("sensor_id", f"is {new.sensor_id!r}; {_ID_REMEDY}, or leave it out")
    if parse_level(new.alert_level) not in _DANGERS:
        yield Violation("alert_level", f"is {new.alert_level!r}; give one of {', '.join(_DANGERS)}")
    yield from violations_of_words("message", new.message)
    yield from violations_of_name("actor", new.actor)
    yield from violations_of_name("idempotency_key", new.idempotency_key)
