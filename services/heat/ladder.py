"""Bands as steps of levels, made once and asked for every reading. Pure.

The steps are what the resolver says between one limit and the next, so that there is one resolver and no second one.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from services.heat.judging import Band, judge
from services.heat.levels import LEVELS, severity

# Binary fractions: 33.3 - 0.5 has to be 32.8.
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Ladder:
    """The levels of all values by some bands.

    Attributes:
        edges: where the level changes, ascending; what is at an edge belongs to the step above it.
        rungs: the level of each step as its rung, from below the first edge on.
        delays_s: for each rung the seconds that a value must stay there; None where no band is of that level.
        bands: what it was made of.
    """

    edges: tuple[float, ...]
    rungs: tuple[int, ...]
    delays_s: tuple[int | None, ...]
    bands: tuple[Band, ...]

    @property
    def top(self) -> int:
        """The highest rung that a value can be on."""
        return max(self.rungs)

    def rung(self, value: float) -> int:
        """Returns the rung of a value."""
        return self.rungs[bisect_right(self.edges, value)]

    def step(self, value: float) -> tuple[float, float]:
        """Returns from where, inclusive, to where, exclusive, values are on the step of this one."""
        index = bisect_right(self.edges, value)
        low = self.edges[index - 1] if index else -math.inf
        return low, self.edges[index] if index < len(self.edges) else math.inf

    def holds(self, anchor: float, value: float, hysteresis: float) -> bool:
        """Tells whether a value is on the step of another one, widened by the hysteresis on both sides."""
        low, high = self.step(anchor)
        return round(low - hysteresis, _DIGITS) <= value < round(high + hysteresis, _DIGITS)

    def reach(self, value: float, hysteresis: float) -> tuple[float, float]:
        """Returns the step of a value, widened by the hysteresis as far as all that is beside it is on lower rungs."""
        first = last = bisect_right(self.edges, value)
        rung = self.rungs[first]
        while first and self.rungs[first - 1] < rung:
            first -= 1
        while last < len(self.edges) and self.rungs[last + 1] < rung:
            last += 1
        bounds = (-math.inf, *self.edges, math.inf)
        low, high = self.step(value)
        return (
            max(round(low - hysteresis, _DIGITS), bounds[first]),
            min(round(high + hysteresis, _DIGITS), bounds[last + 1]),
        )

    def rises(self, value: float) -> bool:
        """Tells whether the danger at a value grows upward, as with heat, and not downward, as with cold."""
        index = bisect_right(self.edges, value)
        below = self.rungs[index - 1] if index else len(LEVELS)
        above = self.rungs[index + 1] if index + 1 < len(self.rungs) else len(LEVELS)
        return below <= above

    def has(self, rung: int) -> bool:
        """Tells whether a band is of a rung."""
        return self.delays_s[rung] is not None

    def band(self, rung: int, value: float) -> Band:
        """Returns the band of a rung that a value is in, or else the nearest one of that rung, if there is any."""
        own = [band for band in self.bands if severity(band.level) == rung] or self.bands
        return min(own, key=lambda band: max(band.low - value, value - band.high, 0.0))

    def calm(self) -> tuple[float, float]:
        """Returns the widest range of values that are on the lowest rung; an empty one where there is none."""
        bounds = (-math.inf, *self.edges, math.inf)
        steps = [(bounds[i], bounds[i + 1]) for i, rung in enumerate(self.rungs) if rung == 0]
        return max(steps, key=lambda step: step[1] - step[0], default=(math.inf, -math.inf))


@lru_cache(maxsize=4096)
def ladder(bands: tuple[Band, ...]) -> Ladder:
    """Returns the ladder of some bands, of which there is at least one."""
    limits = sorted({limit for band in bands for limit in (band.low, band.high) if math.isfinite(limit)})
    # Between two limits all values have the same level, and a limit has that of what is above it.
    samples = [limits[0] - 1.0, *limits] if limits else [0.0]
    levels = [severity(judge(sample, bands) or LEVELS[0]) for sample in samples]
    edges = [limit for limit, before, after in zip(limits, levels, levels[1:], strict=False) if before != after]
    rungs = [levels[0], *(after for before, after in pairwise(levels) if before != after)]
    return Ladder(tuple(edges), tuple(rungs), _delays(bands), bands)


def _delays(bands: Sequence[Band]) -> tuple[int | None, ...]:
    of_level: dict[str, list[int]] = {level: [] for level in LEVELS}
    for band in bands:
        of_level[band.level].append(band.duration_s)
    return tuple(min(durations, default=None) for durations in of_level.values())
