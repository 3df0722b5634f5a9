"""A process that adds thresholds one after the other until it is killed. Its argument: the database's address."""

import asyncio
import sys
from datetime import UTC, datetime
from itertools import count

from services.common.database import Database
from services.thresholds.domain import Threshold
from services.thresholds.repository import SqlRepository


class Nowhere:
    """A directory that was never reached."""

    value = None

    async def refresh(self):
        return False


async def main(url):
    database = Database(url, 1, "writing")
    repository = SqlRepository(database, lambda: None, Nowhere())
    for number in count():
        new = Threshold(0, "humidity", "red", 90.0, None, True, f"killed-{number}", datetime.now(UTC))
        await repository.add_threshold(new)


asyncio.run(main(*sys.argv[1:]))
