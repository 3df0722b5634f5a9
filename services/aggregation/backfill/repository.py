"""Backfills in PostgreSQL."""

import asyncpg

from services.common.reading_log import Place

# What a replaced or restored log has not reached yet must not look as if it were in the hours.
_FORGET_SEQS = "UPDATE aggregation.hourly SET seq = 0 WHERE seq > $1"
_FORGET_AHEAD = "UPDATE aggregation.shard SET ahead_seq = least(ahead_seq, $1)"
_REPLACE = """
UPDATE aggregation.backfill SET state = 'CANCELLED', reason = 'a newer one makes everything anew', update_time = now()
WHERE state IN ('PENDING', 'RUNNING') AND start_date IS NULL AND end_date IS NULL
"""
_REQUEST = """
INSERT INTO aggregation.backfill (state, create_time, update_time) VALUES ('PENDING', now(), now())
"""


class SqlBackfills:
    """Satisfies Rebuilds."""

    async def request(self, connection: asyncpg.Connection, place: Place) -> None:
        """Asks for a backfill of everything, in the caller's transaction; the log is followed from `place` on."""
        await connection.execute(_FORGET_SEQS, place.seq)
        await connection.execute(_FORGET_AHEAD, place.seq)
        await connection.execute(_REPLACE)
        await connection.execute(_REQUEST)
