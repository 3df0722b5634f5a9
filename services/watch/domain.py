"""What is known of sensors and alerts, and how bad each is. Pure."""

from dataclasses import dataclass
from datetime import datetime

from services.heat.levels import LEVELS

GOOD, SUSPECT, STALE = "good", "suspect", "stale"
# By which metric something has its level. It is the perceived temperature where nothing else is worse.
METRICS = FELT, TEMPERATURE, HUMIDITY = "", "temperature", "humidity"

# What nobody can judge is worse than what is known to be well, and is never shown as if it were.
_BY_DANGER = (LEVELS[0], None, *LEVELS[1:])


def danger(level: str | None) -> int:
    """Returns how bad a level is, None among them: more is worse."""
    return _BY_DANGER.index(level)


def judged(felt: str | None, temperature: str | None, humidity: str | None) -> tuple[str | None, str]:
    """Returns the worst of a sensor's levels, and the metric that it is of: empty for the perceived temperature.

    One without limits takes nothing away from what others say; but that others are well does not make up for a
    perceived temperature that nobody can judge.
    """
    worst, by = felt, FELT
    for level, metric in ((temperature, TEMPERATURE), (humidity, HUMIDITY)):
        if level is not None and danger(level) > danger(worst):
            worst, by = level, metric
    return worst, by


@dataclass(frozen=True, slots=True)
class Where:
    """A place; whatever is not known of it is None."""

    loc_id: str
    plant: str | None = None
    factory: str | None = None
    building: str | None = None
    floor: int | None = None
    area: str | None = None

    @property
    def name(self) -> str:
        """The place itself, without what it is in."""
        return f"{self.loc_id} {self.area}" if self.area else self.loc_id

    @property
    def above(self) -> tuple[str, ...]:
        """What it is in, the widest first."""
        floor = None if self.floor is None else f"floor {self.floor}"
        return tuple(name for name in (self.plant, self.factory, self.building, floor) if name)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is shown, as the API's filters have it: everything that is set fits."""

    factory: str | None = None
    building: str | None = None
    floor: int | None = None
    loc_id: str | None = None

    def fits(self, where: Where) -> bool:
        """Tells whether a place is among what is wanted."""
        pairs = (
            (self.factory, where.factory),
            (self.building, where.building),
            (self.floor, where.floor),
            (self.loc_id, where.loc_id),
        )
        return all(wanted is None or wanted == there for wanted, there in pairs)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a sensor measured last.

    Attributes:
        sensor_id: the sensor.
        where: where it was.
        capture_time: when it measured.
        quality: `good`, `suspect` or `stale`.
        reason: why it is suspect, else empty.
        felt: the perceived temperature in °C; None where there is none.
        level: the worst of its metrics' levels; None where nobody can tell.
        by: the metric that has this level, one of METRICS.
        temperature: in °C.
        humidity: in %.
    """

    sensor_id: str
    where: Where
    capture_time: datetime
    quality: str = GOOD
    reason: str = ""
    felt: float | None = None
    level: str | None = None
    by: str = FELT
    temperature: float | None = None
    humidity: float | None = None

    @property
    def is_stale(self) -> bool:
        """Whether it has been silent, so that the values say nothing of now."""
        return self.quality == STALE


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that is not cleared.

    Attributes:
        alert_id: identifies it.
        level: how bad it is.
        since: when it was raised.
        where: the place.
        what: what is the matter, in words.
        acknowledged_by: who takes care; empty for nobody yet.
        shelved_until: until when it does not notify.
        is_silenced: whether a silence holds for it.
        is_recovering: whether the danger has gone for now.
        is_suspect: whether suspect readings keep it up.
    """

    alert_id: int
    level: str | None
    since: datetime
    where: Where
    what: str
    acknowledged_by: str = ""
    shelved_until: datetime | None = None
    is_silenced: bool = False
    is_recovering: bool = False
    is_suspect: bool = False


def worst_and_newest_first(alert: Alert) -> tuple[int, float, int]:
    """Returns by what alerts are sorted."""
    return -danger(alert.level), -alert.since.timestamp(), -alert.alert_id
