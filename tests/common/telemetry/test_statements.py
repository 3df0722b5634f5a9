"""Statements are timed over either way to a real PostgreSQL, and their errors are told apart."""

import asyncpg
import pytest
from sqlalchemy import exc, text

from services.common.database import Database
from services.common.interceptors import database_is_away
from services.common.telemetry import statements
from services.common.telemetry.registry import REGISTRY
from services.common.telemetry.statements import copying, kind_of


@pytest.fixture
async def database(admin_url):
    database = Database(admin_url, 1, "test")
    statements.watch(database, database_is_away)
    yield database
    await database.close()


def rising(name, kind):
    def told():
        return REGISTRY.get_sample_value(name, {"kind": kind}) or 0

    before = told()
    return lambda: told() - before


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("SELECT 1", "select"), ("\n  insert INTO x", "insert"), ("COMMIT;", "other"), ("", "other"),
        ("WITH a AS (SELECT 1) SELECT * FROM a", "select"), ("WITH a AS (DELETE FROM b) SELECT 1", "delete"),
        ("with updated AS (SELECT 1) SELECT updated_at", "select"), ("COPY x FROM STDIN", "copy"),
    ],
)  # fmt: skip
def test_the_kind_of_a_statement_is_one_of_a_few(statement, kind):
    assert kind_of(statement) == kind


async def test_a_statement_is_timed_once_over_either_way(database):
    timed = rising("montrg_database_query_seconds_count", "select")
    others = rising("montrg_database_query_seconds_count", "other")
    async with database.transaction() as connection:
        await connection.execute(text("SELECT 1"))
    assert timed() == 1
    assert others() >= 1  # COMMIT
    async with database.reader() as driver:
        await driver.fetchval("SELECT 1")
        await driver.execute("SELECT 2")
    assert timed() == 3


async def test_a_copy_is_timed(database):
    timed = rising("montrg_database_query_seconds_count", "copy")
    async with database.driver() as driver:
        await driver.execute("CREATE TEMPORARY TABLE copied (n integer) ON COMMIT DROP")
        with copying():
            await driver.copy_records_to_table("copied", records=[(1,)])
    assert timed() == 1


async def test_a_wrong_statement_is_an_error_and_what_a_caller_sent_twice_is_none(database):
    wrong, away = (rising("montrg_database_errors_total", kind) for kind in ("other", "away"))
    with pytest.raises(asyncpg.DivisionByZeroError):
        async with database.reader() as driver:
            await driver.fetchval("SELECT 1 / 0")
    with pytest.raises(ZeroDivisionError):
        async with database.driver():
            raise ZeroDivisionError
    async with database.reader() as driver:
        await driver.execute("CREATE TEMPORARY TABLE once (n integer PRIMARY KEY); INSERT INTO once VALUES (1)")
    with pytest.raises(asyncpg.UniqueViolationError):
        async with database.reader() as driver:
            await driver.execute("INSERT INTO once VALUES (1)")
    with pytest.raises(exc.DBAPIError):
        async with database.transaction() as connection:
            await connection.execute(text("SELECT 1 / 0"))
    assert (wrong(), away()) == (2, 0)


async def test_a_connection_that_breaks_means_that_the_database_is_away(database):
    away = rising("montrg_database_errors_total", "away")
    with pytest.raises(asyncpg.PostgresError):
        async with database.reader() as driver:
            await driver.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    assert away() == 1
