"""Shows how the mesh is in one screen of 80 columns and 24 lines, once or again and again."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict
from datetime import UTC, datetime

import orjson
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from services.doctor.asking.database import ask_database
from services.doctor.asking.limits import ask
from services.doctor.asking.processes import ask_envoy, ask_processes
from services.doctor.domain import Unasked
from services.doctor.facts import Database, Envoy
from services.doctor.figures import Mesh
from services.doctor.glance import Glance, Row, glance
from services.doctor.report import DATABASE_S, ENVOY_S
from services.doctor.where import Where

BETWEEN_S = 1.0
_STYLES = {"ready": "green", "in part": "yellow", "not ready": "bold red", "down": "bold red"}


async def looks(where: Where, every_s: float) -> AsyncGenerator[Glance, None]:
    """Yields a look after a second, and then one every so many seconds."""
    before, asked = await ask_processes(where), time.monotonic()
    await asyncio.sleep(BETWEEN_S)
    while True:
        after, database, envoy = await _ask(where)
        now = time.monotonic()
        yield glance(before, after, now - asked, database, envoy)
        before, asked = after, now
        await asyncio.sleep(every_s)


async def _ask(where: Where) -> tuple[Mesh, Database | Unasked, Envoy | Unasked]:
    async def database() -> Database:
        return await ask_database(where.database_url())

    return await asyncio.gather(
        ask_processes(where), ask("the database", database(), DATABASE_S), ask("Envoy", ask_envoy(where), ENVOY_S)
    )


def as_json(shown: Glance) -> str:
    """Returns a look as one JSON object."""
    rows, lines = [asdict(row) for row in shown.rows], dict(shown.lines)
    return orjson.dumps({"services": rows, **lines}, option=orjson.OPT_INDENT_2).decode()


async def one_look(where: Where) -> Glance:
    """Returns one look."""
    async with aclosing(looks(where, 0)) as found:
        return await anext(found)


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
