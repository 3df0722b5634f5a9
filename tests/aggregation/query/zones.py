"""What every zone must hold, whatever it does with its clock."""

import random
from datetime import timedelta

import grpc

from services.location.app import APP as LOCATION
from tests.support.directory import make_place, register
from tests.support.measured import rows_in, rows_of
from tests.support.rollups import all_is_well


async def fill(mesh, connection, write, ask, starts):
    """Two days of readings from each of some moments on."""
    async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
        await make_place(channel, "A-1")
        await register(channel, "A-1")
    randomly = random.Random(3)
    for start in starts:
        rows = [
            ("A-1", start + timedelta(minutes=minute), randomly.randint(-500, 4000) / 100, 50.0)
            for minute in range(0, 2 * 1440, 7)
        ]
        assert (await write(*rows)).rejected == 0
    await all_is_well(connection, ask)


async def check(connection, ask, zone, date, *, start_hour=None, end_hour=None):
    """Compares the hours of a day, and the day and the month that it is in; returns the hours."""
    hours = range(start_hour or 0, 24 if end_hour is None else end_hour + 1)
    shift = {"start_hour": start_hour, "end_hour": end_hour}
    for period, asked, last in (("month", date[:4], f"{date[:4]}1231"), ("day", date[:6], f"{date[:6]}31"),
                                ("hour", date, date)):  # fmt: skip
        (entry,) = (await ask(asked, **shift)).locations
        assert rows_in(entry) == await rows_of(connection, period, asked.ljust(8, "0"), last, zone=zone, hours=hours), (
            period
        )
    return [row.hour for row in entry.date]
