"""The life of a danger, from reading to reading. Pure: a step makes a new machine and says what happened.

Time is that of the readings, in microseconds since 1970. A machine knows nothing of the alert that it leads to but its
level and state: one that is cleared is a new machine, and what comes after is a new alert.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.alert.domain import CLEARS, LEVEL_DOWN, LEVEL_UP, LIVE, RAISED, REACTIVATED, RECOVERS
from services.alert.evaluate.tuning import SECOND
from services.heat.ladder import Ladder
from services.heat.levels import LEVELS

NORMAL, PENDING, ACTIVE, RECOVERING = "NORMAL", "PENDING", "ACTIVE", "RECOVERING"
FOREVER = 2**62  # later than any reading
_NOT_RUNNING = (None,) * len(LEVELS)


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric of a reading.

    Attributes:
        time: when it was measured.
        is_good: whether it can be trusted; one that cannot may raise, and neither lowers nor clears.
        is_live: whether it came soon enough to page.
    """

    time: int
    value: float
    is_good: bool = True
    is_live: bool = True


@dataclass(frozen=True, slots=True)
class Machine:
    """Where one metric of one sensor is.

    Attributes:
        held: the rung that is reached, with hysteresis; 0 is normal.
        anchor: the last value that was in the band of `held`.
        since: for each rung up to `held`, since when it has been reached without a break.
        level: the rung of the open alert; 0 where there is none.
        recovering: since when readings have been normal, while the alert waits for its off-delay.
        is_quiet: whether the last rise was only known of late, and has not been paged for.
        is_suspect: whether the last reading could not be trusted.
    """

    held: int = 0
    anchor: float = math.nan
    since: tuple[int | None, ...] = _NOT_RUNNING
    level: int = 0
    recovering: int | None = None
    is_quiet: bool = False
    is_suspect: bool = False

    @property
    def state(self) -> str:
        """Its name."""
        if not self.level:
            return PENDING if self.held else NORMAL
        return ACTIVE if self.recovering is None else RECOVERING


NOTHING = Machine()


@dataclass(frozen=True, slots=True)
class Rest:
    """The good readings that leave a machine as it is, but for its anchor; of a quiet one, only late ones do.

    Attributes:
        low: their values begin here, inclusive.
        high: and end here, exclusive.
        own_low: a value from here on, inclusive,
        own_high: to here, exclusive, is the new anchor.
        until: they are from before this time.
    """

    low: float
    high: float
    own_low: float
    own_high: float
    until: int


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened, and the machine thereafter; of what was cleared, the machine before."""

    kind: str
    time: int
    value: float
    machine: Machine


@dataclass(frozen=True, slots=True)
class Judge:
    """How one metric of one sensor is judged: by which ladder, with which hysteresis, interval and off-delay."""

    ladder: Ladder
    hysteresis: float
    interval: int
    off_delay: int

    def step(self, machine: Machine, reading: Measured) -> tuple[Machine, Sequence[Happening]]:
        """Takes a reading that is newer than all before."""
        own = self._reached(machine, reading.value)
        held = own if reading.is_good or own > machine.held else machine.held
        anchor = reading.value if self.ladder.rung(reading.value) == held else machine.anchor
        since = machine.since
        if held != machine.held:
            since = tuple(
                None if not 0 < rung <= held else reading.time if begun is None else begun
                for rung, begun in enumerate(since)
            )
        moved = replace(machine, held=held, anchor=anchor, since=since, is_suspect=not reading.is_good)
        if not machine.level:
            return self._without_alert(moved, reading, own)
        return self._with_alert(moved, reading, own)

    def rest(self, machine: Machine) -> Rest | None:
        """Returns which readings leave a machine as it is; None where each has to be looked at.

        What it says is what `step` does: it is for taking many readings at once.
        """
        if machine.is_suspect or self.ladder.rung(machine.anchor) != machine.held:
            return None
        if machine.recovering is not None:
            until = machine.recovering + self.off_delay
        elif machine.held < machine.level:
            return None  # no reading led here: other rules did
        else:
            rungs = range(machine.level + 1, machine.held + 1)
            until = min((due for rung in rungs if (due := self._due_time(machine, rung)) is not None), default=FOREVER)
        reach = self.ladder.reach(machine.anchor, self.hysteresis)
        return Rest(*reach, *self.ladder.step(machine.anchor), until)

    def _reached(self, machine: Machine, value: float) -> int:
        """Returns the rung of a value, with hysteresis: what is reached is held in its widened band."""
        raw = self.ladder.rung(value)
        if raw >= machine.held or self.ladder.rung(machine.anchor) != machine.held:
            return raw
        return machine.held if self.ladder.holds(machine.anchor, value, self.hysteresis) else raw

    def _due(self, machine: Machine, reading: Measured, own: int) -> int:
        """Returns the highest rung that this reading is on and that has been reached for long enough; 0 for none."""
        for rung in range(own, 0, -1):
            due = self._due_time(machine, rung)
            if due is not None and reading.time >= due:
                return rung
        return 0

    def _due_time(self, machine: Machine, rung: int) -> int | None:
        """Returns from when on a rung has been reached for long enough; None where it has not, or no band is of it."""
        delay, begun = self.ladder.delays_s[rung], machine.since[rung]
        if delay is None or begun is None:
            return None
        # A reading stands for its interval: an hourly sensor must not alert an hour late.
        return begun + max(0, delay * SECOND - self.interval)

    def _without_alert(self, machine: Machine, reading: Measured, own: int) -> tuple[Machine, Sequence[Happening]]:
        due = self._due(machine, reading, own)
        if due:
            machine = replace(machine, level=due, is_quiet=not reading.is_live)
            return machine, (_happening(RAISED, machine, reading),)
        return (machine if machine.held else NOTHING), ()

    def _with_alert(self, machine: Machine, reading: Measured, own: int) -> tuple[Machine, Sequence[Happening]]:
        happened: list[Happening] = []

        def tell(kind: str, **changes: object) -> None:
            nonlocal machine
            machine = replace(machine, **changes)  # type: ignore[arg-type]
            happened.append(_happening(kind, machine, reading))

        if machine.recovering is not None:
            if not own:
                if reading.is_good and reading.time >= machine.recovering + self.off_delay:
                    return NOTHING, (_happening(CLEARS, machine, reading),)
                return machine, ()
            is_quiet = machine.is_quiet or not reading.is_live
            tell(REACTIVATED, recovering=None, level=min(own, machine.level), is_quiet=is_quiet)
        due = self._due(machine, reading, own)
        if due > machine.level:
            tell(LEVEL_UP, level=due, is_quiet=machine.is_quiet or not reading.is_live)
        elif machine.held < machine.level:
            if not machine.held:
                if not self.off_delay:
                    return NOTHING, (*happened, _happening(CLEARS, machine, reading))
                tell(RECOVERS, recovering=reading.time)
                return machine, happened
            tell(LEVEL_DOWN, level=machine.held)
        if machine.is_quiet and reading.is_live:
            tell(LIVE, is_quiet=False)
        return machine, happened

    def again(self, machine: Machine, reading: Measured, *, is_gone: bool) -> tuple[Machine, Sequence[Happening]]:
        """Judges the last reading anew, after the rules have changed.

        Args:
            machine: where the old rules led.
            reading: the sensor's last one.
            is_gone: whether the band of the open alert holds for the sensor no more. What it led to then falls, even
                where the last reading cannot be trusted.
        """
        if not machine.level:
            if self.ladder.rung(machine.anchor) != machine.held:
                machine = NOTHING
            return self.step(machine, reading)
        machine, happened = self.step(machine, replace(reading, is_good=reading.is_good or is_gone))
        if machine.level:
            machine = replace(machine, is_suspect=not reading.is_good)
        return machine, happened


def _happening(kind: str, machine: Machine, reading: Measured) -> Happening:
    return Happening(kind, reading.time, reading.value, machine)
