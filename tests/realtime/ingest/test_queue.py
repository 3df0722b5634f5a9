"""What arrives together is stored together, and no more waits than can be stored soon."""

import asyncio
from contextlib import asynccontextmanager

import numpy as np
import pytest

from services.common.errors import ExhaustedError, UnavailableError
from services.realtime.ingest.domain import Outcomes
from services.realtime.ingest.queue import WriteQueue
from tests.realtime.ingest.rows import sent


class Store:
    """Keeps what it is given, once `open` is set; a batch of the sensor `poison` is an error."""

    def __init__(self):
        self.open = asyncio.Event()
        self.groups = []
        self.error = None

    async def __call__(self, batches):
        await self.open.wait()
        self.groups.append([batch.sensor_id[0] for batch in batches])
        if self.error is not None:
            raise self.error
        if any("poison" in batch.sensor_id for batch in batches):
            raise ValueError("poison")
        return [Outcomes(np.ones(len(batch), np.int8), {}) for batch in batches]


@asynccontextmanager
async def running(store, waiting_rows=1_000):
    queue = WriteQueue(store, lambda error: isinstance(error, OSError), waiting_rows)
    task = asyncio.create_task(queue.run())
    try:
        yield queue
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def writes(queue, names):
    return [asyncio.create_task(queue.write(sent({"sensor_id": name}))) for name in names]


async def both_busy(queue):
    """Gives each of the two writers something to store."""
    tasks = writes(queue, "a")
    await settled()
    tasks += writes(queue, "b")
    await settled()
    return tasks


async def settled():
    for _ in range(20):
        await asyncio.sleep(0)


async def test_what_waits_while_the_writers_are_busy_is_stored_together():
    store = Store()
    async with running(store) as queue:
        busy = await both_busy(queue)
        rest = writes(queue, "cdefg")
        await settled()
        store.open.set()
        answers = await asyncio.gather(*busy, *rest)
    assert sorted(store.groups) == [["a"], ["b"], ["c", "d", "e", "f", "g"]]
    assert [answer.codes.tolist() for answer in answers] == [[1]] * 7


async def test_with_too_much_waiting_a_batch_is_refused_and_what_waits_is_stored():
    store = Store()
    async with running(store, waiting_rows=3) as queue:
        tasks = await both_busy(queue)
        tasks += writes(queue, "cde")
        await settled()
        with pytest.raises(ExhaustedError):
            await queue.write(sent({}))
        store.open.set()
        assert len(await asyncio.gather(*tasks)) == 5
        await queue.write(sent({}))


async def test_a_batch_larger_than_what_may_wait_is_taken_where_nothing_else_waits():
    store = Store()
    store.open.set()
    async with running(store, waiting_rows=2) as queue:
        assert len((await queue.write(sent({}, {}, {}))).codes) == 3


async def test_a_batch_that_breaks_the_store_does_not_take_others_with_it():
    store = Store()
    async with running(store) as queue:
        busy = await both_busy(queue)
        tasks = writes(queue, ["c", "poison", "d"])
        await settled()
        store.open.set()
        await asyncio.gather(*busy)
        answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Outcomes, ValueError, Outcomes]


@pytest.mark.parametrize("error", [ConnectionRefusedError(), UnavailableError("away", "X")])
async def test_a_database_that_is_away_is_told_to_all_and_not_asked_again_for_each(error):
    store = Store()
    store.error = error
    async with running(store) as queue:
        busy = await both_busy(queue)
        tasks = writes(queue, "cd")
        await settled()
        store.open.set()
        answers = await asyncio.gather(*busy, *tasks, return_exceptions=True)
    assert answers == [error] * 4
    assert ["c", "d"] in store.groups


async def test_a_caller_that_has_gone_is_not_stored():
    store = Store()
    async with running(store) as queue:
        busy = await both_busy(queue)
        gone, stays = writes(queue, "cd")
        await settled()
        gone.cancel()
        await settled()
        store.open.set()
        await asyncio.gather(*busy, stays)
    assert ["d"] in store.groups
