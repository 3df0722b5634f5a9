"""Replicas that come, go, and are stopped for a while."""

import asyncio
import os
import signal
from contextlib import asynccontextmanager

import asyncpg

from tests.conftest import service_url
from tests.support.reading_log import Measuring, write_in_sql


@asynccontextmanager
async def writing(admin_url, name):
    """Writes into the log beside the block, and gives what was acknowledged."""
    measuring = Measuring([f"{name}-{number}" for number in range(48)], seed=7)
    connection = await asyncpg.connect(service_url(admin_url, "realtime"))
    over = asyncio.Event()
    task = asyncio.create_task(write_in_sql(connection, measuring, over))
    try:
        yield measuring.totals
    finally:
        over.set()
        await task
        await connection.close()


async def require_exact(group, acknowledged):
    await group.come_to_the_end()
    assert await group.totals(acknowledged) == acknowledged
    assert await group.applied_twice() == 0


async def test_replicas_that_come_and_go_share_the_shards_and_each_batch_is_applied_once(admin_url, group):
    async with writing(admin_url, "share") as acknowledged:
        first = group.start()
        await group.come_to(16)
        second, third = group.start(), group.start()
        await group.come_to(6, 6, 4)
        await asyncio.sleep(1)
        group.stop(second)
        await group.come_to(8, 8)
        group.kill(third)
        await group.come_to(16)
        assert first.poll() is None
    await require_exact(group, acknowledged)


async def stop_for_a_while(group, replica, state):
    """Stops a replica in a state of its session, until another one has what it held; then wakes it."""
    holders = await group.holders()
    await group.come_to_work(replica, state)
    os.kill(replica.pid, signal.SIGSTOP)
    group.start()
    await group.come_from(holders)
    await asyncio.sleep(1)
    os.kill(replica.pid, signal.SIGCONT)
    await group.come_to(8, 8)


async def test_a_replica_that_was_stopped_in_a_transaction_is_taken_over_from_and_writes_nothing(admin_url, group):
    async with writing(admin_url, "within") as acknowledged:
        stopped = group.start(pause_s=2.0)
        await group.come_to(16)
        await stop_for_a_while(group, stopped, "idle in transaction")
        assert group.log(message="sessions of a stale member ended")
    await require_exact(group, acknowledged)


async def test_a_replica_that_was_stopped_before_a_transaction_is_refused_by_the_fence(admin_url, group):
    async with writing(admin_url, "before") as acknowledged:
        stopped = group.start(hesitate_s=1.0)
        await group.come_to(16)
        await stop_for_a_while(group, stopped, "idle")
        assert [line for line in group.log() if line.get("error", "").startswith("FencedError")]
    await require_exact(group, acknowledged)
