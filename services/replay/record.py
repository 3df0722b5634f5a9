"""The recorded year of three stations, read as an endless cycle around the moment where the heat wave begins."""

import bisect
import csv
import gzip
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

DATA = Path(__file__).resolve().parent / "data" / "weather-2013.csv.gz"

YEAR = timedelta(days=365)
# The perceived temperature of two stations passes 31 °C in the hour after this, and 33 °C in the third.
WAVE_BEGINS = datetime(2013, 7, 15, 12, tzinfo=UTC)
# An hour of the record in a minute: 33 °C is passed within three minutes, and a reading every 10 s still shows six
# steps of each hour.
SPEED = 60


@dataclass(frozen=True, slots=True)
class Observation:
    """What one station measured: air temperature in °F, relative humidity in %."""

    time: datetime
    station: str
    temperature_f: float
    humidity_pct: float


@dataclass(frozen=True, slots=True)
class Record:
    """The observations of a year by time, and how many rows had no values."""

    observations: Sequence[Observation]
    without_values: int

    @property
    def stations(self) -> list[str]:
        """The stations' names, sorted."""
        return sorted({o.station for o in self.observations})

    def history(self, now: datetime) -> Iterator[Observation]:
        """Yields the year that ends where the wave begins, in order, with times shifted so that it ends `now`."""
        before = [o for o in self.observations if o.time <= WAVE_BEGINS]
        year_before = [o for o in self.observations if o.time > WAVE_BEGINS]
        for observations, shift in ((year_before, now - WAVE_BEGINS - YEAR), (before, now - WAVE_BEGINS)):
            for o in observations:
                yield Observation(o.time + shift, o.station, o.temperature_f, o.humidity_pct)


class Station:
    """One station's values at any moment of the endless year."""

    def __init__(self, record: Record, name: str) -> None:
        self.name = name
        self._own = [o for o in record.observations if o.station == name]
        self._times = [o.time for o in self._own]

    def at(self, position: timedelta) -> tuple[float, float]:
        """Returns temperature (°F) and humidity (%), interpolated, `position` after the wave begins."""
        first = self._times[0]
        moment = first + (WAVE_BEGINS + position - first) % YEAR
        after = bisect.bisect_right(self._times, moment)
        left = self._own[after - 1]
        # After the last observation of the year comes the first one of the next.
        right = self._own[after % len(self._own)]
        right_time = right.time if after < len(self._own) else right.time + YEAR
        part = (moment - left.time) / (right_time - left.time)
        temperature = left.temperature_f + part * (right.temperature_f - left.temperature_f)
        humidity = left.humidity_pct + part * (right.humidity_pct - left.humidity_pct)
        return round(temperature, 2), round(humidity, 2)


def read_record(path: Path = DATA) -> Record:
    """Reads the recorded year; rows without values are counted and left out."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    observations = [_observation(row) for row in rows if row["temperature_f"] and row["humidity_pct"]]
    return Record(sorted(observations, key=lambda o: (o.time, o.station)), len(rows) - len(observations))


def _observation(row: Mapping[str, str]) -> Observation:
    time = datetime.fromisoformat(row["time"])
    return Observation(time, row["station"], float(row["temperature_f"]), float(row["humidity_pct"]))
