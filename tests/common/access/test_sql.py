"""A caller's factories in SQL are those that `Scope.covers` says, whatever factories and plants are called."""

import random
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import Column, MetaData, Table, Text, bindparam, not_, select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from services.common.access.domain import EVERYTHING, NOTHING, Grant, Scope
from services.common.access.sql import within, within_text
from services.common.database_url import sqlalchemy_url

# The last two are alike to the eye, and two factories everywhere.
NAMES = (
    "", "Press", "press", " Press", "'; --", "%", "_", "A > B", "*", "울산", "\\", '{"a",b}', "NULL", ":x", "$1",
    "caf\u00e9", "cafe\u0301",
)  # fmt: skip
UNSTORED = ("no such", "a\0b", "\ud800")
PLACES = [(plant, factory) for plant in (None, *NAMES) for factory in (None, *NAMES)]
TABLE = Table("place", MetaData(), Column("plant", Text), Column("factory", Text), prefixes=["TEMPORARY"])


@pytest.fixture
async def places(server_url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(sqlalchemy_url(server_url))
    async with engine.connect() as connection:
        await connection.run_sync(TABLE.create)
        await connection.execute(TABLE.insert(), [{"plant": plant, "factory": factory} for plant, factory in PLACES])
        yield connection
    await engine.dispose()


def examples(count: int = 150) -> list[Scope]:
    """Scopes at random, and each kind of grant by itself."""
    dice, words = random.Random(7), (None, *NAMES, *UNSTORED)
    mixed = [[Grant(dice.choice(words), dice.choice(words)) for _ in range(dice.randint(1, 6))] for _ in range(count)]
    single = [Scope(frozenset({Grant(p, f)})) for p in (None, "", "Press") for f in (None, "", "Press", "울산")]
    return [EVERYTHING, NOTHING, *single, *(Scope(frozenset(grants)) for grants in mixed)]


def expected(scope: Scope) -> set[tuple[str | None, str | None]]:
    return {place for place in PLACES if scope.covers(*place)}


async def test_rows_are_within_a_scope_if_it_covers_them(places: AsyncConnection) -> None:
    for scope in examples():
        condition = within(scope, TABLE.c.plant, TABLE.c.factory)
        found = {tuple(row) for row in await places.execute(select(TABLE).where(condition))}
        others = {tuple(row) for row in await places.execute(select(TABLE).where(not_(condition)))}
        assert found == expected(scope), scope
        assert others == set(PLACES) - found, "neither within nor without"


async def test_sql_for_asyncpg_finds_the_same(places: AsyncConnection) -> None:
    driver: asyncpg.Connection = (await places.get_raw_connection()).driver_connection
    for scope in examples():
        condition, parameters = within_text(scope, "plant", "factory", 2)
        rows = await driver.fetch(f"SELECT plant, factory FROM place WHERE $1 AND {condition}", True, *parameters)
        assert {tuple(row) for row in rows} == expected(scope), scope


def test_a_scope_that_is_everything_leaves_a_statement_as_it_was() -> None:
    plain = select(TABLE).where(TABLE.c.factory == bindparam("one"))
    assert str(plain.where(within(EVERYTHING, TABLE.c.plant, TABLE.c.factory))) == str(plain)
    assert within_text(EVERYTHING, "plant", "factory", 1) == ("true", [])
