"""The one resolver of levels: which level a value is, by the bands that hold for its sensor.

A band holds `min <= value < max`, an unset bound is open. Bands are what a person typed in, so they may leave gaps
and overlap: the resolver is safe with any of them, and the thresholds service reports them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.heat.levels import severity

_INFINITY = float("inf")


@dataclass(frozen=True, slots=True)
class Band:
    """A range of values and its level.

    Attributes:
        low: inclusive; infinite where open.
        high: exclusive; infinite where open.
        level: one of services/heat/levels.py.
        threshold_id: whose band it is; 0 where nobody asks.
        map_id: the mapping by which it holds for a sensor, or None where it holds for all.
        duration_s: for how many seconds a value must stay in it before somebody is alerted.
    """

    low: float
    high: float
    level: str
    threshold_id: int = 0
    map_id: int | None = None
    duration_s: int = 60


@dataclass(frozen=True, slots=True)
class MappedBand:
    """A band that holds for one sensor, within its validity."""

    band: Band
    valid_from: datetime | None
    valid_to: datetime | None

    def holds_at(self, moment: datetime) -> bool:
        """Tells whether the mapping is valid at a moment: its start inclusive, its end exclusive."""
        begun = self.valid_from is None or self.valid_from <= moment
        return begun and (self.valid_to is None or moment < self.valid_to)


@dataclass(frozen=True, slots=True)
class Rules:
    """All bands as they stand at one revision.

    Attributes:
        everywhere: the bands of a metric that hold for every sensor without mappings of its own.
        mapped: the enabled mappings' bands by (sensor_id, metric).
        revision: what thresholds calls them.
    """

    everywhere: Mapping[str, Sequence[Band]]
    mapped: Mapping[tuple[str, str], Sequence[MappedBand]]
    revision: int = 0

    def bands(self, sensor_id: str, metric: str, moment: datetime) -> Sequence[Band]:
        """Returns the bands that judge a sensor's metric at a moment."""
        candidates = self.mapped.get((sensor_id, metric))
        if candidates:
            own = [m.band for m in candidates if m.holds_at(moment)]
            if own:
                return own
        return self.everywhere.get(metric, ())


def judge(value: float, bands: Sequence[Band]) -> str | None:
    """Returns the level of a value, or None without bands.

    Inside several bands, or in a gap between two, the higher level counts. Beyond the last band the level goes on
    where the ladder rises outward (above the top band is the top band's level), and is green where it falls.
    """
    if not bands:
        return None
    inside = [b.level for b in bands if b.low <= value < b.high]
    if inside:
        return max(inside, key=severity)
    below = [b for b in bands if b.high <= value]
    above = [b for b in bands if b.low > value]
    if below and above:
        neighbours = (max(below, key=lambda b: b.high), min(above, key=lambda b: b.low))
        return max((b.level for b in neighbours), key=severity)
    if below:
        return _beyond_the_top(bands)
    return _beyond_the_bottom(bands)


def _beyond_the_top(bands: Sequence[Band]) -> str:
    ordered = sorted(bands, key=lambda b: b.high)
    last = ordered[-1]
    # A single band says which way its ladder goes by the side on which it is open.
    rises = severity(last.level) >= severity(ordered[-2].level) if len(ordered) > 1 else last.low > -_INFINITY
    return last.level if rises else "green"


def _beyond_the_bottom(bands: Sequence[Band]) -> str:
    ordered = sorted(bands, key=lambda b: b.low)
    first = ordered[0]
    rises = len(ordered) > 1 and severity(first.level) > severity(ordered[1].level)
    return first.level if rises else "green"
