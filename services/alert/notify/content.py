"""What a message says, apart from the form in which it is sent. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Content:
    """A message in words. It is kept with the notification, so that it is the same however often it is sent.

    Attributes:
        subject: its first line.
        level: the level of what it is about; None of a test.
        facts: pairs of a name and a value, both for people.
        advice: what the law asks for, or None.
        items: a line for each alert, in a digest.
        link: where there is more.
        alerts: the alerts, for programs; of a long digest the worst ones.
        count: how many alerts it is about.
    """

    subject: str
    level: str | None
    facts: Sequence[tuple[str, str]]
    advice: str | None
    items: Sequence[str]
    link: str
    alerts: Sequence[Mapping[str, Any]]
    count: int = 1


def from_json(stored: Mapping[str, Any]) -> Content:
    """Returns what was kept."""
    return Content(**{**stored, "facts": [(name, value) for name, value in stored["facts"]]})
