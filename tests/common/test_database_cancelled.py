"""A transaction whose caller goes away in the midst of it, at whichever moment, leaves no trace in the pool."""

import asyncio

from services.common.database import Database
from tests.conftest import service_url

# At moments that lie closer together at the beginning, where the transaction begins.
STEPS, LAST_S = 60, 0.08


async def test_whenever_a_transaction_is_cancelled_the_next_one_on_its_connection_is_committed(admin_url):
    database = Database(service_url(admin_url, "alert"), 1, "test")
    began = 0

    async def write():
        nonlocal began
        async with database.driver() as connection:
            began += 1
            await connection.execute("SELECT pg_sleep(1)")

    for step in range(STEPS):
        task = asyncio.create_task(write())
        await asyncio.sleep(LAST_S * (step / STEPS) ** 2)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with database.reader() as driver:
            await driver.fetchval("SELECT 1")
            assert not driver.is_in_transaction(), f"cancelled at step {step}"
    assert 0 < began < STEPS, "it was never cancelled before, or never after, the transaction began"
    await database.close()
