"""Each sensor's newest reading in PostgreSQL, read together with the end of the log."""

from sqlalchemy import text

from services.common.database import Database
from services.common.epoch import microseconds
from services.realtime.live.domain import Loaded, Reading
from services.realtime.log import repository as log

_LATEST = text(
    "SELECT sensor_id, capture_time, loc_id, temperature, humidity, pcv_temperature, quality, clock_skew_s"
    " FROM realtime.latest"
)


class SqlLatest:
    """Satisfies LatestStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self) -> Loaded:
        """Returns what is stored at one moment: the readings are those of all batches up to the end of the log."""
        async with self._database.snapshot() as connection:
            head = await log.head(connection)
            rows = await connection.execute(_LATEST)
            readings = [Reading(name, microseconds(captured), *others) for name, captured, *others in rows]
        return Loaded(readings, head.generation, head.last_seq)
