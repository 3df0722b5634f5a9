"""What a transaction changes of alerts: made from what happens to machines, for the writer. Pure."""

import math
from dataclasses import dataclass, field
from typing import Any

from services.alert.domain import (
    ACTIVE,
    CLEARED,
    CLEARS,
    LEVEL_DOWN,
    LEVEL_UP,
    NO_DATA,
    RAISED,
    REACTIVATED,
    RECOVERING,
    RECOVERS,
    SUSPECT,
    THRESHOLD,
)
from services.alert.evaluate.machine import Happening, Machine
from services.alert.evaluate.watch import OpenAlert, Watch
from services.common.epoch import moment_of
from services.directory.domain import Place
from services.heat.ladder import Ladder
from services.heat.levels import LEVELS

_UNITS = {"temperature": "°C", "humidity": "%", "pcv_temperature": "°C"}
_TYPES = {NO_DATA: NO_DATA, SUSPECT: SUSPECT}


@dataclass(frozen=True, slots=True)
class Told:
    """An event: the writer's, without the alert's number, which may not be given yet."""

    event_type: str
    time: int
    measured_value: float | None
    state: str
    level: str
    note: str | None
    traceparent: str = ""


@dataclass(slots=True)
class Episode:
    """What one alert goes through in one transaction.

    Attributes:
        sensor_id: whose it is.
        key: which danger; see watch.KEYS.
        alert: the one that the watch knows.
        raised: the fields of a new one, or None where it is stored already.
        fields: those that change.
        told: its events, in order; the first of a new one is the writer's own.
        traceparent: the trace of that one.
    """

    sensor_id: str
    key: str
    alert: OpenAlert
    raised: dict[str, Any] | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What something happens to: one danger of one sensor.

    Attributes:
        watch: the sensor's; its open alerts are kept as they are.
        key: which danger; see watch.KEYS.
        sensor_id: whose.
        loc_id: where it measures.
        place: the same, in words; None where location does not know it.
        revision: that of the rules.
        ladder: by which a metric was judged; None for what is no metric, or has no rule any more.
        what: what is the matter, of what is no metric.
    """

    watch: Watch
    key: str
    sensor_id: str
    loc_id: str
    place: Place | None
    revision: int
    ladder: Ladder | None = None
    what: str = ""

    @property
    def where(self) -> str:
        """Names the place for people."""
        place = self.place
        if place is None:
            return self.loc_id
        words = (place.factory, place.building, f"floor {place.floor}", place.area)
        return " / ".join(word for word in words if word)


class Journal:
    """Collects what happens; the episodes of one danger are in order."""

    def __init__(self) -> None:
        self.episodes: list[Episode] = []
        self._current: dict[tuple[str, str], Episode] = {}

    def note(self, subject: Subject, happening: Happening, reason: str = "") -> None:
        """Notes what happened, and why it was cleared."""
        watch, key = subject.watch, subject.key
        if happening.kind == RAISED:
            alert = watch.alerts[key] = OpenAlert(None, happening.machine.level, happening.machine.level)
            episode = Episode(subject.sensor_id, key, alert, _new(alert, subject, happening))
            self.episodes.append(episode)
            self._current[subject.sensor_id, key] = episode
            return
        episode = self._episode(subject)
        episode.fields |= _changes(episode.alert, subject, happening, reason)
        state, level = episode.fields.get("state", happening.machine.state), LEVELS[happening.machine.level]
        value = happening.value if key in _UNITS and not math.isnan(happening.value) else None
        episode.told.append(Told(happening.kind, happening.time, value, state, level, reason or None))
        if happening.kind == CLEARS:
            del watch.alerts[key]
            del self._current[subject.sensor_id, key]

    def restate(self, subject: Subject, machine: Machine, value: float) -> None:
        """Has an open alert name the limits that hold now, where new rules change nothing else of it."""
        episode = self._episode(subject)
        episode.fields |= _standing(episode.alert, subject, Happening("", 0, value, machine))

    def judged(self, subject: Subject, value: float, *, is_good: bool) -> None:
        """Notes what a reading changes of an open alert, also where nothing happened, and whether it can be trusted."""
        alert = subject.watch.alerts[subject.key]
        alert.value = value
        if subject.ladder is not None:
            alert.peak = _peak(alert, value, subject.ladder)
        episode = self._current.get((subject.sensor_id, subject.key))
        if episode is not None and episode.fields:
            episode.fields |= {"measured_value": value, "peak_value": alert.peak, "suspect": not is_good}

    def _episode(self, subject: Subject) -> Episode:
        episode = self._current.get((subject.sensor_id, subject.key))
        if episode is None:
            episode = Episode(subject.sensor_id, subject.key, subject.watch.alerts[subject.key])
            self.episodes.append(episode)
            self._current[subject.sensor_id, subject.key] = episode
        return episode


def _new(alert: OpenAlert, subject: Subject, happening: Happening) -> dict[str, Any]:
    """Returns the fields of a new alert."""
    fields = _standing(alert, subject, happening)
    fields |= {"sensor_id": subject.sensor_id, "loc_id": subject.loc_id, "state": ACTIVE}
    fields |= {"alert_time": moment_of(happening.time), "alert_type": _TYPES.get(subject.key, THRESHOLD)}
    place = subject.place
    if place is not None:
        fields |= {name: getattr(place, name) or None for name in ("plant", "factory", "building", "area")}
        fields["floor"] = place.floor
    return fields


def _changes(alert: OpenAlert, subject: Subject, happening: Happening, reason: str) -> dict[str, Any]:
    """Returns the fields that something changes."""
    if happening.kind in {LEVEL_UP, LEVEL_DOWN, REACTIVATED}:
        return _standing(alert, subject, happening) | {"state": ACTIVE}
    fields: dict[str, Any] = {"rule_revision": subject.revision, "quiet": happening.machine.is_quiet}
    if not math.isnan(happening.value) and subject.key in _UNITS:
        fields["measured_value"] = happening.value
    if happening.kind == RECOVERS:
        fields["state"] = RECOVERING
    if happening.kind == CLEARS:
        fields |= {"state": CLEARED, "clear_time": moment_of(happening.time), "clear_reason": reason}
    return fields


def _standing(alert: OpenAlert, subject: Subject, happening: Happening) -> dict[str, Any]:
    """Returns what an alert says of its danger as it stands."""
    machine, value, ladder = happening.machine, happening.value, subject.ladder
    alert.level, alert.highest = machine.level, max(alert.highest, machine.level)
    level = LEVELS[machine.level]
    fields = {
        "alert_level": level,
        "highest_level": LEVELS[alert.highest],
        "suspect": machine.is_suspect or subject.key == SUSPECT,
        "rule_revision": subject.revision,
        "quiet": machine.is_quiet,
    }
    if ladder is None:
        return fields | {"message": f"{subject.what} at {subject.where}"}
    band = ladder.band(machine.level, value)
    alert.peak, alert.band = _peak(alert, value, ladder), (band.threshold_id or None, band.map_id)
    unit = _UNITS[subject.key]
    is_from = math.isfinite(band.low) and (ladder.rises(alert.peak) or not math.isfinite(band.high))
    limit = f"from {float(band.low)}" if is_from else f"below {float(band.high)}"
    return fields | {
        "threshold_id": alert.band[0],
        "threshold_map_id": band.map_id,
        "threshold_type": subject.key,
        "threshold_level": band.level,
        "threshold_min": band.low if math.isfinite(band.low) else None,
        "threshold_max": band.high if math.isfinite(band.high) else None,
        "measured_value": value,
        "peak_value": alert.peak,
        "message": f"{subject.key} {value} {unit} is {level} ({limit} {unit}) at {subject.where}",
    }


def _peak(alert: OpenAlert, value: float, ladder: Ladder) -> float:
    """Returns the value furthest beyond the limit, with one more."""
    if alert.peak is None:
        return value
    # Which way the danger grows is said by a value that is in danger: one that is only held may be below all limits.
    return max(alert.peak, value) if ladder.rises(alert.peak) else min(alert.peak, value)
