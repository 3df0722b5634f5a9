"""A large site for the dashboard: a thousand areas of five factories, each with a sensor that reports every second."""

import asyncpg

SENSORS = 1_000
# Five factories with five buildings of four floors with ten areas.
_SEED = (
    """INSERT INTO location.location (loc_id, factory, building, floor, area)
       SELECT 'P-' || n, '제' || 1 + n / 200 || '공장', 'B' || 1 + n / 40 % 5, 1 + n / 10 % 4, '구역 ' || n
       FROM generate_series(0, $1::int - 1) n""",
    """INSERT INTO location.sensor (sensor_id, loc_id, interval_s)
       SELECT 'beat-' || lpad(n::text, 4, '0'), 'P-' || n, 60 FROM generate_series(0, $1::int - 1) n""",
    "UPDATE location.revision SET value = value + 1",
    "SELECT pg_notify('location_revision', '')",
)


async def seed(mesh, sensors=SENSORS):
    """Makes the places and sensors; to be measured is up to the caller."""
    connection = await asyncpg.connect(mesh.admin_url)
    try:
        async with connection.transaction():
            for statement in _SEED:
                await connection.execute(statement, *([sensors] if "$1" in statement else []))
    finally:
        await connection.close()
