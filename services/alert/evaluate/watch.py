"""What is the matter with one sensor: its dangers, and the alerts that they have led to. Pure.

Only sensors with something going on have a watch; of all others the columns of the table are enough.
"""

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from services.alert.domain import NO_DATA, SUSPECT
from services.alert.evaluate.machine import NOTHING, Machine
from services.heat.levels import METRICS

# What can be the matter: a metric with its value, the sensor with its silence or its readings.
KEYS = (*METRICS, NO_DATA, SUSPECT)


@dataclass(slots=True)
class OpenAlert:
    """The open alert of a danger.

    Attributes:
        alert_id: None until it is stored.
        level: the rung that it has.
        highest: the highest rung that it had.
        peak: the value furthest beyond the limit.
        band: the threshold and the mapping that it names.
        value: what was measured last; None where that is not known here.
    """

    alert_id: int | None
    level: int
    highest: int
    peak: float | None = None
    band: tuple[int | None, int | None] = (None, None)
    value: float | None = None


class Shown(NamedTuple):
    """What an alert shows of the readings: the value measured last, None where it stays, and the worst."""

    alert: OpenAlert
    value: float | None
    peak: float | None
    is_suspect: bool


@dataclass(slots=True)
class Watch:
    """One sensor.

    Attributes:
        machines: those that are not normal, by metric, and that of the quality as SUSPECT.
        alerts: the open ones, by KEYS.
        is_silent: whether it has been found silent since its last reading.
    """

    machines: dict[str, Machine] = field(default_factory=dict)
    alerts: dict[str, OpenAlert] = field(default_factory=dict)
    is_silent: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing is the matter any more."""
        return not (self.machines or self.alerts or self.is_silent)

    @property
    def is_quiet(self) -> bool:
        """Whether a live reading would page for something."""
        return any(machine.is_quiet for machine in self.machines.values())

    def put(self, key: str, machine: Machine) -> None:
        """Keeps a machine, or forgets it where it is normal."""
        if machine is NOTHING:
            self.machines.pop(key, None)
        else:
            self.machines[key] = machine

    def forget(self, key: str) -> None:
        """Forgets a danger whose alert somebody has ended by hand: the next bad reading is another one.

        A silence goes on, and is not told of again.
        """
        self.machines.pop(key, None)
        self.alerts.pop(key, None)


def dump(watch: Watch) -> str:
    """Returns a watch as JSON."""
    value = {
        "machines": {key: _machine_out(machine) for key, machine in watch.machines.items()},
        "alerts": {key: [a.alert_id, a.level, a.highest, a.peak, *a.band] for key, a in watch.alerts.items()},
        "is_silent": watch.is_silent,
    }
    return orjson.dumps(value).decode()


def load(text: str) -> Watch:
    """Returns the watch that `dump` made a text of."""
    value = orjson.loads(text)
    return Watch(
        {key: _machine_in(machine) for key, machine in value["machines"].items()},
        {
            key: OpenAlert(a, level, highest, peak, (t, m))
            for key, (a, level, highest, peak, t, m) in value["alerts"].items()
        },
        value["is_silent"],
    )


def _machine_out(machine: Machine) -> dict[str, Any]:
    return {
        "held": machine.held,
        "anchor": machine.anchor,  # null where it is no number
        "since": machine.since,
        "level": machine.level,
        "recovering": machine.recovering,
        "is_quiet": machine.is_quiet,
        "is_suspect": machine.is_suspect,
    }


def _machine_in(value: dict[str, Any]) -> Machine:
    anchor = math.nan if value["anchor"] is None else value["anchor"]
    return Machine(**value | {"anchor": anchor, "since": tuple(value["since"])})
