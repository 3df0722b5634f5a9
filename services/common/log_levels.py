"""How much each part of the program says, by a file that an operator may change at any time.

A line is `[SERVICE:]LOGGER=LEVEL [until TIME]`, such as `alert:services.alert.notify=DEBUG until 2026-07-01T08:15:00Z`;
`root` is everything that has no line. Without a service it is for all of them. Once its time is over a line counts no
more: nobody has to take it back. `#` begins a comment.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

ROOT = "root"
ENVOY = "envoy"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
MOST_BYTES = 64 * 1024

_LINE = re.compile(r"(?:([\w-]+):)?([\w.-]+)=([A-Za-z]+)(?:\s+until\s+(\S+))?", re.ASCII)
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Line:
    """What one logger is to say.

    Attributes:
        service: whose logger it is, by the catalog's name or `envoy`; empty for every service, though not for Envoy.
        logger: its name; `root` for all that have no line.
        level: DEBUG, INFO, WARNING or ERROR.
        until: when it ends, or None for never.
    """

    service: str
    logger: str
    level: str
    until: datetime | None = None

    def __str__(self) -> str:
        """Returns the line as it is in the file."""
        words = f"{self.service}:{self.logger}={self.level}" if self.service else f"{self.logger}={self.level}"
        return words if self.until is None else f"{words} until {self.until.strftime(_TIME)}"


def read(file: Path) -> str:
    """Returns the text of a file of levels, as far as it has one: what cannot be read is as if it were not there."""
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES).decode(errors="replace")
    except OSError:
        return ""


def parse(text: str) -> tuple[list[Line], list[str]]:
    """Returns the lines of a file, and of what cannot be read a sentence each, with what to write instead."""
    found, bad = [], []
    for number, words in enumerate(text.splitlines(), 1):
        content = words.partition("#")[0].strip()
        line = _line(content)
        if isinstance(line, Line):
            found.append(line)
        elif content:
            bad.append(f"line {number} is {content[:100]!r}; {line}")
    return found, bad


def _line(words: str) -> Line | str:
    match = _LINE.fullmatch(words)
    if match is None:
        return f"write [SERVICE:]LOGGER=LEVEL, such as {ROOT}=INFO or alert:services.alert=DEBUG"
    if match[3].upper() not in LEVELS:
        return f"give one of {', '.join(LEVELS)}"
    try:
        until = datetime.strptime(match[4], _TIME).replace(tzinfo=UTC) if match[4] else None
    except ValueError:
        return "give the end as UTC, such as 2026-07-01T08:15:00Z"
    return Line(match[1] or "", match[2], match[3].upper(), until)


def in_force(lines: Iterable[Line], service: str, now: datetime) -> Mapping[str, str]:
    """Returns the levels of a service's loggers; a line of its own goes before one for all, a later one before others.

    What is for all is not for Envoy, whose loggers have other names.
    """
    whose = (service,) if service == ENVOY else ("", service)
    count = [line for line in lines if line.service in whose and (line.until is None or now < line.until)]
    return {line.logger: line.level for line in sorted(count, key=lambda line: bool(line.service))}
