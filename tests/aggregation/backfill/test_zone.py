"""A site whose zone is set anew: hours begin elsewhere, and are on other days."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from services.aggregation.app import APP as AGGREGATION
from tests.aggregation.backfill.conftest import first_day, made_up, settled
from tests.support.rollups import assert_rollups_are_right

pytestmark = pytest.mark.usefixtures("season")

TOTALS = """
SELECT (SELECT sum(readings) FROM aggregation.hourly), (SELECT sum(readings) FROM aggregation.daily),
       (SELECT sum(readings) FROM aggregation.monthly)
"""
WRONG_LABELS = """
SELECT count(*) FROM aggregation.hourly
WHERE hour_start AT TIME ZONE $1 NOT BETWEEN day + hour * interval '1 h' AND day + (hour + 1) * interval '1 h'
"""


async def test_a_restart_in_another_zone_changes_nothing_until_everything_is_made_anew(
    connection, mesh, start_again, write, create, ended
):
    await mesh.stop(AGGREGATION)
    await start_again("Asia/Kolkata")
    await write(*made_up(40, 300))
    await ended(await create("20260601", "20260610"))
    await settled(connection)
    await assert_rollups_are_right(connection, "Asia/Seoul")


@pytest.mark.parametrize("new_zone", ["Asia/Kolkata", "America/New_York", "Asia/Seoul"])
async def test_a_backfill_of_everything_brings_all_to_the_new_zone_while_readings_come_in(
    connection, mesh, start_again, write, create, ended, verify, new_zone
):
    await mesh.stop(AGGREGATION)
    await start_again(new_zone)
    rows = made_up(50, 1000)
    writing = asyncio.gather(*(write(*rows[begin : begin + 50]) for begin in range(0, len(rows), 50)))
    await ended(await create())
    await writing
    await settled(connection)
    await assert_rollups_are_right(connection, new_zone)
    assert (await verify())[0] == []


async def test_hours_whose_readings_are_gone_are_kept_and_get_their_new_days(
    connection, mesh, start_again, write, create, ended, verify
):
    edges = [datetime(2026, month, 1, tzinfo=UTC) for month in (7, 8)]
    await write(*(("A-1", edge + timedelta(minutes=m), 20.0, 50.0) for edge in edges for m in range(-55, 60, 10)))
    await settled(connection)
    before = tuple(await connection.fetchrow(TOTALS))
    await connection.execute("SELECT realtime.drop_partitions('2026-07-01T00:00:00Z')")
    await mesh.stop(AGGREGATION)
    await start_again("Asia/Kolkata")
    await ended(await create())
    assert tuple(await connection.fetchrow(TOTALS)) == before
    assert await connection.fetchval(WRONG_LABELS, "Asia/Kolkata") == 0
    differences, last = await verify()
    assert differences == []
    assert str(await first_day(connection, "Asia/Kolkata")) in last.note
    # An hour that is half gone stays whole.
    await connection.execute("SELECT realtime.drop_partitions('2026-08-01T00:00:00Z')")
    assert (await ended(await create())).changed == 0
    assert tuple(await connection.fetchrow(TOTALS)) == before
    assert (await verify())[0] == []
