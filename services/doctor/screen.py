"""Shows how the mesh is in one screen of 80 columns and 24 lines, once or again and again."""

from datetime import UTC, datetime

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from services.doctor.glance import Glance, Row
from services.doctor.looks import looks
from services.doctor.where import Where

_STYLES = {"ready": "green", "in part": "yellow", "not ready": "bold red", "down": "bold red"}


def show(shown: Glance, console: Console) -> None:
    """Shows one look."""
    console.print(_drawn(shown), highlight=False)


async def watch(where: Where, console: Console, every_s: float) -> None:
    """Shows look after look until it is cancelled; without a terminal one below the other."""
    if not console.is_terminal:
        async for shown in looks(where, every_s):
            show(shown, console)
        return
    with Live(Text("asking ..."), console=console, screen=True, auto_refresh=False) as live:
        async for shown in looks(where, every_s):
            live.update(_drawn(shown), refresh=True)


def _drawn(shown: Glance) -> Group:
    services = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    services.add_column("service", min_width=14)
    services.add_column("state", min_width=9)
    for title in ("processes", "requests/s", "errors/s", "p99"):
        services.add_column(title, justify="right")
    for row in shown.rows:
        services.add_row(*_cells(row))
    # A cause may be long; what there is to see must stay on the screen.
    lines = [
        Text.assemble((f"{title:<10}", "bold"), words, no_wrap=True, overflow="ellipsis")
        for title, words in shown.lines
    ]
    head = Text(f"flet-montrg at {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC", style="bold")
    return Group(head, "", services, "", *lines)


def _cells(row: Row) -> tuple[str | Text, ...]:
    p99 = "-" if row.p99_s is None else f"{row.p99_s * 1000:,.0f} ms"
    state = Text(row.state, style=_STYLES[row.state])
    return row.name, state, f"{row.processes} of {row.of}", f"{row.requests:,.1f}", f"{row.errors:,.1f}", p99
