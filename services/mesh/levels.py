"""Envoy's levels, which follow the same file as the services': Envoy takes them by its admin interface."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from services.common.log_levels import ENVOY, ROOT, in_force, parse, read


class Asked(Protocol):
    """The admin interface of one Envoy."""

    def ask(self, method: str, path: str) -> str | None:
        """Returns what it answers; None if it does not, or with an error."""


class EnvoyLevels:
    """The levels of one Envoy's loggers; without a line in the file they are as they were at its start."""

    def __init__(self, admin: Asked, file: Path, base: str) -> None:
        """Takes where Envoy is told, the file, and the level that it was started with."""
        self._admin = admin
        self._file = file
        self._base = base
        self._applied: Mapping[str, str] = {}

    def look(self, now: datetime) -> None:
        """Tells Envoy where the file has changed, or an end has come; what it did not hear is told again."""
        lines, _ = parse(read(self._file))
        levels = in_force(lines, ENVOY, now)
        if levels == self._applied:
            return
        # All first: it takes back what single loggers were told.
        asked = [f"level={levels.get(ROOT, self._base).lower()}"]
        asked += [f"{quote(name)}={level.lower()}" for name, level in levels.items() if name != ROOT]
        answers = [self._admin.ask("POST", f"/logging?{query}") for query in asked]
        # A logger that Envoy does not have is an error of its line alone.
        if answers[0] is not None:
            self._applied = levels
