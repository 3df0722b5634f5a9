"""Readings in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from sqlalchemy import and_, select, text

from services.common.database import Database
from services.common.paging import PageRequest
from services.realtime.ingest.columns import Readings
from services.realtime.ingest.domain import NoPartitionError, Stored, StoredReading
from services.realtime.ingest.storing import store_in
from services.realtime.ingest.trust import FlatRule
from services.realtime.tables import readings as readings_table

TRIES = 10


class SqlReadings:
    """Satisfies ReadingStore."""

    def __init__(self, database: Database, flat: FlatRule) -> None:
        self._database = database
        self._flat = flat

    async def store(self, readings: Readings) -> Stored:
        """Stores the readings that are new, in one transaction; they are sorted by sensor and time, each key once.

        Raises:
            NoPartitionError: some are of a time that has no partition; nothing is stored.
        """
        for attempt in range(TRIES):
            try:
                return await self._store(readings)
            except (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError):
                # Another writer has just stored the first readings that a sensor ever sent: of those there is no latest
                # to lock beforehand. The next try finds one.
                if attempt == TRIES - 1:
                    raise
            except asyncpg.CheckViolationError as error:
                # A partition that is missing has no constraint's name; the words are in whatever language the server
                # speaks. A hypertable makes what is missing, and has a constraint for what retention has dropped.
                if error.constraint_name not in {None, "not_frozen"}:
                    raise
                raise NoPartitionError from error
        raise AssertionError("the last try returns or raises")

    async def _store(self, readings: Readings) -> Stored:
        async with self._database.driver() as connection:
            return await store_in(connection, readings, self._flat)

    async def ensure_partitions(self, times: Sequence[datetime]) -> None:
        """Makes the partitions that hold these times, but for those that retention has frozen."""
        days = sorted({moment.replace(hour=0, minute=0, second=0, microsecond=0) for moment in times})
        async with self._database.transaction() as connection:
            await connection.execute(text("SELECT realtime.ensure_partitions(:times)"), {"times": days})

    async def drop_before(self, moment: datetime) -> int:
        """Drops the partitions that end at or before a moment; returns how many."""
        async with self._database.transaction() as connection:
            return int(await connection.scalar(text("SELECT realtime.drop_partitions(:before)"), {"before": moment}))

    async def frozen_before(self) -> datetime:
        """Returns the time before which readings were dropped."""
        async with self._database.transaction() as connection:
            moment: datetime = await connection.scalar(text("SELECT frozen_before FROM realtime.layout"))
            return moment

    async def list_readings(
        self, request: PageRequest, sensor_id: str, start: datetime | None, end: datetime | None
    ) -> Sequence[StoredReading]:
        """Returns up to one row more than the limit, by ascending capture_time."""
        time = readings_table.c.capture_time
        filters = [readings_table.c.sensor_id == sensor_id]
        filters += [] if start is None else [time >= start]
        filters += [] if end is None else [time < end]
        if request.after is not None:
            filters.append(time > request.after[0])
        statement = select(readings_table).where(and_(*filters)).order_by(time)
        statement = statement.offset(request.skip).limit(request.limit + 1)
        async with self._database.transaction() as connection:
            return [StoredReading(**row) for row in (await connection.execute(statement)).mappings()]
