"""What the two streams have told so far, as it is shown: small, and changed in place a thousand times a second."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.watch.domain import Alert, Seen, Wanted, worst_and_newest_first
from services.watch.trend import Trend


@dataclass(frozen=True, slots=True)
class Measured:
    """A part of what is measured.

    Attributes:
        is_all: whether what is not in it is no more.
        seen: measurements, which replace those of the same sensors.
        removed: sensors that are no more among what is followed.
        degraded: what it could not rely on.
        hour: the site's date and hour, as yyyyMMddHH.
    """

    is_all: bool
    seen: Sequence[Seen]
    removed: Sequence[str]
    degraded: Sequence[str]
    hour: str


@dataclass(frozen=True, slots=True)
class Alerted:
    """A part of what is alerted: open alerts, ids of cleared ones, what it could not rely on."""

    is_all: bool
    opened: Sequence[Alert]
    cleared: Sequence[int]
    degraded: Sequence[str]


class Board:
    """What is known.

    Attributes:
        version: rises with each change.
        hour: the site's date and hour as it was told last, as yyyyMMddHH; empty for not yet.
    """

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._seen: dict[str, Seen] = {}
        self._alerts: dict[int, Alert] = {}
        self._trends: dict[str, Trend] = {}
        self._degraded: tuple[Sequence[str], Sequence[str]] = ((), ())
        self.version = 0
        self.hour = ""

    def measured(self, told: Measured) -> None:
        """Takes what the stream of measurements told."""
        if told.is_all:
            self._seen.clear()
        for each in told.seen:
            self._seen[each.sensor_id] = each
            if each.felt is not None and not each.is_stale:
                trend = self._trends.get(each.sensor_id, Trend())
                self._trends[each.sensor_id] = trend.then(each.capture_time.timestamp(), each.felt)
        for sensor_id in told.removed:
            self._seen.pop(sensor_id, None)
            self._trends.pop(sensor_id, None)
        self._degraded = (told.degraded, self._degraded[1])
        self.hour = told.hour
        self.version += 1

    def alerted(self, told: Alerted) -> None:
        """Takes what the stream of alerts told."""
        if told.is_all:
            self._alerts.clear()
        for alert in told.opened:
            if self._wanted.fits(alert.where):  # the stream knows fewer filters
                self._alerts[alert.alert_id] = alert
        for alert_id in told.cleared:
            self._alerts.pop(alert_id, None)
        self._degraded = (self._degraded[0], told.degraded)
        self.version += 1

    @property
    def seen(self) -> Iterable[Seen]:
        """What each sensor measured last."""
        return self._seen.values()

    @property
    def alerts(self) -> list[Alert]:
        """The open alerts, the worst first, and of those of one level the newest."""
        return sorted(self._alerts.values(), key=worst_and_newest_first)

    @property
    def degraded(self) -> list[str]:
        """What cannot be relied on; each once, also where both streams say it."""
        return list(dict.fromkeys([*self._degraded[0], *self._degraded[1]]))

    def trend(self, sensor_id: str) -> Trend:
        """Returns how a sensor's perceived temperature went since the view was opened."""
        return self._trends.get(sensor_id, Trend())
