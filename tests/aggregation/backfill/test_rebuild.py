"""A consumer that has lost its place, and a log that was restored: everything is made anew while readings come in."""

import pytest

from services.aggregation.backfill.repository import SqlBackfills
from services.common.reading_log import Place
from tests.aggregation.backfill.conftest import made_up, nothing_left_to_do, settled
from tests.support.mesh import eventually
from tests.support.rollups import assert_rollups_are_right, followed

pytestmark = pytest.mark.usefixtures("season")


async def asked(connection):
    return await connection.fetchval("SELECT count(*) FROM aggregation.backfill WHERE start_date IS NULL")


async def test_a_consumer_without_its_place_has_everything_made_anew_while_readings_come_in(connection, write):
    before = await asked(connection)
    rows = made_up(20, 2000)
    await connection.execute("DELETE FROM aggregation.hourly WHERE series_id % 2 = 0")
    for begin in range(0, len(rows), 100):
        await write(*rows[begin : begin + 100])
        if begin in (300, 900):
            await connection.execute("UPDATE aggregation.log_cursor SET generation = '', seq = 0, gen = gen + 1")

    async def is_asked_for():
        return await asked(connection) > before

    await eventually(is_asked_for)
    await settled(connection)
    await assert_rollups_are_right(connection)


async def test_batches_that_a_restored_log_gives_anew_are_not_counted_twice(connection, write, halted):
    """Of hours with batches from after the place nothing can be trusted, even where they look right."""
    await settled(connection)
    await write(*made_up(30, 50))
    await followed(connection)
    generation, last = await connection.fetchrow("SELECT generation, seq FROM aggregation.log_cursor LIMIT 1")
    async with halted() as other:
        async with connection.transaction():
            await SqlBackfills().request(connection, Place(generation, last - 1))
        await nothing_left_to_do(connection)
        await other.execute("UPDATE aggregation.log_cursor SET gen = gen + 1, seq = $1", last - 1)
    await followed(connection)
    await assert_rollups_are_right(connection)


async def test_one_of_some_days_that_is_at_work_begins_again(connection, create, ended):
    begun = "UPDATE aggregation.backfill SET state = 'RUNNING', worker = 'other', lease_until = now() + interval '1 h'"
    async with connection.transaction():
        created = await connection.fetchval(
            "INSERT INTO aggregation.backfill (start_date, end_date, state, create_time, update_time)"
            " VALUES ('2026-06-03', '2026-06-09', 'PENDING', now(), now()) RETURNING backfill_id"
        )
        await connection.execute(f"{begun}, range_start = now(), range_end = now() WHERE backfill_id = {created}")
        place = await connection.fetchrow("SELECT generation, seq FROM aggregation.log_cursor LIMIT 1")
        await SqlBackfills().request(connection, Place(*place))
    await settled(connection)
    row = await connection.fetchrow("SELECT * FROM aggregation.backfill WHERE backfill_id = $1", created)
    assert (row["state"], str(row["range_start"])) == ("DONE", "2026-06-02 15:00:00+00:00")
    assert row["worker"] != "other"
