"""How a value went since somebody began to look. Pure."""

from dataclasses import dataclass, replace
from typing import Self

MOST = 16
UP, DOWN, FLAT = 1, -1, 0
# A difference that a sensor's last digit makes is none.
_LITTLE = 0.2


@dataclass(frozen=True, slots=True)
class Trend:
    """At most 16 values, evenly far from each other in time; so its size does not grow with the time.

    Attributes:
        values: the last value of each step, the newest last.
        step_s: how long a step is.
        begin: when the newest step began, in seconds of any clock.
    """

    values: tuple[float, ...] = ()
    step_s: float = 1.0
    begin: float = 0.0

    def then(self, at: float, value: float) -> Self:
        """Returns it with one value more; within a step the last one counts."""
        if self.values and at < self.begin + self.step_s:
            return replace(self, values=(*self.values[:-1], value))
        if len(self.values) < MOST:
            return replace(self, values=(*self.values, value), begin=at)
        return replace(self, values=(*self.values[1::2], value), begin=at, step_s=self.step_s * 2)

    @property
    def direction(self) -> int:
        """Where it went in all: UP, DOWN or FLAT."""
        rise = self.values[-1] - self.values[0] if self.values else 0.0
        return FLAT if abs(rise) < _LITTLE else UP if rise > 0 else DOWN


def bars(values: tuple[float, ...], width: int, signs: str) -> str:
    """Returns the last values as signs from the lowest to the highest; less than 1 °C between them looks flat."""
    shown = values[-width:] if width else ()
    if len(shown) < 2:
        return ""
    low, high = min(shown), max(shown)
    span, top = max(high - low, 1.0), len(signs) - 1
    return "".join(signs[round((value - low) / span * top)] for value in shown)
