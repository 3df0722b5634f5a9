"""What a place in the log is worth: in order, after open transactions elsewhere, and after a restore."""

import asyncio
from contextlib import asynccontextmanager

import asyncpg
import grpc
import pytest
from sqlalchemy.engine import make_url

from tests.support.reading_log import Measuring, append, store
from tests.support.refusals import reason


@pytest.fixture(scope="module")
def measuring():
    return Measuring(["p-1", "p-2"], seed=1)


async def end(log):
    head = (await log.list()).head
    return head.generation, head.last_seq


async def test_batches_come_in_the_order_of_their_commits_whoever_wrote_first(admin_url, connection, log, measuring):
    place = await end(log)
    slow = await asyncpg.connect(admin_url)
    transaction = slow.transaction()
    await transaction.start()
    first = await store(slow, measuring.rows(5))
    second = await append(connection, measuring.rows(5))
    await transaction.commit()
    await slow.close()
    assert first < second
    order = await connection.fetch("SELECT id FROM realtime.reading_log WHERE seq > $1 ORDER BY seq", place[1])
    assert [row["id"] for row in order] == [second, first]
    generation, *seqs = await log.read(3, *place)
    assert (generation, seqs) == (place[0], sorted(seqs))


@asynccontextmanager
async def open_write(url):
    """A transaction that has written something and does not end."""
    connection = await asyncpg.connect(url)
    await connection.execute("BEGIN; CREATE TABLE left_open (x int)")
    try:
        yield
    finally:
        await connection.close()


async def test_open_transactions_elsewhere_do_not_hold_the_log_up(admin_url, server_url, connection, log, measuring):
    other = make_url(server_url).set(database="postgres").render_as_string(hide_password=False)
    async with open_write(admin_url), open_write(other):
        writer = await asyncpg.connect(admin_url)
        transaction = writer.transaction()
        await transaction.start()
        await store(writer, measuring.rows(5))
        call = log.subscribe(*await end(log))
        await call.read()
        await append(connection, measuring.rows(5))
        async with asyncio.timeout(5):
            assert (await call.read()).batch.series_index
        await transaction.rollback()
        await writer.close()
        call.cancel()


async def test_a_place_of_before_a_restore_holds_up_to_where_it_was_restored(connection, log, measuring):
    await append(connection, measuring.rows(5))
    generation, restored = await end(log)
    # As if everything so far had come from another server: that is all that a restore changes.
    await connection.execute("UPDATE realtime.log_generation SET server = 'another'")
    await append(connection, measuring.rows(5))
    new, last = await end(log)
    assert new != generation
    assert await log.read(4, generation, restored - 1) == [generation, restored, new, last]
    assert await log.read(3, generation, restored) == [generation, new, last]
    for place, wanted in (
        ((generation, last), "CURSOR_AHEAD"),
        ((new, last + 1), "CURSOR_AHEAD"),
        (("unknown", 1), "LOG_REPLACED"),
        (("", last), "LOG_REPLACED"),
    ):
        assert await reason(log.subscribe(*place).read()) == (grpc.StatusCode.OUT_OF_RANGE, wanted)


async def test_a_follower_hears_of_a_new_generation_before_its_first_batch(connection, log, measuring):
    generation, seq = await end(log)
    call = log.subscribe(generation, seq)
    await call.read()
    await connection.execute("UPDATE realtime.log_generation SET server = 'another'")
    await append(connection, measuring.rows(5))
    head, batch = (await call.read()).head, (await call.read()).batch
    call.cancel()
    assert (head.generation, batch.seq) == await end(log)
    assert head.generation != generation
