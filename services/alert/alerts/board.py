"""The alerts that are not cleared, in memory, and what has changed among them. Pure.

Versions and positions are microseconds of the database's clock. What is looked at is one snapshot of the database, and
its clock is read before and after the snapshot is taken: `began <= snapshot <= ended`. A change that is seen first gets
a version of at least `ended`; who has seen everything of a look has the position `began`. So whatever somebody with a
position does not know became visible after it, and every replica that was looking on by then gave it a later version:
a position can be resumed at any replica, whatever the order was in which transactions committed. The news of the last
look may be told twice, which does no harm: an alert replaces what was told of it before.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.alert.alerts.domain import WatchFilter
from services.alert.domain import Alert
from services.heat.levels import severity

# How long, in microseconds, and how many alerts that were cleared are kept for those who come back.
KEPT_US = 10 * 60 * 1_000_000
MOST_KEPT = 10_000

Render = Callable[[Alert], bytes]
Known = tuple[Sequence[int], Sequence[int], Sequence[datetime]]


@dataclass(frozen=True, slots=True)
class Look:
    """What a snapshot of the database has that was not known.

    Attributes:
        began: a moment before the snapshot was taken, in microseconds since 1970.
        ended: a moment after it was.
        alerts: the open ones that are new or have changed; those that have been cleared; and those that were raised and
            cleared since the last look, which another replica may have shown.
    """

    began: int
    ended: int
    alerts: Sequence[Alert]


class _Entry:
    """One alert. `left` has the severities that it had, or may have had, each with the version at which it changed."""

    __slots__ = ("alert", "body", "left", "version")

    def __init__(self, alert: Alert, version: int) -> None:
        self.alert = alert
        self.body: bytes | None = None
        self.left: dict[int, int] = {}
        self.version = version

    def fits(self, wanted: WatchFilter) -> bool:
        """Tells whether it is where somebody watches, and as grave."""
        return self.is_at(wanted) and severity(self.alert.alert_level) >= _least(wanted)

    def is_at(self, wanted: WatchFilter) -> bool:
        """Tells whether it is where somebody watches and may do so. Where an alert is never changes."""
        is_there = wanted.loc_id is None or self.alert.loc_id == wanted.loc_id
        is_there = is_there and (wanted.factory is None or self.alert.factory == wanted.factory)
        return is_there and wanted.covers(self.alert.plant, self.alert.factory)

    def concerns(self, version: int, wanted: WatchFilter) -> bool:
        """Tells whether it fits, or did after a version: whoever was shown it then must hear that it does no more."""
        if not self.is_at(wanted):
            return False
        least = _least(wanted)
        return severity(self.alert.alert_level) >= least or any(
            rung >= least and left > version for rung, left in self.left.items()
        )


class Board:
    """The open alerts.

    Attributes:
        version: rises with every change that somebody could see.
        position: what has been seen by somebody who has seen the board as it is; None until it is loaded.
        known_from: from this position on it is known what has changed.
        notes: what cannot be relied upon now, and the version since when.
    """

    def __init__(self, render: Render) -> None:
        self._render = render
        self._entries: dict[int, _Entry] = {}  # in the order of their last changes
        self._cleared: dict[int, None] = {}  # likewise
        self.version = 0
        self.position: int | None = None
        self._loaded = 0  # the version at which everything was read anew
        self.known_from = 0
        self.notes: tuple[str, ...] = ()
        self.notes_version = 0

    # What happens to it.

    def known(self) -> Known:
        """Returns the ids of the open alerts, and by what to tell whether each is still as it was."""
        alerts = self.open_alerts()
        return [a.alert_id for a in alerts], [a.event_seq for a in alerts], [a.update_time for a in alerts]

    def load(self, look: Look) -> None:
        """Takes all open alerts, in place of what was here. Who has seen something of it begins anew."""
        self._entries = {alert.alert_id: _Entry(alert, look.began) for alert in look.alerts}
        self._cleared = {}
        self.version = self._loaded = max(self.version + 1, look.ended)
        self.position, self.known_from = look.began, look.ended

    def apply(self, look: Look) -> None:
        """Takes what has changed."""
        news = [alert for alert in look.alerts if alert.is_open or alert.alert_id not in self._cleared]
        if news:
            self.version = max(self.version + 1, look.ended)
            for alert in news:
                self._put(alert)
        self.position = look.began
        self._forget(look.ended - KEPT_US)

    def set_notes(self, notes: Sequence[str]) -> bool:
        """Notes what cannot be relied upon now; tells whether that is another thing than before."""
        if tuple(notes) == self.notes:
            return False
        self.notes = tuple(notes)
        self.version += 1
        self.notes_version = self.version
        return True

    # What can be seen of it.

    def open_alerts(self) -> Sequence[Alert]:
        """Returns the alerts that are not cleared."""
        return [entry.alert for entry in self._entries.values() if entry.alert.is_open]

    def snapshot(self, wanted: WatchFilter) -> Sequence[bytes]:
        """Returns the open alerts that fit, by descending alert_time and then alert_id."""
        return self._bodies(e for e in self._entries.values() if e.alert.is_open and e.fits(wanted))

    def changes(self, version: int, wanted: WatchFilter) -> Sequence[bytes]:
        """Returns the alerts that have changed after a version, or a position that can be told: see `can_tell`."""
        return self._bodies(entry for entry in self._since(version) if entry.concerns(version, wanted))

    @property
    def whole_from(self) -> int:
        """The version that somebody must have seen to be told what is new; whoever has seen less begins anew."""
        return max(self._loaded, self.known_from)

    def can_tell(self, position: int) -> bool:
        """Tells whether everything is known that has changed after a position."""
        return self.known_from <= position

    def last_change(self, version: int, wanted: WatchFilter) -> int:
        """Returns the version of the last change that concerns what is wanted, or `version` where none came after."""
        last = max(version, self.notes_version, self.whole_from)
        return next((entry.version for entry in self._since(last) if entry.concerns(version, wanted)), last)

    def has_place(self, wanted: WatchFilter) -> bool:
        """Tells whether there is an alert where somebody watches."""
        return any(entry.is_at(wanted) for entry in self._entries.values())

    # Inside.

    def _put(self, alert: Alert) -> None:
        entry = self._entries.pop(alert.alert_id, None)
        # Values change without an event.
        is_next = entry is not None and alert.event_seq - entry.alert.event_seq in (0, 1)
        # What was not seen here may have been shown by another replica.
        before = entry.alert.alert_level if entry is not None and is_next else alert.highest_level
        entry = entry or _Entry(alert, self.version)
        if before != alert.alert_level:
            entry.left[severity(before)] = self.version
        entry.alert, entry.version, entry.body = alert, self.version, None
        self._entries[alert.alert_id] = entry
        self._cleared.pop(alert.alert_id, None)
        if not alert.is_open:
            self._cleared[alert.alert_id] = None

    def _forget(self, before: int) -> None:
        """Drops alerts that were cleared long ago; what became of them cannot be told any more."""
        while self._cleared:
            oldest = next(iter(self._cleared))
            version = self._entries[oldest].version
            if version >= before and len(self._cleared) <= MOST_KEPT:
                return
            del self._cleared[oldest], self._entries[oldest]
            self.known_from = max(self.known_from, version)

    def _bodies(self, entries: Iterable[_Entry]) -> Sequence[bytes]:
        chosen = sorted(entries, key=lambda e: (e.alert.alert_time, e.alert.alert_id), reverse=True)
        return [entry.body or self._draw(entry) for entry in chosen]

    def _draw(self, entry: _Entry) -> bytes:
        entry.body = self._render(entry.alert)
        return entry.body

    def _since(self, version: int) -> Iterator[_Entry]:
        for entry in reversed(self._entries.values()):
            if entry.version <= version:
                return
            yield entry


def _least(wanted: WatchFilter) -> int:
    return severity(wanted.level) if wanted.level is not None else 0
