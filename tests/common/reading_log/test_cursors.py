"""The fence: who cannot lock what it thinks it holds writes nothing."""

from dataclasses import replace

import pytest

from services.common.database import Database
from services.common.reading_log.cursors import Cursors, FencedError
from services.common.reading_log.shards import SHARDS, plan
from services.common.reading_log.state import Place
from tests.chaos.tally import SCHEMA

ME, OTHER = 11, 22
PLACE = Place("g", 5)


@pytest.fixture(scope="module")
async def database(tally_url):
    database = Database(tally_url, 3, "test")
    yield database
    await database.close()


@pytest.fixture
async def cursors(database, request):
    """A consumer of the test's own, with fresh rows."""
    cursors = Cursors(SCHEMA, request.node.name[:50])
    async with database.driver() as connection:
        await cursors.make(connection)
        await cursors.make(connection)
    return cursors


async def take(database, cursors, member, alive):
    async with database.driver() as connection:
        return await cursors.carry_out(connection, plan(await cursors.read(connection), member, alive), member)


async def read(database, cursors):
    async with database.driver() as connection:
        return await cursors.read(connection)


async def test_each_shard_has_one_row_however_often_it_is_made(database, cursors):
    assert [c.shard for c in await read(database, cursors)] == list(range(SHARDS))


async def test_a_change_of_the_holder_raises_the_right(database, cursors):
    first = await take(database, cursors, ME, {ME})
    second = await take(database, cursors, OTHER, {OTHER})
    assert [(c.holder, c.gen) for c in (*first, *second)] == [(ME, 1)] * 16 + [(OTHER, 2)] * 16
    given = await take(database, cursors, OTHER, {ME, OTHER})
    assert [(c.holder, c.gen) for c in given] == [(None, 3)] * 8


async def test_who_was_overtaken_is_refused_and_so_is_who_forgot_where_it_was(database, cursors):
    held = await take(database, cursors, ME, {ME})
    async with database.driver() as connection:
        await cursors.fence(connection, held, PLACE)
    with pytest.raises(FencedError):
        async with database.driver() as connection:
            await cursors.fence(connection, held)
    held = await read(database, cursors)
    await take(database, cursors, OTHER, {OTHER})
    with pytest.raises(FencedError):
        async with database.driver() as connection:
            await cursors.fence(connection, held)


async def test_only_what_is_behind_a_place_is_moved_to_it(database, cursors):
    held = await take(database, cursors, ME, {ME})
    async with database.driver() as connection:
        await cursors.fence(connection, held, PLACE)
    ahead = await read(database, cursors)
    async with database.driver() as connection:
        await cursors.fence(connection, ahead)
        await cursors.fence(connection, ahead, Place("g", 4))
    assert await read(database, cursors) == ahead == [replace(c, generation="g", seq=5) for c in held]
    async with database.driver() as connection:
        await cursors.fence(connection, ahead[:3], Place("h", 9))
    moved = [replace(c, generation="h", seq=9) for c in ahead[:3]]
    assert await read(database, cursors) == [*moved, *ahead[3:]]


async def test_work_that_the_log_gives_again_does_not_wait_for_the_disk(database, cursors):
    held = await take(database, cursors, ME, {ME})
    async with database.driver() as connection:
        await cursors.fence(connection, held, PLACE)
        assert await connection.fetchval("SHOW synchronous_commit") == "off"


async def test_losing_one_shard_is_enough_to_be_refused(database, cursors):
    held = list(await take(database, cursors, ME, {ME}))
    held[3] = replace(held[3], gen=held[3].gen - 1)
    with pytest.raises(FencedError, match=r"\[3\]"):
        async with database.driver() as connection:
            await cursors.fence(connection, held)


async def test_nobody_takes_what_a_transaction_works_on_and_nobody_waits_for_it(database, cursors):
    held = await take(database, cursors, ME, {ME})
    async with database.driver() as connection:
        await cursors.fence(connection, held)
        assert await take(database, cursors, OTHER, {OTHER}) == []
    assert len(await take(database, cursors, OTHER, {OTHER})) == SHARDS


async def test_a_rebuild_is_done_by_one_and_fences_the_others(database, cursors):
    await take(database, cursors, ME, {ME, OTHER})
    await take(database, cursors, OTHER, {ME, OTHER})
    everything = await read(database, cursors)
    mine, others = ([c for c in everything if c.holder == member] for member in (ME, OTHER))
    async with database.driver() as connection:
        await cursors.fence_all(connection, mine)
        for refused in (cursors.fence, cursors.fence_all):
            with pytest.raises(FencedError):
                async with database.driver() as second:
                    await refused(second, others)
        await cursors.restart(connection, PLACE)
    with pytest.raises(FencedError):
        async with database.driver() as connection:
            await cursors.fence_all(connection, others)
    assert {Place(c.generation, c.seq) for c in await read(database, cursors)} == {PLACE}
