"""Writes messages in a person's language. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from services.alert.domain import THRESHOLD, Alert
from services.alert.notify.content import Content
from services.alert.notify.links import Links
from services.alert.notify.planning import CLEARED, Telling
from services.alert.notify.texts import LANGUAGES
from services.alert.notify.texts.phrases import Phrases
from services.alert.subscriptions.domain import Subscription
from services.heat.levels import LEVELS, severity

PERCEIVED = "pcv_temperature"
UNITS = {"temperature": "℃", PERCEIVED: "℃", "humidity": "%"}
# A digest of any length names so many alerts to people, and so many to programs: a receiver must be able to take it.
MOST_NAMED = 20
MOST_LISTED = 200
# For programs: what a message says of an alert.
FACTS = (
    "alert_id", "alert_time", "alert_type", "alert_level", "state", "threshold_type", "measured_value",
    "threshold_min", "threshold_max", "message", "sensor_id", "loc_id", "plant", "factory", "building", "floor",
    "area", "clear_time", "acknowledged_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Count:
    """How many alerts of a digest have a level, or had it and are over."""

    level: str
    is_over: bool
    count: int


@dataclass(frozen=True, slots=True)
class Part:
    """The last news of an alert that is told of in a digest."""

    subject: str
    create_time: datetime
    alerts: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Digest:
    """What a digest is about: at least one alert.

    Attributes:
        counts: of all its alerts.
        worst: those to be named, the worst first, and up to MOST_LISTED.
    """

    counts: Sequence[Count]
    worst: Sequence[Part]


@dataclass(frozen=True, slots=True)
class Writing:
    """Writes messages.

    Attributes:
        links: where messages lead people.
        zone: the site's, in which times are told.
    """

    links: Links
    zone: ZoneInfo

    def telling(self, telling: Telling) -> Content:
        """Writes what a subscription is told of an alert."""
        words = LANGUAGES[telling.subscription.language]
        alert = telling.alert
        subject = words.causes[telling.cause].format(
            level=words.levels[alert.alert_level],
            before=words.levels.get(telling.before or "", ""),
            place=place(alert, words),
            what=_what(alert, words),
        )
        advice = None if telling.cause == CLEARED else _advice(alert, words)
        link = self.links.alert(alert.alert_id)
        return Content(subject, alert.alert_level, self._facts(alert, words), advice, [], link, [_for_programs(alert)])

    def _facts(self, alert: Alert, words: Phrases) -> list[tuple[str, str]]:
        found = {
            "place": place(alert, words),
            "sensor": alert.sensor_id,
            "level": words.levels[alert.alert_level],
            "value": _value(alert, words),
            "since": self._time(alert.alert_time),
            "cleared": None if alert.clear_time is None else self._time(alert.clear_time),
            "message": alert.message if alert.alert_type != THRESHOLD else None,
            "acknowledged": alert.acknowledged_by,
        }
        return [(words.labels[name], value) for name, value in found.items() if value]

    def digest(self, digest: Digest, language: str) -> Content:
        """Writes one message of many: how many alerts of each level, and the worst by name."""
        words = LANGUAGES[language]
        lasting = {c.level: c.count for c in digest.counts if not c.is_over}
        over = sum(c.count for c in digest.counts if c.is_over)
        total = sum(lasting.values()) + over
        numbers = [(words.levels[level], lasting[level]) for level in reversed(LEVELS) if level in lasting]
        numbers += [(words.over, over)] if over else []
        facts = [(word, words.count.format(level=word, count=count)) for word, count in numbers]
        items = [
            words.item.format(time=f"{part.create_time.astimezone(self.zone):%H:%M:%S}", subject=part.subject)
            for part in digest.worst[:MOST_NAMED]
        ]
        if total > len(items):
            items.append(words.more.format(count=total - len(items)))
        subject = words.digest.format(level=numbers[0][0], count=total)
        highest = max(lasting or [c.level for c in digest.counts], key=severity)
        alerts = [alert for part in digest.worst for alert in part.alerts]
        return Content(subject, highest, facts, None, items, self.links.alerts, alerts, total)

    def stopped(self, since: datetime, language: str) -> Content:
        """Writes that readings are judged no more since a moment."""
        words = LANGUAGES[language]
        subject = words.stopped.format(level=words.levels[LEVELS[-1]], since=self._time(since))
        return Content(subject, LEVELS[-1], [], words.stopped_advice, [], self.links.evaluation, [], 0)

    def resumed(self, since: datetime, until: datetime, language: str) -> Content:
        """Writes that readings are judged again, and when they were not."""
        words = LANGUAGES[language]
        subject = words.resumed.format(since=self._time(since), until=self._time(until))
        return Content(subject, None, [], None, [words.resumed_note], self.links.evaluation, [], 0)

    def test(self, subscription: Subscription) -> Content:
        """Writes a test message."""
        words = LANGUAGES[subscription.language]
        subject = words.test.format(name=subscription.title)
        link = self.links.subscription(subscription.subscription_id)
        return Content(subject, None, [], words.test_advice, [], link, [])

    def _time(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.zone):%Y-%m-%d %H:%M:%S %Z}"


def place(alert: Alert, words: Phrases) -> str:
    """Returns where an alert is, from the plant to the area, or the place's id where nothing is known of it."""
    floor = alert.floor
    level = None if floor is None else (words.basement if floor < 0 else words.floor).format(floor=abs(floor))
    return " ".join(part for part in (alert.plant, alert.factory, alert.building, level, alert.area) if part) or (
        alert.loc_id
    )


def _what(alert: Alert, words: Phrases) -> str:
    metric = words.metrics.get(alert.threshold_type or "", alert.threshold_type or "")
    value = "" if alert.measured_value is None else f" ({_number(alert)})"
    return words.types[alert.alert_type].format(metric=metric) + value


def _value(alert: Alert, words: Phrases) -> str | None:
    if alert.measured_value is None:
        return None
    return f"{words.metrics.get(alert.threshold_type or '', '')} {_number(alert)}".strip()


def _number(alert: Alert) -> str:
    # By way of its shortest text, since 32.05 is a little less than that in binary.
    rounded = Decimal(repr(alert.measured_value)).quantize(Decimal("0.1"), ROUND_HALF_UP) + 0  # no minus before 0.0
    return f"{rounded}{UNITS.get(alert.threshold_type or '', '')}"


def _advice(alert: Alert, words: Phrases) -> str | None:
    """Returns what the law asks for at the limit that was passed, or at what is measured if that is more."""
    known = [value for value in (alert.measured_value, alert.threshold_min) if value is not None]
    if alert.threshold_type != PERCEIVED or alert.alert_type != THRESHOLD or not known:
        return None
    return next((text for least, text in words.advice if max(known) >= least), None)


def _for_programs(alert: Alert) -> dict[str, Any]:
    facts = {name: value for name in FACTS if (value := getattr(alert, name)) is not None}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in facts.items()}
