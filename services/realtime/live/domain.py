"""A sensor's newest reading, what is shown of it, and what is answered. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.directory.domain import Place, PlaceFilter

GOOD, SUSPECT, STALE = "GOOD", "SUSPECT", "STALE"
STALE_AFTER_INTERVALS = 3
DEFAULT_INTERVAL_S = 60  # of a sensor that nobody knows yet


class Reading(NamedTuple):
    """A reading, as far as it is shown. A tuple, because a batch holds thousands of them.

    Attributes:
        capture_time: microseconds since 1970 in UTC.
        quality: see services/heat/quality.py.
    """

    sensor_id: str
    capture_time: int
    loc_id: str
    temperature: float
    humidity: float
    pcv_temperature: float | None
    quality: int
    clock_skew_s: float


class Where(NamedTuple):
    """Where a sensor measured; the place is None where the directory does not know it."""

    loc_id: str
    place: Place | None

    def fits(self, wanted: PlaceFilter) -> bool:
        """Tells whether it is among what is wanted."""
        if self.place is not None:
            return wanted.fits(self.place)
        return wanted.is_any or wanted == PlaceFilter(loc_id=self.loc_id)


# The levels of temperature, humidity and perceived temperature; None where no limits are known.
Levels = tuple[str | None, str | None, str | None]

# Makes the bytes of a measurement of a reading, its quality as of now, where it was taken, and its levels.
Render = Callable[[Reading, str, Where, Levels], bytes]


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed since some moment: measurements as bytes, and sensors that are not shown any more."""

    measurements: Sequence[bytes]
    removed: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Heading:
    """What every answer says beside its measurements: the time at the site, and what it could not rely on."""

    local_time: datetime
    degraded: Sequence[str]


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything that is stored at one moment: each sensor's newest reading, and the log's generation and end."""

    readings: Sequence[Reading]
    generation: str
    seq: int
