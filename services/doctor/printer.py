"""Prints a report: for people, or as JSON for programs."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import orjson

from services.doctor.domain import Finding, Level

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {Level.OK: "green", Level.UNKNOWN: "cyan", Level.WARNING: "yellow", Level.FAILURE: "bold red"}
_PLURALS = {
    Level.FAILURE: ("failure", "failures"),
    Level.WARNING: ("warning", "warnings"),
    Level.UNKNOWN: ("unknown",) * 2,
}


def as_json(findings: Sequence[Finding]) -> str:
    """Returns the report as one JSON object: `level` is the worst of all."""
    rows = [
        {"check": each.check, "level": each.level.value, "found": each.found, "remedy": each.remedy}
        for each in findings
    ]
    worst = max((each.level for each in findings), key=list(Level).index, default=Level.OK)
    return orjson.dumps({"level": worst.value, "findings": rows}, option=orjson.OPT_INDENT_2).decode()


def show(findings: Sequence[Finding], console: "Console") -> None:
    """Prints the report, and how many findings of each kind there are."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for each in _joined(findings):
        found = Text(each.found)
        if each.remedy:
            found.append(f"\n→ {each.remedy}", style="italic")
        table.add_row(Text(each.level.value, style=_STYLES[each.level]), each.check, found)
    console.print(table, highlight=False)
    console.print(summary(findings), markup=False, highlight=False)


def _joined(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Returns the findings with those last, and together, that one cause keeps from being known."""
    checks: dict[str, list[str]] = {}
    for each in findings:
        if each.level is Level.UNKNOWN and each.check not in checks.setdefault(each.found, []):
            checks[each.found].append(each.check)
    known = [each for each in findings if each.level is not Level.UNKNOWN]
    return [*known, *(Finding("\n".join(names), Level.UNKNOWN, cause) for cause, names in checks.items())]


def summary(findings: Sequence[Finding]) -> str:
    """Returns the report in one line."""
    counts = Counter(each.level for each in findings)
    parts = [f"{counts[level]} {words[counts[level] > 1]}" for level, words in _PLURALS.items() if counts[level]]
    return ", ".join(parts) or "all is well"
