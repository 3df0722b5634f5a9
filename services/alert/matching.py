"""Which alerts a subscription or a silence is about, and what makes its matchers valid. Pure."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from services.alert.domain import ALERT_TYPES
from services.common.access.domain import Scope
from services.common.errors import ForbiddenError, InvalidInputError, Violation
from services.directory.domain import SENSOR_ID
from services.heat.levels import LEVELS, parse_level

# What both match by. A matcher that is None fits everything.
PLACE = ("plant", "factory", "building", "floor", "area")
MATCHERS = (*PLACE, "sensor_id", "alert_type")
# An alert is never green.
ALERT_LEVELS = LEVELS[1:]
MAX_NAME = 100
FLOORS = (-100, 300)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # a mail's header or a terminal would trip over them


class Matchers(Protocol):
    """What has a place, a sensor and a type, or asks for them."""

    @property
    def plant(self) -> str | None: ...
    @property
    def factory(self) -> str | None: ...
    @property
    def building(self) -> str | None: ...
    @property
    def floor(self) -> int | None: ...
    @property
    def area(self) -> str | None: ...
    @property
    def sensor_id(self) -> str | None: ...
    @property
    def alert_type(self) -> str | None: ...


def fits(matchers: Matchers, subject: Matchers) -> bool:
    """Tells whether everything that is set among the matchers is so with the subject, such as an alert."""
    for name in MATCHERS:
        wanted = getattr(matchers, name)
        if wanted is not None and wanted != getattr(subject, name):
            return False
    return True


def fits_everything(matchers: Matchers) -> bool:
    """Tells whether nothing is set among the matchers."""
    return all(getattr(matchers, name) is None for name in MATCHERS)


def is_inside(matchers: Matchers, scope: Scope) -> bool:
    """Tells whether somebody with a scope may see everything that fits the matchers."""
    return any(
        grant.plant in {None, matchers.plant} and grant.factory in {None, matchers.factory} for grant in scope.grants
    )


def require_inside(matchers: Matchers, scope: Scope) -> None:
    """Raises ForbiddenError where the matchers reach beyond what somebody may see."""
    if not is_inside(matchers, scope):
        given = "left out" if matchers.factory is None else repr(matchers.factory)
        given += "" if matchers.plant is None else f" of plant {matchers.plant!r}"
        message = f"factory: is {given}, and you may work with {scope.words()} alone; give one of these, with its plant"
        raise ForbiddenError(message, "OUT_OF_SCOPE", {"field": "factory"})


def matcher_violations(matchers: Matchers) -> list[Violation]:
    """Returns what is wrong with the matchers."""
    violations: list[Violation] = []
    for name in ("plant", "factory", "building", "area"):
        violations += text_violations(name, getattr(matchers, name), MAX_NAME)
    floor = matchers.floor
    if floor is not None and not FLOORS[0] <= floor <= FLOORS[1]:
        violations.append(Violation("floor", f"is {floor}; give {FLOORS[0]} to {FLOORS[1]}, basements negative"))
    if matchers.sensor_id is not None and not SENSOR_ID.fullmatch(matchers.sensor_id):
        violations.append(Violation("sensor_id", "give 1 to 50 of letters, digits, '-', '_' and '.'"))
    return violations + choice_violations("alert_type", matchers.alert_type, ALERT_TYPES)


def text_violations(name: str, value: str | None, most: int) -> list[Violation]:
    """Returns what is wrong with a text of one line; None is right."""
    if value is None or (0 < len(value.strip()) <= most >= len(value) and not _CONTROL.search(value)):
        return []
    return [Violation(name, f"give 1 to {most} characters of one line")]


def choice_violations(name: str, value: str | None, choices: Sequence[str]) -> list[Violation]:
    """Returns what is wrong with a word of a closed list; None is right."""
    if value is None or value in choices:
        return []
    return [Violation(name, f"is {value!r}; give one of {', '.join(choices)}")]


def range_violations(name: str, value: int, least: int, most: int) -> list[Violation]:
    """Returns what is wrong with a whole number."""
    return [] if least <= value <= most else [Violation(name, f"is {value}; give {least} to {most}")]


def alert_level(word: str) -> str | None:
    """Returns the level of an alert that a word means, older names too, or None for another word."""
    level = parse_level(word)
    return level if level in ALERT_LEVELS else None


def level_violations(name: str, word: str | None) -> list[Violation]:
    """Returns what is wrong with the level of an alert; None is right."""
    return [] if word is None or alert_level(word) else choice_violations(name, word, ALERT_LEVELS)


def require(fields: Mapping[str, Any], remedies: Mapping[str, str]) -> None:
    """Raises InvalidInputError for those of the named fields that are missing or empty."""
    missing = [Violation(name, f"is missing; {remedy}") for name, remedy in remedies.items() if not fields.get(name)]
    if missing:
        raise InvalidInputError(missing)


def require_change(fields: Mapping[str, Any]) -> None:
    """Raises InvalidInputError where an update changes nothing."""
    if not fields:
        raise InvalidInputError([Violation("body", "sets no field that can be changed; set at least one")])
