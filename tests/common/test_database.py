"""A connection that is lent comes back, whatever happened to it."""

import asyncio
import os
import signal

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.common.database import MAX_OVERFLOW, Database
from services.common.interceptors import database_is_away


@pytest.fixture
async def database(admin_url):
    database = Database(admin_url, 1, "test")
    yield database
    await database.close()


@pytest.mark.parametrize("lend", ["reader", "driver"])
async def test_a_connection_comes_back_from_whoever_is_cancelled_or_fails(database, lend):
    async def work(statement):
        async with getattr(database, lend)() as connection:
            return await connection.fetchval(statement)

    for _ in range(2 * (1 + MAX_OVERFLOW)):
        task = asyncio.create_task(work("SELECT pg_sleep(60)"))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(asyncpg.DivisionByZeroError):
            await work("SELECT 1 / 0")
    assert await work("SELECT 1") == 1


async def _works(database):
    """Whoever is lent the one connection next can do everything with it."""
    for _ in range(2):
        async with database.snapshot() as connection:
            assert await connection.scalar(text("SELECT 1")) == 1
        async with database.transaction() as connection:
            assert await connection.scalar(text("SELECT 1")) == 1
        async with database.driver() as connection:
            assert await connection.fetchval("SELECT 1") == 1
    await database.ping()


async def test_a_read_that_is_cancelled_between_prepare_and_execute_spoils_no_connection(database):
    prepared = asyncio.Event()

    async def read():
        async with database.reader() as connection:
            await connection.prepare("SELECT count(*) FROM pg_class")
            prepared.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(read())
    await prepared.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await _works(database)


async def test_a_value_that_cannot_be_sent_spoils_no_connection(database):
    with pytest.raises(asyncpg.DataError):
        async with database.reader() as connection:
            await connection.fetch("SELECT count(*) FROM pg_class WHERE oid = $1::int", "no number")
    await _works(database)


async def test_a_transaction_that_cannot_begin_fails_alone(database):
    async with database.reader() as connection:
        await connection.prepare("SELECT count(*) FROM pg_class")  # the server is in the midst of a statement
    with pytest.raises(DBAPIError, match="before any query"):
        async with database.snapshot() as connection:
            await connection.execute(text("SELECT 1"))
    await _works(database)


async def test_nobody_is_lent_a_connection_that_is_in_a_transaction(database):
    async with database.reader() as connection:
        await connection.execute("BEGIN")
    await _works(database)


async def test_a_connection_that_the_server_ended_is_replaced(database):
    async with database.reader() as connection:
        first = await connection.fetchval("SELECT pg_backend_pid()")
        with pytest.raises(asyncpg.PostgresError):
            await connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    async with database.reader() as connection:
        assert await connection.fetchval("SELECT pg_backend_pid()") != first


async def test_a_server_that_is_frozen_is_away_as_one_that_is_gone_is(database, monkeypatch):
    monkeypatch.setattr("services.common.database.PING_S", 0.5)
    async with database.reader() as connection:
        backend = await connection.fetchval("SELECT pg_backend_pid()")
    os.kill(backend, signal.SIGSTOP)
    try:
        with pytest.raises(TimeoutError) as caught:
            await database.ping()
        assert database_is_away(caught.value)
    finally:
        os.kill(backend, signal.SIGCONT)
    await database.ping()
