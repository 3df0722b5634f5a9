"""What the log keeps, for whom, and what it says to one who comes too late."""

from datetime import UTC, datetime, timedelta

import grpc
import pytest

from services.common.database import Database
from services.realtime.log.repository import SqlLog
from tests.conftest import service_url
from tests.support.reading_log import Measuring, append
from tests.support.refusals import reason

LONG_AGO, MUCH = datetime(2000, 1, 1, tzinfo=UTC), 1 << 40


@pytest.fixture
async def trim(admin_url):
    database = Database(service_url(admin_url, "realtime"), 1, "test")

    async def trim(keep_after=None, oldest=LONG_AGO, most_bytes=MUCH):
        keep_after = keep_after or datetime.now(UTC) + timedelta(minutes=1)
        return await SqlLog(database).trim(keep_after=keep_after, oldest=oldest, most_bytes=most_bytes)

    yield trim
    await database.close()


@pytest.fixture
async def consumers(log):
    """Two consumers, registered at the log's end."""
    names = ("fast", "slow")
    for name in names:
        await log.register(name)
    yield names
    for name in names:
        await log.remove(name)


@pytest.fixture(scope="module")
def write(connection):
    measuring = Measuring(["t-1", "t-2", "t-3"], seed=2)

    async def write(*sizes):
        """Appends batches of these numbers of readings."""
        for size in sizes:
            rows = [measuring.rows(1)[0] for _ in range(size)]
            await append(connection, rows)

    return write


async def seqs(connection):
    log = [row["seq"] for row in await connection.fetch("SELECT seq FROM realtime.reading_log ORDER BY seq")]
    assert await connection.fetchval("SELECT count(*) FROM realtime.reading_batch") == len(log)
    return log


async def test_what_all_have_passed_goes_but_for_the_newest(connection, log, consumers, write, trim):
    await write(1, 1, 1, 1)
    generation, last = (head := (await log.list()).head).generation, head.last_seq
    await log.commit("fast", generation, last)
    await log.commit("slow", generation, last - 2)
    before = await seqs(connection)
    assert await trim(keep_after=datetime.now(UTC) - timedelta(minutes=10)) == 0
    assert await seqs(connection) == before
    assert await trim() > 0
    assert await seqs(connection) == [last - 1, last]
    assert (await log.list()).head.trimmed_seq == last - 2
    await log.commit("slow", generation, last)
    await trim()
    assert await seqs(connection) == []
    head = (await log.list()).head
    assert (head.trimmed_seq, head.last_seq) == (last, last)
    await write(1)
    assert await log.read(2, generation, last) == [generation, last + 1]


@pytest.mark.parametrize("cap", ["age", "size"])
async def test_beyond_the_caps_it_waits_for_nobody_and_tells_who_comes_too_late(log, consumers, write, trim, cap):
    await write(1, 1, 1)
    head = (await log.list()).head
    place = (head.generation, head.last_seq - 3)
    assert (await log.read(2, *place))[1] == head.last_seq - 2
    await trim(**({"oldest": datetime.now(UTC) + timedelta(minutes=1)} if cap == "age" else {"most_bytes": 1}))
    for call in (log.subscribe(*place).read(), log.commit("slow", *place)):
        assert await reason(call) == (grpc.StatusCode.OUT_OF_RANGE, "CURSOR_EXPIRED")
    assert await log.read(1, head.generation, head.last_seq) == [head.generation]


async def test_the_size_cap_keeps_the_newest_that_fit(connection, consumers, write, trim):
    await write(1, 1, 100)
    await write(1, 1)
    newest = await connection.fetch("SELECT seq, bytes_total FROM realtime.reading_log ORDER BY seq DESC LIMIT 3")
    two = newest[0]["bytes_total"] - newest[2]["bytes_total"]
    await trim(most_bytes=two + 10)
    assert await seqs(connection) == [newest[1]["seq"], newest[0]["seq"]]
    await trim(most_bytes=two)
    assert await seqs(connection) == [newest[1]["seq"], newest[0]["seq"]]
    await trim(most_bytes=two - 1)
    assert await seqs(connection) == [newest[0]["seq"]]


async def test_each_consumers_lag_counts_what_it_has_not_passed(log, consumers, write):
    await write(3, 5, 7)
    head = (await log.list()).head
    await log.commit("fast", head.generation, head.last_seq - 1)
    lags = {c.consumer: c for c in (await log.list()).consumers}
    assert [(lags[n].lag_batches, lags[n].lag_readings) for n in ("fast", "slow")] == [(1, 7), (3, 15)]
    assert lags["slow"].lag_s >= lags["fast"].lag_s > 0
    answer = await log.commit("slow", head.generation, head.last_seq)
    assert (answer.lag_batches, answer.lag_readings, answer.lag_s) == (0, 0, 0)


async def test_a_consumer_that_is_registered_again_stays_where_it_is(log, consumers, write):
    place = (await log.register("slow")).seq
    await write(1)
    assert (await log.register("slow")).seq == place
    assert (await log.register("third")).seq == place + 1
    await log.remove("third")
    for call in (log.commit("third", *((await log.list()).head.generation, place)), log.remove("third")):
        assert await reason(call) == (grpc.StatusCode.NOT_FOUND, "CONSUMER_NOT_FOUND")
