"""Backfills as jobs: asked for, listed, stopped, and gone on with by another process."""

import asyncpg
import grpc
import pytest
from montrg.aggregation.v1 import backfill_service_pb2 as pb2

from services.aggregation.app import APP as AGGREGATION
from services.aggregation.rollup.store import SHARD_LOCKS
from services.common.reading_log import shard_of
from tests.support.mesh import eventually
from tests.support.refusals import reason, refused
from tests.support.rollups import assert_rollups_are_right

pytestmark = pytest.mark.usefixtures("season")

DAMAGE = "UPDATE aggregation.hourly SET readings = 50 WHERE series_id = (SELECT series_id FROM aggregation.series {})"

BAD = [
    ("2026", None, ["start_date"]),
    ("20260631", None, ["start_date"]),
    ("19991231", None, ["start_date"]),
    (None, "2026-6-1", ["end_date"]),
    ("", "2" * 10_000, ["start_date", "end_date"]),
    ("２０２６０６０１", None, ["start_date"]),
    ("20260602", "20260601", ["end_date"]),
]


@pytest.mark.parametrize(("start", "end", "fields"), BAD, ids=[f"{row[0]} to {row[1]}"[:30] for row in BAD])
async def test_days_that_there_are_not_are_refused(backfills, create, verify, start, end, fields):
    assert await refused(create(start, end)) == (grpc.StatusCode.INVALID_ARGUMENT, fields)
    assert await refused(verify(start, end)) == (grpc.StatusCode.INVALID_ARGUMENT, fields)


async def test_the_list_has_the_newest_first_and_goes_on_with_a_token(backfills, create, ended):
    made = [await ended(await create("20260601", f"2026060{day}")) for day in range(1, 6)]
    listed: list[pb2.Backfill] = []
    token = ""
    while token or not listed:
        answer = await backfills.ListBackfills(pb2.ListBackfillsRequest(limit=2, page_token=token))
        assert 1 <= len(answer.backfills) <= 2
        listed += answer.backfills
        token = answer.next_page_token
    assert listed[:5] == made[::-1]
    ids = [backfill.backfill_id for backfill in listed]
    assert ids == sorted(ids, reverse=True)
    forged = backfills.ListBackfills(pb2.ListBackfillsRequest(page_token="forged"))
    assert await refused(forged) == (grpc.StatusCode.INVALID_ARGUMENT, ["page_token"])


async def test_one_that_is_not_there_and_one_that_has_ended_cannot_be_stopped(backfills, create, ended):
    missing = backfills.CancelBackfill(pb2.CancelBackfillRequest(backfill_id=2**31 - 1))
    assert await reason(missing) == (grpc.StatusCode.NOT_FOUND, "BACKFILL_NOT_FOUND")
    assert (await reason(backfills.GetBackfill(pb2.GetBackfillRequest())))[0] == grpc.StatusCode.NOT_FOUND
    done = await ended(await create("20260601", "20260601"))
    again = backfills.CancelBackfill(pb2.CancelBackfillRequest(backfill_id=done.backfill_id))
    assert await reason(again) == (grpc.StatusCode.FAILED_PRECONDITION, "BACKFILL_ENDED")


async def waits_for(connection, statement):
    """Returns once a session of aggregation waits for an advisory lock in a statement that is like this."""

    async def waits():
        return await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'advisory' AND query LIKE $1", statement
        )

    await eventually(waits)


async def test_one_that_is_stopped_writes_nothing_more(admin_url, connection, backfills, create, ended):
    damaged = await connection.execute(DAMAGE.format("WHERE sensor_id = 'B-1'"))
    other = await asyncpg.connect(admin_url)
    try:
        await other.execute("SELECT pg_advisory_lock($1, $2)", SHARD_LOCKS, shard_of("B-1"))
        created = await create("20260601", "20260831")
        await waits_for(connection, "SELECT pg_advisory_xact_lock(%")
        stopped = await backfills.CancelBackfill(pb2.CancelBackfillRequest(backfill_id=created.backfill_id))
        assert stopped.state == pb2.Backfill.CANCELLED
    finally:
        await other.close()
    # Its worker is through with it when it does another one.
    await ended(await create("20260901", "20260901"))
    assert (await ended(created)).state == pb2.Backfill.CANCELLED
    left = await connection.fetchval("SELECT count(*) FROM aggregation.hourly WHERE readings = 50")
    assert damaged == f"UPDATE {left}"
    assert left > 100
    await ended(await create())
    await assert_rollups_are_right(connection)


# The second time that a backfill says how far it is, it waits, if that lock is held.
STOP = """
CREATE FUNCTION aggregation.stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    PERFORM pg_advisory_xact_lock(77, 77);
    RETURN new;
END $$;
CREATE TRIGGER stop BEFORE UPDATE ON aggregation.backfill FOR EACH ROW
WHEN (old.done_until > old.range_start + interval '1 day' AND new.done_until > old.done_until)
EXECUTE FUNCTION aggregation.stop();
"""
LEASE_ENDS = "UPDATE aggregation.backfill SET lease_until = now() - interval '1 s' WHERE state = 'RUNNING'"


async def test_another_process_goes_on_where_one_was_ended_between_two_slices(
    admin_url, connection, mesh, start_again, create, ended
):
    await connection.execute(DAMAGE.format("WHERE sensor_id = 'A-2'"))
    await connection.execute(STOP)
    other = await asyncpg.connect(admin_url)
    try:
        await other.execute("SELECT pg_advisory_lock(77, 77)")
        created = await create()
        await waits_for(connection, "%SET done_until%")
        await mesh.stop(AGGREGATION)
    finally:
        await other.close()
    begun = await connection.fetchrow("SELECT * FROM aggregation.backfill ORDER BY backfill_id DESC LIMIT 1")
    assert (begun["state"], begun["done_until"] > begun["range_start"]) == ("RUNNING", True)
    await connection.execute("UPDATE aggregation.hourly SET readings = 51 WHERE hour_start < $1", begun["done_until"])
    await connection.execute(LEASE_ENDS)
    await start_again()
    done = await ended(created)
    assert done.state == pb2.Backfill.DONE
    assert done.cells == await connection.fetchval("SELECT count(*) FROM aggregation.hourly")
    # What the first one had done was not done again.
    wrong = await connection.fetchval("SELECT count(*) FROM aggregation.hourly WHERE readings = 51")
    behind = "SELECT count(*) FROM aggregation.hourly WHERE hour_start < $1"
    assert wrong == await connection.fetchval(behind, begun["done_until"]) > 0
    await ended(await create())
    await assert_rollups_are_right(connection)
