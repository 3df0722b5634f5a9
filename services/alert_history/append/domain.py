"""Which events are new, and what they make of their alerts. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from services.alert_history.domain import ACKNOWLEDGED, CLEARED, RAISED, Alert, AlertEvent
from services.common.errors import FailedPreconditionError
from services.heat.levels import severity


class NoMonthError(Exception):
    """Events are of a month that has no partition."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is here of the alerts that events are for, while nobody else can append to them.

    Attributes:
        alerts: the alerts that have events here, by alert_id.
        stored: the event_id of each of the sent events' numbers that is here, by alert_id and event_seq.
        dropped_before: what happened before this is kept no longer.
    """

    alerts: Mapping[int, Alert]
    stored: Mapping[tuple[int, int], UUID]
    dropped_before: datetime


@dataclass(frozen=True, slots=True)
class Appended:
    """What becomes of events: those that are new, the alerts that they change, and how many were here already."""

    events: Sequence[AlertEvent]
    alerts: Sequence[Alert]
    duplicate: int


def appended(events: Sequence[AlertEvent], standing: Standing, *, allow_gaps: bool) -> Appended:
    """Tells the new events from those that are here already.

    Args:
        events: those of one alert by ascending event_seq.
        standing: what is here.
        allow_gaps: whether events may be missing before one.

    Raises:
        FailedPreconditionError: an event is missing, or another one has its event_seq.
    """
    alerts = dict(standing.alerts)
    new = []
    for event in events:
        alert = alerts.get(event.alert_id)
        if not _is_new(event, alert, standing):
            continue
        last = alert.last_event_seq if alert else 0
        if event.event_seq > last + 1 and not allow_gaps:
            raise _gap(event, last)
        alerts[event.alert_id] = _after(alert, event)
        new.append(event)
    changed = [alerts[alert_id] for alert_id in sorted({event.alert_id for event in new})]
    return Appended(new, changed, len(events) - len(new))


def _is_new(event: AlertEvent, alert: Alert | None, standing: Standing) -> bool:
    if alert is None or event.event_seq > alert.last_event_seq:
        return True
    known = standing.stored.get((event.alert_id, event.event_seq))
    if known is None:
        # Either it was given up once and comes after all, or it was here and is kept no longer.
        return event.event_time >= standing.dropped_before
    if known != event.event_id:
        raise _conflict(event, known)
    return False


def _after(alert: Alert | None, event: AlertEvent) -> Alert:
    """Returns what an alert is after one more event."""
    kind, moment = event.kind, event.event_time
    is_acknowledged = kind.event_type == ACKNOWLEDGED
    if alert is None:
        return Alert(
            alert_id=event.alert_id,
            last_event_seq=event.event_seq,
            state=kind.state,
            highest_level=kind.level,
            alert_type=kind.alert_type,
            loc_id=event.loc_id,
            factory=event.factory,
            raise_time=moment,
            acknowledge_time=moment if is_acknowledged else None,
            clear_time=moment if kind.state == CLEARED else None,
            first_event_time=moment,
            last_event_time=moment,
        )
    merged = replace(
        alert,
        highest_level=max(alert.highest_level, kind.level, key=severity),
        raise_time=moment if kind.event_type == RAISED else alert.raise_time,
        acknowledge_time=_earlier(alert.acknowledge_time, moment) if is_acknowledged else alert.acknowledge_time,
        first_event_time=min(alert.first_event_time, moment),
        last_event_time=max(alert.last_event_time, moment),
    )
    if event.event_seq < alert.last_event_seq:
        return merged  # what is told late changes nothing of how it ended
    # What is said of a cleared alert afterwards does not clear it once more.
    cleared = (alert.clear_time or moment) if kind.state == CLEARED else None
    return replace(merged, last_event_seq=event.event_seq, state=kind.state, clear_time=cleared)


def _earlier(known: datetime | None, moment: datetime) -> datetime:
    return moment if known is None else min(known, moment)


def _gap(event: AlertEvent, last: int) -> FailedPreconditionError:
    alert_id = event.alert_id
    message = (
        f"alert {alert_id} has events up to event_seq {last} here, and {event.event_seq} does not follow; send "
        f"{last + 1} first, or set allow_gaps where what is missing exists no more"
    )
    return FailedPreconditionError(message, "EVENT_GAP", {"alert_id": str(alert_id), "last_event_seq": str(last)})


def _conflict(event: AlertEvent, known: UUID) -> FailedPreconditionError:
    alert_id, seq = event.alert_id, event.event_seq
    message = (
        f"event_seq {seq} of alert {alert_id} is event {known} here and {event.event_id} in the request; what was "
        "appended stays: send it as a new event with the next event_seq"
    )
    metadata = {"alert_id": str(alert_id), "event_seq": str(seq), "event_id": str(known)}
    return FailedPreconditionError(message, "EVENT_CONFLICT", metadata)
