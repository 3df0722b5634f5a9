"""The rollups as they are, and as plain SQL over the raw readings makes them: independently of the service's code."""

from tests.support.mesh import eventually

_VALUES = """
    count(*)::int AS readings, count(*) FILTER (WHERE quality <> 1)::int AS suspect,
    sum(round(temperature::numeric * 100))::int8 AS temperature_sum,
    sum(round(humidity::numeric * 100))::int8 AS humidity_sum,
    count(pcv_temperature)::int AS pcv_temperature_readings,
    coalesce(sum(round(pcv_temperature::numeric * 100)), 0)::int8 AS pcv_temperature_sum,
    round(min(temperature)::numeric * 100)::int AS temperature_min,
    round(min(humidity)::numeric * 100)::int AS humidity_min,
    round(min(pcv_temperature)::numeric * 100)::int AS pcv_temperature_min,
    min(capture_time) AS first_time,
    round(max(temperature)::numeric * 100)::int AS temperature_max,
    round(max(humidity)::numeric * 100)::int AS humidity_max,
    round(max(pcv_temperature)::numeric * 100)::int AS pcv_temperature_max,
    max(capture_time) AS last_time
"""
# PostgreSQL's own calendar. Two hours of one name on a day differ in how far they are from UTC.
_LOCAL = "capture_time AT TIME ZONE $1"
_PERIODS = {
    "hourly": (f"date_trunc('hour', {_LOCAL})", f"{_LOCAL} - (capture_time AT TIME ZONE 'UTC')"),
    "daily": (f"({_LOCAL})::date",),
    "monthly": (f"date_trunc('month', {_LOCAL})::date",),
}
_STORED = {
    "hourly": (
        "c.day + c.hour * interval '1 hour'",
        "c.hour_start AT TIME ZONE $1 - (c.hour_start AT TIME ZONE 'UTC')",
    ),
    "daily": ("c.day + 0 * length($1)",),
    "monthly": ("c.month + 0 * length($1)",),
}
_NAMES = (
    "readings, suspect, temperature_sum, humidity_sum, pcv_temperature_readings, pcv_temperature_sum, temperature_min,"
    " humidity_min, pcv_temperature_min, first_time, temperature_max, humidity_max, pcv_temperature_max, last_time"
)


async def recomputed(connection, level, zone="Asia/Seoul"):
    """Each rollup of a level, from the readings, by sensor, place and period."""
    keys = ("sensor_id", "loc_id", *_PERIODS[level])
    groups = ", ".join(str(i + 1) for i in range(len(keys)))
    query = f"SELECT {', '.join(keys)}, {_VALUES} FROM realtime.readings GROUP BY {groups}"
    return _by_key(await connection.fetch(query, zone), len(keys))


async def stored(connection, level, zone="Asia/Seoul"):
    """Each rollup of a level, as the service keeps it."""
    keys = ("s.sensor_id", "s.loc_id", *_STORED[level])
    query = f"SELECT {', '.join(keys)}, {_NAMES} FROM aggregation.{level} c JOIN aggregation.series s USING (series_id)"
    return _by_key(await connection.fetch(query, zone), len(keys))


def _by_key(rows, count):
    found = {tuple(row.values())[:count]: tuple(row.values())[count:] for row in rows}
    assert len(found) == len(rows)
    return found


async def assert_rollups_are_right(connection, zone="Asia/Seoul"):
    """Compares every hour, day and month; returns how many there are."""
    count = 0
    for level in ("hourly", "daily", "monthly"):
        expected, found = await recomputed(connection, level, zone), await stored(connection, level, zone)
        wrong = {key: (expected.get(key), found.get(key)) for key in expected.keys() | found.keys()}
        wrong = {key: pair for key, pair in wrong.items() if pair[0] != pair[1]}
        assert not wrong, f"{len(wrong)} {level} rollups are wrong, such as {next(iter(wrong.items()))}"
        count += len(found)
    return count


UNFINISHED = "SELECT count(*) FROM aggregation.backfill WHERE state IN ('PENDING', 'RUNNING')"


async def followed(connection):
    """Waits until the consumer has passed the whole log, and every backfill has ended, such as the very first."""

    async def there():
        last = await connection.fetchval("SELECT coalesce(max(seq), 0) FROM realtime.reading_log")
        passed = await connection.fetchval("SELECT min(seq) FROM aggregation.log_cursor WHERE generation <> ''") or 0
        return passed >= last and not await connection.fetchval(UNFINISHED)

    await eventually(there, 60.0)


async def all_is_well(connection, ask):
    """Waits until `ask` is answered without reserve."""
    await followed(connection)

    async def is_well():
        return not (await ask()).degraded

    await eventually(is_well)
