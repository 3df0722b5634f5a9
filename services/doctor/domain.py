"""What a check finds, and what the findings come to. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum


class Level(Enum):
    """How bad something is. What could not be asked is neither good nor bad, and is said to be unknown."""

    OK = "ok"
    UNKNOWN = "unknown"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report.

    Attributes:
        check: what was looked at.
        level: how it is.
        found: what was found, in figures.
        remedy: the command or the setting that mends it; empty where nothing needs to be.
    """

    check: str
    level: Level
    found: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Unasked:
    """Stands for facts that could not be had.

    Attributes:
        cause: why.
        is_hanging: whether who was asked refused nothing, and said nothing until the time was over.
    """

    cause: str
    is_hanging: bool = False


def ok(check: str, found: str) -> Finding:
    """Returns that something is well."""
    return Finding(check, Level.OK, found)


def warning(check: str, found: str, remedy: str) -> Finding:
    """Returns that something should be looked at."""
    return Finding(check, Level.WARNING, found, remedy)


def failure(check: str, found: str, remedy: str) -> Finding:
    """Returns that something does not work."""
    return Finding(check, Level.FAILURE, found, remedy)


def unknown(check: str, unasked: Unasked) -> Finding:
    """Returns that something could not be found out.

    The cause has a finding of its own, and with it the remedy, or passes by itself.
    """
    return Finding(check, Level.UNKNOWN, unasked.cause)


def exit_code(findings: Iterable[Finding], *, is_strict: bool) -> int:
    """Returns 2 where something fails; 1 where something is not well and that counts; else 0."""
    levels = {finding.level for finding in findings}
    if Level.FAILURE in levels:
        return 2
    return int(is_strict and bool(levels - {Level.OK}))


def some(names: Sequence[str], most: int = 3) -> str:
    """Returns the first names, and how many there are besides."""
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest:,} more" if rest > 0 else "")


def span(seconds: float) -> str:
    """Returns a length of time as people say it."""
    for size, unit in ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def size(number: float) -> str:
    """Returns a number of bytes as people say it."""
    for power, unit in ((4, "TB"), (3, "GB"), (2, "MB")):
        if number >= 1000**power:
            return f"{number / 1000**power:.1f} {unit}"
    return f"{number / 1000:.0f} kB"
