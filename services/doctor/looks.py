"""Looks at the mesh again and again, for `montrg status`."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict

import orjson

from services.doctor.asking.database import ask_database
from services.doctor.asking.limits import ask
from services.doctor.asking.processes import ask_envoy, ask_processes
from services.doctor.domain import Unasked
from services.doctor.facts import Database, Envoy
from services.doctor.figures import Mesh
from services.doctor.glance import Glance, glance
from services.doctor.report import DATABASE_S, ENVOY_S
from services.doctor.where import Where

BETWEEN_S = 1.0


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

    processes, found, envoy = await asyncio.gather(
        ask_processes(where), ask("the database", database(), DATABASE_S), ask("Envoy", ask_envoy(where), ENVOY_S)
    )
    return processes.beside(found), found, envoy


def as_json(shown: Glance) -> str:
    """Returns a look as one JSON object."""
    rows, lines = [asdict(row) for row in shown.rows], dict(shown.lines)
    return orjson.dumps({"services": rows, **lines}, option=orjson.OPT_INDENT_2).decode()


async def one_look(where: Where) -> Glance:
    """Returns one look."""
    async with aclosing(looks(where, 0)) as found:
        return await anext(found)
