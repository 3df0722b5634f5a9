"""An event on its way to the history, and why the history does not take it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """What happened to an alert, as it is stored. Its fields are those of the history's contract, but for its trace."""

    event_id: str
    alert_id: int
    event_seq: int
    event_time: datetime
    event_type: str
    state: str
    level: str
    alert_type: str
    sensor_id: str | None
    loc_id: str
    threshold_type: str | None
    measured_value: float | None
    actor: str | None
    note: str | None
    plant: str | None
    factory: str | None
    building: str | None
    floor: int | None
    area: str | None
    traceparent: str | None = None


class GapError(Exception):
    """The history has an alert's events up to an earlier one only."""

    def __init__(self, alert_id: int, last_event_seq: int) -> None:
        super().__init__(f"the history has alert {alert_id} up to event {last_event_seq}")
        self.alert_id = alert_id
        self.last_event_seq = last_event_seq


class RefusedError(Exception):
    """The history will never take these events as they are."""


def first_part(events: Sequence[StoredEvent], with_gaps: set[int]) -> tuple[Sequence[StoredEvent], bool]:
    """Returns what is sent in one call, and whether a gap is allowed there: only for an alert that needs it, alone."""
    needs_gap = bool(events) and events[0].alert_id in with_gaps
    if needs_gap:
        return list(takewhile(lambda e: e.alert_id == events[0].alert_id, events)), True
    return list(takewhile(lambda e: e.alert_id not in with_gaps, events)), False
