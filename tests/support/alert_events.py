"""Events of alerts as the alert service sends them."""

import random
import uuid
from datetime import UTC, datetime, timedelta

from montrg.alert_history.v1 import alert_history_service_pb2 as pb2

START = datetime(2026, 7, 15, 3, tzinfo=UTC)
FACTORIES = ("제1 공장", "F2", "F3")
# What follows what in an alert's life, with the state after it.
_LIFE = (
    *(("level_up", "active"), ("acknowledged", "active"), ("commented", "active"), ("notified", "active")),
    *(("recovering", "recovering"), ("cleared", "cleared"), ("commented", "cleared")),
)


def event(alert_id, event_seq, event_type="raised", state="active", *, moment=None, **fields):
    """An event; what is not given is that of a limit passed at A-1, a minute after the event before it."""
    defaults = {"level": "orange", "alert_type": "threshold", "loc_id": "A-1"}
    return pb2.AlertEvent(
        event_id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{alert_id}/{event_seq}")),
        alert_id=alert_id,
        event_seq=event_seq,
        event_time=moment or START + timedelta(minutes=event_seq),
        event_type=event_type,
        state=state,
        **defaults | fields,
    )


def stories(alerts, seed, *, first=1, start=START, over=timedelta(days=100)):
    """The events of so many alerts at places of three factories, made up at random."""
    rng = random.Random(seed)
    events = []
    for alert_id in range(first, first + alerts):
        number = rng.randrange(9)
        place = {"loc_id": f"L-{number}", "factory": FACTORIES[number % 3], "floor": number % 3 - 1}
        if rng.random() < 0.9:
            place["sensor_id"] = f"S-{number}-{rng.randrange(3)}"
        kind = rng.choices(("threshold", "no_data", "suspect", "manual"), (20, 5, 3, 1))[0]
        # Whole minutes, so that some events are of one moment.
        moment = start + timedelta(minutes=rng.randrange(over // timedelta(minutes=1)))
        steps = [("raised", "active"), *_LIFE[: rng.randrange(len(_LIFE) + 1)]]
        for seq, (event_type, state) in enumerate(steps, 1):
            level = rng.choice(("yellow", "orange", "red", "critical")) if state != "cleared" else "green"
            events.append(event(alert_id, seq, event_type, state, moment=moment, level=level, alert_type=kind, **place))
            moment += timedelta(minutes=rng.randrange(90))
    return events


async def append(stub, *events, **more):
    """Appends events, at most a thousand at once; returns the sum of the answers."""
    total = pb2.AppendAlertEventsResponse()
    for begin in range(0, len(events), 1000):
        request = pb2.AppendAlertEventsRequest(events=events[begin : begin + 1000], **more)
        answer = await stub.AppendAlertEvents(request)
        total.appended += answer.appended
        total.duplicate += answer.duplicate
    return total
