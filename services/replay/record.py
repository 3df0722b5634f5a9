"""The recorded year: hourly values of three stations, read as a year without end. Pure but for reading the file."""

import csv
import gzip
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

FILE = Path(__file__).with_name("data") / "weather-2013.csv.gz"

BEGIN = datetime(2013, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
# The July heat wave's first day, when two stations are yellow (31 °C perceived). Both pass orange (33 °C) at about
# 14:30, which is two minutes later at the pace of the live replay: soon enough to see it happen, and late enough to
# see that it began below.
WAVE = datetime(2013, 7, 15, 12, 30, tzinfo=UTC)
# Some hours are missing in each station's record. Over a longer gap a straight line would be invention: the station is
# silent then, as it was.
LONGEST_GAP = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Values:
    """What a station measured: air temperature in °F, relative humidity in %."""

    temperature_f: float
    humidity: float


@dataclass(frozen=True, slots=True)
class Row:
    """What a station measured at a moment."""

    moment: datetime
    station: str
    values: Values


@dataclass(frozen=True, slots=True)
class Series:
    """One station's year by ascending time."""

    moments: Sequence[datetime]
    values: Sequence[Values]

    def at(self, moment: datetime) -> Values | None:
        """Returns the values at any moment, on the straight line between two hours; None in a long gap."""
        moment = in_record(moment)
        following = bisect_right(self.moments, moment)
        count = len(self.moments)
        before, after = self.moments[following - 1], self.moments[following % count]
        since, gap = (moment - before) % YEAR, (after - before) % YEAR
        left, right = self.values[following - 1], self.values[following % count]
        if not since:
            return left
        return _between(left, right, since / gap) if gap <= LONGEST_GAP else None


@dataclass(frozen=True, slots=True)
class Record:
    """The whole year.

    Attributes:
        rows: every row with values, as the file has them.
        series: the same rows by station.
        skipped: the number of rows without values.
    """

    rows: Sequence[Row]
    series: Mapping[str, Series]
    skipped: int


def in_record(moment: datetime) -> datetime:
    """Moves a moment by whole years into the recorded one."""
    return BEGIN + (moment - BEGIN) % YEAR


def history(record: Record, end: datetime) -> list[Row]:
    """Returns every row once, moved so that the year before the heat wave is the year before `end`."""
    moved = [Row(end - (WAVE - row.moment) % YEAR, row.station, row.values) for row in record.rows]
    return sorted(moved, key=lambda row: (row.moment, row.station))


def parse(lines: Iterable[str]) -> Record:
    """Reads the file's lines: time, station, temperature_f, humidity_pct; rows without values are only counted."""
    rows, skipped = [], 0
    for line in csv.DictReader(lines):
        if not line["temperature_f"] or not line["humidity_pct"]:
            skipped += 1
            continue
        values = Values(float(line["temperature_f"]), float(line["humidity_pct"]))
        rows.append(Row(datetime.fromisoformat(line["time"]), line["station"], values))
    return Record(rows, _by_station(rows), skipped)


def load() -> Record:
    """Reads the record that comes with the project."""
    with gzip.open(FILE, "rt", encoding="ascii") as lines:
        return parse(lines)


def _by_station(rows: Sequence[Row]) -> dict[str, Series]:
    grouped: dict[str, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.moment):
        grouped.setdefault(row.station, []).append(row)
    return {name: Series([r.moment for r in own], [r.values for r in own]) for name, own in grouped.items()}


def _between(left: Values, right: Values, share: float) -> Values:
    # Two decimals, as the record has; more would be noise of the arithmetic.
    return Values(
        round(left.temperature_f + (right.temperature_f - left.temperature_f) * share, 2),
        round(left.humidity + (right.humidity - left.humidity) * share, 2),
    )
