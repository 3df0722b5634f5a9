"""What is wrong with rollups is found, told in words, and made right; what is right is left alone."""

import re

import pytest
from montrg.aggregation.v1 import backfill_service_pb2 as pb2

from services.common.reading_log import shard_of
from tests.support.rollups import assert_rollups_are_right

pytestmark = pytest.mark.usefixtures("season")

DONE = pb2.Backfill.DONE
NAMES = {"hourly": "hour", "daily": "day", "monthly": "month"}
COLUMNS = """
SELECT column_name FROM information_schema.columns WHERE table_schema = 'aggregation' AND table_name = $1
"""
ONE = "SELECT {} FROM aggregation.{} JOIN aggregation.series USING (series_id) WHERE sensor_id = '{}' {} LIMIT 1"


async def where(connection, level, sensor, more=""):
    """The condition that one rollup of a sensor is met by, with its period."""
    period = {"hourly": "hour_start", "daily": "day", "monthly": "month"}[level]
    row = await connection.fetchrow(ONE.format(f"series_id, {period}", level, sensor, more))
    return f"series_id = {row[0]} AND {period} = '{row[1]}'"


def periods(differences):
    """Which hours' days, days and months are told of."""
    return {found for one in differences for found in re.findall("(?:hour|day|month) [0-9-]+", one)}


async def versions(connection):
    """Which transaction wrote which row last."""
    found = []
    for level in ("hourly", "daily", "monthly"):
        found += await connection.fetch(f"SELECT '{level}' AS level, ctid, xmin FROM aggregation.{level}")
    return sorted(map(str, found))


async def test_a_backfill_of_what_is_right_writes_nothing(connection, create, ended):
    before = await versions(connection)
    done = await ended(await create())
    assert (done.state, done.changed, done.progress) == (DONE, 0, 1.0)
    assert done.cells == await connection.fetchval("SELECT count(*) FROM aggregation.hourly") > 2000
    assert await versions(connection) == before


async def test_a_verification_of_what_is_right_says_nothing_and_counts_all(connection, verify):
    differences, last = await verify()
    assert differences == []
    assert last.verified == await assert_rollups_are_right(connection)
    assert (last.differences, last.note, last.progress) == (0, "", 1.0)


DAMAGES = [
    ("hourly", "UPDATE {} SET temperature_max = temperature_max + 123 WHERE {}", r"temperature_max is .* °C, recomp"),
    ("hourly", "UPDATE {} SET humidity_sum = humidity_sum - 1 WHERE {}", r"humidity_sum is .* %, recomputed"),
    ("hourly", "UPDATE {} SET pcv_temperature_min = NULL WHERE {} AND pcv_temperature_min IS NOT NULL", r"is unset, "),
    ("hourly", "UPDATE {} SET first_time = first_time - interval '1 us' WHERE {}", r"first_time is .*\+09:00, recomp"),
    ("hourly", "UPDATE {} SET day = day + 1, hour = 3 WHERE {}", r"day is 2026-.*; hour is 3, recomputed"),
    ("hourly", "UPDATE {} SET seq = 1000000000, readings = 77 WHERE {}", r"last batch is 1000000000, which the read"),
    ("hourly", "DELETE FROM {} WHERE {}", r"is missing, recomputed with \d+ readings"),
    ("daily", "UPDATE {} SET readings = 0 WHERE {}", r"day 2026-0\d-\d\d: readings is 0, of its hours"),
    ("daily", "DELETE FROM {} WHERE {}", r"day 2026-0\d-\d\d: is missing"),
    ("monthly", "UPDATE {} SET last_time = now() WHERE {}", r"month 2026-0\d: last_time is"),
    ("monthly", "DELETE FROM {} WHERE {}", r"month 2026-0\d: is missing"),
]


@pytest.mark.parametrize(("level", "damage", "words"), DAMAGES, ids=[f"{d[0]}: {d[1][:40]}" for d in DAMAGES])
async def test_one_damaged_rollup_is_found_told_and_made_right(connection, create, ended, verify, level, damage, words):
    more = "AND pcv_temperature_min IS NOT NULL" if "pcv" in damage else ""
    condition = await where(connection, level, "A-2", more)
    assert (await connection.execute(damage.format(f"aggregation.{level}", condition))).endswith(" 1")
    differences, last = await verify()
    # A day and a month are compared with their hours, so that of a wrong hour they differ as well.
    (own,) = [one for one in differences if one.startswith(f"sensor A-2 at A-2, {NAMES[level]} 2026-")]
    assert re.search(words, own), own
    assert last.differences == len(differences) <= (3 if level == "hourly" else 1)
    done = await ended(await create())
    assert (done.state, done.changed > 0) == (DONE, True)
    await assert_rollups_are_right(connection)
    assert (await verify())[0] == []


async def test_phantoms_are_found_and_go(connection, create, ended, verify):
    ghost = "INSERT INTO aggregation.series (sensor_id, loc_id, shard) VALUES ('A-1', 'gone', $1) RETURNING series_id"
    series = await connection.fetchval(ghost, shard_of("A-1"))
    for level, order in (("hourly", "hour_start"), ("daily", "day DESC"), ("monthly", "month DESC")):
        columns = [row[0] for row in await connection.fetch(COLUMNS, level)]
        rest = ", ".join(name for name in columns if name != "series_id")
        phantom = f"INSERT INTO aggregation.{level} ({', '.join(columns)}) SELECT $1, {rest} FROM"
        await connection.execute(f"{phantom} (SELECT * FROM aggregation.{level} ORDER BY {order} LIMIT 1) one", series)
    differences, _ = await verify()
    told = [re.match(r"sensor A-1 at gone, (\w+) .*: has \d+ readings, and (.*)", one) for one in differences]
    none = {"hour": "there are none", "day": "its hours have none", "month": "its hours have none"}
    assert {match[1]: match[2] for match in told if match} == none
    assert (await ended(await create())).changed >= 3
    await assert_rollups_are_right(connection)
    assert (await verify())[0] == []


async def test_only_the_days_that_were_asked_for_are_verified_and_made_anew(connection, create, ended, verify):
    await connection.execute("UPDATE aggregation.hourly SET readings = 99 WHERE day IN ('2026-06-10', '2026-06-20')")
    differences, _ = await verify("20260610", "20260615")
    assert periods(differences) == {"hour 2026-06-10", "day 2026-06-10", "month 2026-06"}
    done = await ended(await create("20260601", "20260615"))
    assert (done.state, done.start_date, done.end_date) == (DONE, "20260601", "20260615")
    differences, _ = await verify("20260601", "20260619")
    # The month has the other day's hours, too.
    assert periods(differences) == {"month 2026-06"}
    await ended(await create("20260616"))
    await assert_rollups_are_right(connection)
