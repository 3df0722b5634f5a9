"""The hours as they are stored, beside the hours as they are recomputed."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import numpy as np
from numpy.typing import NDArray

from services.aggregation.backfill.reading import Piece, Recomputed
from services.aggregation.calendar import SiteCalendar
from services.aggregation.cells import COLUMNS, Cells, Series
from services.aggregation.rollup.store import hour_arrays
from services.aggregation.tables import MOMENT


def selected(alias: str) -> str:
    """Returns the select list of COLUMNS, moments as numbers."""
    return ", ".join(_us(f"{alias}.{name}") if name.endswith("_time") else f"{alias}.{name}" for name in COLUMNS)


def _us(name: str) -> str:
    return f"(extract(epoch FROM {name}) * 1000000)::int8"


_ROWS = f"""
SELECT s.sensor_id, s.loc_id, s.series_id, {_us("c.hour_start")}, c.seq, c.day - date 'epoch', c.hour, {selected("c")}
FROM aggregation.series s JOIN aggregation.hourly c USING (series_id)
WHERE s.shard = $1 AND c.hour_start >= {MOMENT.format("$2::int8")} AND c.hour_start < {MOMENT.format("$3::int8")}
    AND ($4::text[] IS NULL OR s.sensor_id = ANY($4))
"""  # noqa: S608  our own words
_FIRST_TIME = 2 + COLUMNS.index("first_time")

Values = tuple[int | None, ...]  # day, hour of the day, then those of COLUMNS


@dataclass(frozen=True, slots=True)
class Stored:
    """An hour as it is stored."""

    series: Series
    series_id: int
    hour_start: int
    seq: int
    values: Values

    @property
    def day(self) -> int:
        """The local day that it is kept under."""
        return self.values[0] or 0


@dataclass(frozen=True, slots=True)
class Wrong:
    """An hour that is not as it has to be.

    Attributes:
        stored: None where it is missing.
        row: of the recomputed hours; None where there has to be none.
        values: those of that row.
    """

    series: Series
    hour_start: int
    stored: Stored | None
    row: int | None
    values: Values | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of a comparison; `moved` are hours with readings from after the place, which it says nothing of."""

    wrong: Sequence[Wrong]
    moved: Sequence[Stored]


async def stored_hours(connection: asyncpg.Connection, shard: int, piece: Piece) -> list[Stored]:
    """Returns the hours of a shard that are in a piece."""
    rows = await connection.fetch(_ROWS, shard, piece.start, piece.end, list(piece.sensors) or None)
    return [Stored(Series(row[0], row[1]), row[2], row[3], row[4], tuple(row)[5:]) for row in rows]


def of_shard(recomputed: Recomputed, shards: NDArray[np.int64], shard: int) -> Recomputed:
    """Returns the hours of one shard; `shards` has that of each."""
    return Recomputed(recomputed.seq, recomputed.hours.take(shards == shard), recomputed.readings)


def compare(
    recomputed: Recomputed, stored: Sequence[Stored], piece: Piece, calendar: SiteCalendar, *, is_still: bool = False
) -> Comparison:
    """Compares the hours of one shard.

    An hour that begins before `read_from` and has readings from before it is as right as it can be: those are gone.

    Args:
        recomputed: the hours of the piece that are in the shard.
        stored: the same as they were stored afterwards.
        piece: what was recomputed.
        calendar: by which it was.
        is_still: the consumer was kept out since before the readings were read, so that a number of a batch beyond
            theirs can only be wrong.
    """
    expected = _by_key(recomputed.hours, calendar)
    wrong, moved = [], []
    for hour in stored:
        row, values = expected.pop((hour.series, hour.hour_start), (None, None))
        if hour.hour_start < piece.read_from and (hour.values[_FIRST_TIME] or 0) < piece.read_from:
            continue
        if hour.seq > recomputed.seq and not is_still:
            moved.append(hour)
        elif hour.values != values or not _is_possible(hour.seq, recomputed.seq):
            wrong.append(Wrong(hour.series, hour.hour_start, hour, row, values))
    missing = (Wrong(series, start, None, row, values) for (series, start), (row, values) in expected.items())
    return Comparison([*wrong, *missing], moved)


def _is_possible(seq: int, last: int) -> bool:
    """Tells whether an hour can have this as its last batch. 0 stands for one that the log does not have any more."""
    return 0 < seq <= last or last == 0


def _by_key(hours: Cells, calendar: SiteCalendar) -> dict[tuple[Series, int], tuple[int | None, Values | None]]:
    series, period, *columns, _ = hour_arrays(hours, np.arange(len(hours.series)), calendar)
    found: dict[tuple[Series, int], tuple[int | None, Values | None]] = {}
    for row, (number, start, *values) in enumerate(zip(series, period, *columns, strict=True)):
        found[hours.series[number or 0], start or 0] = (row, tuple(values))
    return found
