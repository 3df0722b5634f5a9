"""Work that time brings: done while the log is followed to its end, behind the same fence as the readings'."""

import asyncio

from services.common.reading_log import consumer as consumer_module
from tests.chaos.tally import Tally, tallying
from tests.support.mesh import eventually
from tests.support.reading_log import Measuring, append


class Ticking(Tally):
    """Notes of each tick what was held, and how far the cursors were."""

    def __init__(self, pause_s=0.0):
        super().__init__(pause_s=pause_s)
        self.ticks = []

    async def tick(self, connection, shards):
        seq = await connection.fetchval("SELECT min(seq) FROM tally.log_cursor")
        self.ticks.append((seq, shards))

    async def more(self, count=1):
        """Waits for more of them."""
        wanted = len(self.ticks) + count

        async def there():
            return len(self.ticks) >= wanted

        await eventually(there)


async def test_ticks_come_again_and_again_for_all_that_is_held(connection, tally_url, target):
    work = Ticking()
    async with tallying(tally_url, target, work):
        await work.more(3)
    assert {shards for _, shards in work.ticks} == {frozenset(range(16))}


async def test_no_tick_comes_before_all_that_waits_in_the_log_has_been_applied(connection, tally_url, target):
    measuring = Measuring([f"wait-{number}" for number in range(16)], seed=2)
    for _ in range(400):
        await append(connection, measuring.rows(200))
    end = await connection.fetchval("SELECT max(seq) FROM realtime.reading_log")
    work = Ticking(pause_s=0.3)
    async with tallying(tally_url, target, work):
        await work.more()
    assert work.ticks[0][0] >= end


async def test_a_tick_that_is_wanted_comes_before_its_time(connection, monkeypatch, tally_url, target):
    monkeypatch.setattr(consumer_module, "TICK_EVERY_S", 3600.0)
    work = Ticking()
    async with tallying(tally_url, target, work) as consumer:
        await work.more()
        consumer.tick_soon()
        await work.more()
        await asyncio.sleep(1.5)
    assert len(work.ticks) == 2


async def test_a_tick_for_what_another_replica_has_taken_writes_nothing(connection, tally_url, target):
    class Writing(Ticking):
        async def tick(self, connection, shards):
            await super().tick(connection, shards)
            await connection.execute("INSERT INTO tally.rebuild VALUES (-1, 'tick', 0)")

    work = Writing()
    async with tallying(tally_url, target, work) as consumer:
        await work.more()
        async with connection.transaction():
            # The row is locked, as by one who takes over.
            await connection.execute("UPDATE tally.log_cursor SET gen = gen + 1 WHERE shard = 3")
            written = await connection.fetchval("SELECT count(*) FROM tally.rebuild WHERE generation = 'tick'")

            async def fenced():
                return "FencedError" in (consumer.state.last_error or "")

            await eventually(fenced)
            assert await connection.fetchval("SELECT count(*) FROM tally.rebuild WHERE generation = 'tick'") == written
        await work.more()


async def test_ticks_come_although_there_always_is_a_batch(connection, tally_url, target):
    measuring = Measuring(["steady"], seed=3)
    work = Ticking(pause_s=0.05)

    async def write():
        while True:
            await append(connection, measuring.rows(2))

    async with tallying(tally_url, target, work):
        await work.more()
        writing = asyncio.create_task(write())
        try:
            await work.more(3)
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
