"""What an event that is sent must be like. Pure."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.alert_history.domain import (
    ALERT_TYPES,
    EARLIEST,
    EVENT_TYPES,
    STATES,
    AlertEvent,
    Kind,
    id_violations,
    level_of,
    name_violations,
    refuse,
    word_of,
)
from services.common.errors import Violation, invalid

MAX_EVENTS = 1000
MAX_NOTE = 4000
FUTURE = timedelta(days=1)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NAMES = ("threshold_type", "actor", "plant", "factory", "building", "area")


@dataclass(frozen=True, slots=True)
class Sent:
    """An event as it was sent, before anybody has looked at it."""

    event_id: str
    alert_id: int
    event_seq: int
    event_time: datetime | None
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


def checked(sent: Sequence[Sent], now: datetime) -> list[AlertEvent]:
    """Returns the events, or raises InvalidInputError with all that is wrong."""
    if not 1 <= len(sent) <= MAX_EVENTS:
        raise invalid("events", f"holds {len(sent)} events; give 1 to {MAX_EVENTS}")
    bad: list[Violation] = []
    events = [_checked(one, f"events[{index}]", now, bad) for index, one in enumerate(sent)]
    last: dict[int, int] = {}
    ids: set[str] = set()
    for index, one in enumerate(sent):
        if one.event_seq <= last.get(one.alert_id, 0):
            bad.append(_seq_violation(one, f"events[{index}]"))
        last[one.alert_id] = one.event_seq
        if one.event_id.lower() in ids:
            bad.append(Violation(f"events[{index}].event_id", "is that of another event; give each its own"))
        ids.add(one.event_id.lower())
    refuse(bad)
    return events


def _seq_violation(one: Sent, place: str) -> Violation:
    words = "give the events of an alert by ascending event_seq, from 1, each once"
    return Violation(f"{place}.event_seq", f"is {one.event_seq}; {words}")


def _checked(one: Sent, place: str, now: datetime, bad: list[Violation]) -> AlertEvent:
    kind = Kind(
        word_of(f"{place}.event_type", one.event_type, EVENT_TYPES, bad),
        word_of(f"{place}.state", one.state, STATES, bad),
        level_of(f"{place}.level", one.level, bad),
        word_of(f"{place}.alert_type", one.alert_type, ALERT_TYPES, bad),
    )
    is_uuid = _UUID.fullmatch(one.event_id) is not None
    if not is_uuid:
        words = "give a UUID such as 6f1c2b1e-8a54-4c52-9d5e-0e6c9f1b7a10"
        bad.append(Violation(f"{place}.event_id", f"is {one.event_id[:60]!r}; {words}"))
    if one.alert_id < 1:
        bad.append(Violation(f"{place}.alert_id", f"is {one.alert_id}; give 1 or more"))
    bad += _time_violations(f"{place}.event_time", one.event_time, now)
    bad += id_violations(f"{place}.sensor_id", one.sensor_id) + id_violations(f"{place}.loc_id", one.loc_id)
    bad += _value_violations(one, place)
    return AlertEvent(
        event_id=UUID(one.event_id) if is_uuid else UUID(int=0),
        alert_id=one.alert_id,
        event_seq=one.event_seq,
        event_time=one.event_time or now,
        kind=kind,
        sensor_id=one.sensor_id,
        loc_id=one.loc_id,
        threshold_type=one.threshold_type,
        measured_value=one.measured_value,
        actor=one.actor,
        note=one.note,
        plant=one.plant,
        factory=one.factory,
        building=one.building,
        floor=one.floor,
        area=one.area,
        append_time=now,
    )


def _time_violations(field: str, moment: datetime | None, now: datetime) -> list[Violation]:
    remedy = "give when it happened, such as 2026-07-15T09:00:00+09:00"
    if moment is None:
        return [Violation(field, f"is missing; {remedy}")]
    if not EARLIEST <= moment <= now + FUTURE:
        return [Violation(field, f"is {moment.isoformat()}, before 2000 or more than a day ahead; {remedy}")]
    return []


def _value_violations(one: Sent, place: str) -> list[Violation]:
    bad = [v for name in _NAMES for v in name_violations(f"{place}.{name}", getattr(one, name))]
    if one.measured_value is not None and not math.isfinite(one.measured_value):
        bad.append(Violation(f"{place}.measured_value", f"is {one.measured_value}; give a number, or leave it out"))
    if one.note is not None and (len(one.note) > MAX_NOTE or "\0" in one.note):
        words = f"give at most {MAX_NOTE} characters, none of them U+0000"
        bad.append(Violation(f"{place}.note", f"has {len(one.note)} characters; {words}"))
    return bad
