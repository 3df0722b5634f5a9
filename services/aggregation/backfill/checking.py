"""Compares the hours of a slice with their readings, while the consumer and backfills go on."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
from sqlalchemy import text

from services.aggregation.backfill.hours import Comparison, Stored, Wrong, compare, of_shard, stored_hours
from services.aggregation.backfill.mending import pieces_of
from services.aggregation.backfill.reading import Piece, Ranges, recompute
from services.aggregation.backfill.words import hour_words, seq_words
from services.aggregation.calendar import SiteCalendar
from services.aggregation.cells import Series
from services.aggregation.rollup.store import shards_of
from services.common.database import Database
from services.common.errors import UnavailableError
from services.common.reading_log import SHARDS, shard_of

PATIENCE_S = 30.0
LOOK_EVERY_S = 0.05
MOST_ROUNDS = 100

_ZONE = text("SELECT zone FROM aggregation.site")
_PASSED = "SELECT min(seq) FROM aggregation.log_cursor WHERE consumer = 'aggregation' HAVING count(*) = $1"

_Seqs = Mapping[tuple[Series, int], int]


@dataclass(slots=True)
class Checked:
    """What came of a piece: how many readings and hours it has, what is wrong in words, and what was changed since."""

    readings: int = 0
    hours: int = 0
    words: list[str] = field(default_factory=list)
    moved: list[Stored] = field(default_factory=list)


class HourCheck:
    """Checks hours by one calendar."""

    def __init__(
        self, database: Database, ranges: Ranges, calendar: SiteCalendar, patience_s: float = PATIENCE_S
    ) -> None:
        """Takes how long the consumer is waited for."""
        self._database = database
        self._ranges = ranges
        self._calendar = calendar
        self._patience_s = patience_s

    async def check(self, whole: Piece, most: int | None) -> Checked:
        """Checks all of a piece.

        What was changed after its readings were read is read again, and only that, until nothing is left: so nothing
        that is merely newer is taken for wrong, and nothing that is wrong is passed over.

        Raises:
            TooManyError: it has more readings than `most`.
            UnavailableError: the consumer does not come to what was read.
        """
        checked = await self._check(whole, most, {})
        rounds = 0
        while checked.moved:
            rounds += 1
            if rounds > MOST_ROUNDS:
                raise UnavailableError("some rollups change too quickly to be verified; try again", "TOO_QUICK")
            seqs = {(hour.series, hour.hour_start): hour.seq for hour in checked.moved}
            pieces = pieces_of(checked.moved, whole, self._calendar)
            checked.moved = []
            for piece in pieces:
                again = await self._check(piece, None, seqs)
                checked.words += again.words
                checked.moved += again.moved
        return checked

    async def _check(self, piece: Piece, most: int | None, seqs: _Seqs) -> Checked:
        """Checks a piece, or of it only the hours in `seqs`, which has the last batch that each had before."""
        recomputed = await recompute(self._ranges, piece, self._calendar, most)
        await self._passed(recomputed.seq)
        shards = shards_of(recomputed.hours)
        checked = Checked(recomputed.readings)
        async with snapshot(self._database, self._calendar) as connection:
            for shard in sorted({shard_of(sensor) for sensor in piece.sensors} or range(SHARDS)):
                stored = await stored_hours(connection, shard, piece)
                found = compare(of_shard(recomputed, shards, shard), stored, piece, self._calendar)
                checked.hours += len(stored) + sum(one.stored is None for one in found.wrong)
                self._add(checked, found, seqs)
        return checked

    def _add(self, checked: Checked, found: Comparison, seqs: _Seqs) -> None:
        for one in found.wrong:
            if (not seqs or (one.series, one.hour_start) in seqs) and not _is_only_forgotten(one):
                checked.words.append(hour_words(one, self._calendar))
        for hour in found.moved:
            before = seqs.get((hour.series, hour.hour_start))
            if before == hour.seq:
                # It had this number before the log was read up to a lower one.
                checked.words.append(seq_words(hour, self._calendar))
            elif before is not None or not seqs:
                checked.moved.append(hour)

    async def _passed(self, seq: int) -> None:
        """Returns once the consumer has passed a batch; until then there may be nothing of it in the rollups."""
        deadline = asyncio.get_running_loop().time() + self._patience_s
        while True:
            async with self._database.driver() as connection:
                passed = await connection.fetchval(_PASSED, SHARDS)
            if passed is not None and passed >= seq:
                return
            if asyncio.get_running_loop().time() > deadline:
                message = (
                    f"the rollups are at batch {passed or 0} of the reading log and the readings at {seq}: nothing can"
                    f" be said for {self._patience_s:g} s; see that aggregation follows the log, and verify again"
                )
                raise UnavailableError(message, "ROLLUPS_BEHIND")
            await asyncio.sleep(LOOK_EVERY_S)


def _is_only_forgotten(wrong: Wrong) -> bool:
    """Tells whether nothing but the last batch is unknown, which a rebuild has forgotten."""
    return wrong.stored is not None and wrong.stored.values == wrong.values


@asynccontextmanager
async def snapshot(database: Database, calendar: SiteCalendar) -> AsyncIterator[asyncpg.Connection]:
    """Gives a connection that sees the rollups at one moment, if they then are kept by this calendar."""
    async with database.snapshot() as connection:
        zone = await connection.scalar(_ZONE)  # the first statement is what takes the snapshot
        if zone is not None and zone != calendar.zone.key:
            raise UnavailableError("the rollups are brought to another zone; verify again", "ZONE_CHANGED")
        yield (await connection.get_raw_connection()).driver_connection
