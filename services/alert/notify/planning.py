"""Who is told what of an alert, now or later. Pure: a decision follows from what happened, and from what was told."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.alert import domain
from services.alert.domain import ACTIVE, LIVE, Alert
from services.alert.matching import fits
from services.alert.silences.domain import Silence
from services.alert.subscriptions.domain import Subscription
from services.heat.levels import severity

# Why a message is sent.
RAISED, LEVEL_UP, LEVEL_DOWN, CLEARED = "raised", "level_up", "level_down", "cleared"
REPEATED, ESCALATED, DIGEST, TEST = "repeated", "escalated", "digest", "test"
# These are about no alert: nobody judges whether there are any, or somebody does again.
STOPPED, RESUMED = "evaluation_stopped", "evaluation_resumed"
# Why an alert is looked at again later: a silence or a shelf ends.
HELD = "held"


@dataclass(frozen=True, slots=True)
class Happening:
    """An event that was not planned for yet."""

    event_seq: int
    event_type: str
    state: str
    level: str
    measured_value: float | None
    create_time: datetime
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What a subscription knows of an alert.

    Attributes:
        level: what it was told last; None if nothing was told yet.
        since: when it could have been told first; an escalation counts from then.
        tell_time: when it was told last.
        due_time: when to look again though nothing happens; None for never.
        due_cause: `held`, `escalated` or `repeated`.
    """

    subscription_id: int
    level: str | None
    since: datetime
    tell_time: datetime | None = None
    due_time: datetime | None = None
    due_cause: str | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """One message that is to be sent.

    Attributes:
        alert: as it was when that happened which the message is about.
        occasion: what makes the message one of its kind: the event, or the moment that was due.
        before: the level that was told before, if any.
        traceparent: the trace of that which happened.
    """

    subscription: Subscription
    alert: Alert
    cause: str
    occasion: str
    event_seq: int | None
    before: str | None
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done about one alert.

    Attributes:
        told: what each subscription knows thereafter, those only that change; None says that nothing need be kept.
        unshelved: whether a higher level has ended the alert's shelf.
        silenced: the silence that holds for it now, or None.
    """

    tellings: Sequence[Telling]
    told: Mapping[int, Told | None]
    unshelved: bool
    silenced: Silence | None


@dataclass(frozen=True, slots=True)
class _View:
    """An alert at one moment of its story. Only what is `news` begins to concern those who knew nothing of it."""

    alert: Alert
    since: datetime
    occasion: str
    event_seq: int | None
    news: bool
    traceparent: str = ""


def plan(
    alert: Alert,
    happened: Sequence[Happening],
    told: Mapping[int, Told],
    *,
    subscriptions: Sequence[Subscription],
    silences: Sequence[Silence],
    now: datetime,
) -> Plan:
    """Plans for one alert.

    Args:
        alert: as it stands.
        happened: what was not planned for yet, in order; nothing where only time has passed.
        told: what is kept, by subscription_id.
        subscriptions: all, by ascending id: of several with one address the first one's words are used.
        silences: all.
        now: the time.
    """
    unshelved = _breaks_shelf(alert, happened, now)
    if unshelved:
        alert = replace(alert, shelved_until=None)
    concerned = [s for s in subscriptions if (s.enabled and fits(s, alert)) or s.subscription_id in told]
    known: dict[int, Told | None] = dict(told)
    tellings: list[Telling] = []
    for view in _views(alert, happened, now):
        held_until = _held_until(view.alert, silences, now)
        addressed = set()
        for subscription in concerned:
            before = known.get(subscription.subscription_id)
            cause, after = _review(subscription, before, view, held_until, now)
            known[subscription.subscription_id] = after
            if cause is not None and subscription.address not in addressed:
                addressed.add(subscription.address)
                level = before.level if before is not None else None
                tellings.append(
                    Telling(
                        *(subscription, view.alert, cause, view.occasion, view.event_seq, level),
                        traceparent=view.traceparent,
                    )
                )
    changed = {key: value for key, value in known.items() if value != told.get(key)}
    silence = next(_holding(alert, silences, now), None) if alert.is_open else None
    return Plan(tellings, changed, unshelved, silence)


def _breaks_shelf(alert: Alert, happened: Sequence[Happening], now: datetime) -> bool:
    """Tells whether the alert has reached a level that it had not reached yet when it was shelved.

    Whoever shelved it knew how far it had gone: that it falls and comes back is no news to him.
    """
    known = severity(alert.shelved_level) if alert.shelved_level is not None else -1
    higher = any(h.event_type == domain.LEVEL_UP and severity(h.level) > known for h in happened)
    return higher and alert.is_open and alert.shelved_until is not None and alert.shelved_until > now


def _views(alert: Alert, happened: Sequence[Happening], now: datetime) -> list[_View]:
    """Returns the alert as it was after each event; as it is, if there was none.

    What happened before the first live reading of a late danger is told of as one.
    """
    live = max((h.event_seq for h in happened if h.event_type == LIVE), default=0)
    views = [
        _View(
            replace(
                alert,
                alert_level=h.level,
                state=h.state,
                quiet=alert.quiet or h.event_seq < live,
                measured_value=alert.measured_value if h.measured_value is None else h.measured_value,
            ),
            h.create_time,
            str(h.event_seq),
            h.event_seq,
            h.event_type in (domain.RAISED, domain.LEVEL_UP, LIVE),
            h.traceparent,
        )
        for h in happened
    ]
    return views or [_View(alert, now, f"due {now.isoformat()}", None, news=False)]


def _holding(alert: Alert, silences: Iterable[Silence], now: datetime) -> Iterator[Silence]:
    return (s for s in silences if s.silences(alert, alert.alert_level) and s.holds_until(now) is not None)


def _held_until(alert: Alert, silences: Iterable[Silence], now: datetime) -> datetime | None:
    """Returns until when nobody is told of it, as far as that is known now; a cleared one is on no shelf any more."""
    ends = [end for silence in _holding(alert, silences, now) if (end := silence.holds_until(now)) is not None]
    if alert.is_open and alert.shelved_until is not None and alert.shelved_until > now:
        ends.append(alert.shelved_until)
    return max(ends, default=None)


def _review(
    subscription: Subscription, told: Told | None, view: _View, held_until: datetime | None, now: datetime
) -> tuple[str | None, Told | None]:
    """Returns why a subscription is told something now, or None, and what is kept of it thereafter."""
    alert = view.alert
    if not subscription.enabled or not fits(subscription, alert) or (alert.quiet and alert.is_open):
        return None, _forgotten(told) if alert.is_open else None
    if told is None or told.level is None:
        cause, told = _first(subscription, told, view, now)
    else:
        cause = _next(subscription, told, alert, now)
    if told is None:
        return None, None
    if cause is None:
        return None, _waiting(subscription, told, alert) if alert.is_open else None
    return _tell(subscription, told, alert, cause, held_until=held_until, now=now)


def _tell(
    subscription: Subscription, told: Told, alert: Alert, cause: str, *, held_until: datetime | None, now: datetime
) -> tuple[str | None, Told | None]:
    if held_until is not None:
        return None, replace(told, due_time=held_until, due_cause=HELD)
    if cause == CLEARED:
        return cause, None
    return cause, _waiting(subscription, replace(told, level=alert.alert_level, tell_time=now), alert)


def _forgotten(told: Told | None) -> Told | None:
    """Returns what is kept where a subscription is not to be told for now."""
    if told is None or told.level is None:
        return None
    return replace(told, due_time=None, due_cause=None)


def _first(subscription: Subscription, told: Told | None, view: _View, now: datetime) -> tuple[str | None, Told | None]:
    """Returns why a subscription that was told nothing yet is told now."""
    concerns = view.alert.is_open and _reaches(subscription, view.alert.alert_level)
    if not concerns or (told is None and not view.news):
        return None, None
    told = told or Told(subscription.subscription_id, None, view.since)
    if not subscription.escalation_minutes:
        return RAISED, told
    if view.alert.acknowledge_time is None and now >= _escalation_time(subscription, told):
        return ESCALATED, told
    return None, told


def _next(subscription: Subscription, told: Told, alert: Alert, now: datetime) -> str | None:
    """Returns why a subscription that was told something already is told again."""
    if not alert.is_open:
        return CLEARED if subscription.notify_clear else None
    before = told.level or alert.alert_level
    rise = severity(alert.alert_level) - severity(before)
    if rise > 0 and _reaches(subscription, alert.alert_level):
        return LEVEL_UP
    # That it has fallen below what one wants to know is told once, not for each step further down.
    if rise < 0 and _reaches(subscription, before):
        return LEVEL_DOWN
    again = _repeat_time(subscription, told, alert)
    return REPEATED if again is not None and now >= again else None


def _waiting(subscription: Subscription, told: Told, alert: Alert) -> Told:
    """Returns what is kept, with the time of what comes next by itself."""
    if told.level is not None:
        due, cause = _repeat_time(subscription, told, alert), REPEATED
    else:
        # Nothing was told: an escalation is waited for, unless somebody takes care already.
        due = _escalation_time(subscription, told) if alert.acknowledge_time is None else None
        cause = ESCALATED
    return replace(told, due_time=due, due_cause=None if due is None else cause)


def _escalation_time(subscription: Subscription, told: Told) -> datetime:
    return told.since + timedelta(minutes=subscription.escalation_minutes)


def _repeat_time(subscription: Subscription, told: Told, alert: Alert) -> datetime | None:
    """Returns when a subscription is told again though nothing has changed, or None for never."""
    wanted = subscription.repeat_minutes > 0 and told.tell_time is not None and told.level is not None
    lasts = alert.state == ACTIVE and alert.acknowledge_time is None
    if not wanted or not lasts or not _reaches(subscription, told.level or alert.alert_level):
        return None
    return (told.tell_time or told.since) + timedelta(minutes=subscription.repeat_minutes)


def _reaches(subscription: Subscription, level: str) -> bool:
    return severity(level) >= severity(subscription.min_level)
