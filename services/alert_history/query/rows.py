"""Events as a list has them: in columns. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

from services.alert_history.domain import Alert, Kind
from services.common.access.domain import Scope
from services.common.epoch import moment_of
from services.common.paging import Key

# What events have in common with many others, column by column, in the contract's order.
SENSOR = ("sensor_id", "loc_id", "threshold_type")
PLACE = ("plant", "factory", "building", "floor", "area")
# What few events have.
WORDS = ("actor", "note")


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Events, all columns of one length. What does not apply, or was not known, is None.

    A page has up to a thousand events; an object for each, and for each of its moments, would take longer than the
    database does.

    Attributes:
        event_id: UUIDs.
        event_time: in microseconds since 1970, as append_time is.
    """

    event_id: Sequence[str]
    alert_id: Sequence[int]
    event_seq: Sequence[int]
    event_time: Sequence[int]
    kind: Sequence[Kind]
    sensor_id: Sequence[str | None]
    loc_id: Sequence[str]
    threshold_type: Sequence[str | None]
    measured_value: Sequence[float | None]
    actor: Sequence[str | None]
    note: Sequence[str | None]
    plant: Sequence[str | None]
    factory: Sequence[str | None]
    building: Sequence[str | None]
    floor: Sequence[int | None]
    area: Sequence[str | None]
    append_time: Sequence[int]

    def __len__(self) -> int:
        return len(self.event_id)

    def together(self, names: Sequence[str]) -> Iterator[tuple[object, ...]]:
        """Returns each event's values of some columns."""
        return zip(*(getattr(self, name) for name in names), strict=True)

    def first(self, count: int) -> "Rows":
        """Returns the first events."""
        return Rows(*(getattr(self, column.name)[:count] for column in fields(self)))

    def key(self, index: int) -> Key:
        """Returns what tells an event from all others, in the order of lists."""
        return (moment_of(self.event_time[index]), self.alert_id[index], self.event_seq[index])


@dataclass(frozen=True, slots=True)
class EventPage:
    """A part of a list, and the token of the next part, empty at the end."""

    rows: Rows
    next_page_token: str


@dataclass(frozen=True, slots=True)
class Story:
    """One alert, and all of its events that are kept, by ascending event_seq."""

    alert: Alert
    events: Rows

    def is_in(self, scope: Scope) -> bool:
        """Tells whether somebody may see it. All events of an alert are of one place."""
        return scope.covers(self.events.plant[0] if len(self.events) else None, self.alert.factory)
