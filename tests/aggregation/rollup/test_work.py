"""The consumer: what is ingested is in the hours, days and months, whatever its order."""

import random
from datetime import UTC, datetime, timedelta

from tests.support.rollups import assert_rollups_are_right, followed

JUNE = datetime(2026, 6, 1, tzinfo=UTC)


async def test_late_and_repeated_readings_end_in_the_right_bucket_once(connection, write):
    randomly = random.Random(1)
    rows = [
        (
            randomly.choice(["A-1", "A-1b", "A-2", "B-1"]),
            JUNE + timedelta(seconds=randomly.randrange(0, 90 * 86400, 7)),
            randomly.randint(-1000, 4500) / 100,
            randomly.randint(0, 10000) / 100,
        )
        for _ in range(3000)
    ]
    for begin in range(0, len(rows), 100):
        await write(*rows[begin : begin + 100], *randomly.sample(rows[: begin + 1], min(begin, 20)))
    await followed(connection)
    stored = await connection.fetchval("SELECT sum(readings) FROM aggregation.monthly")
    assert stored == await connection.fetchval("SELECT count(*) FROM realtime.readings") > 2900
    assert await assert_rollups_are_right(connection) > 2000
