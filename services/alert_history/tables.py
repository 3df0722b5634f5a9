"""The tables of the schema `alert_history` as SQL writes and reads them; the migrations make them."""

from collections.abc import Mapping

from services.alert_history.domain import AlertEvent

# The columns of an event's row in the order of AlertEvent, with the types in which arrays of them are sent.
EVENT_COLUMNS: Mapping[str, str] = {
    "event_id": "uuid",
    "alert_id": "int4",
    "event_seq": "int4",
    "event_time": "timestamptz",
    "kind_id": "int2",
    "sensor_id": "text",
    "loc_id": "text",
    "threshold_type": "text",
    "measured_value": "float8",
    "actor": "text",
    "note": "text",
    "plant": "text",
    "factory": "text",
    "building": "text",
    "floor": "int4",
    "area": "text",
    "append_time": "timestamptz",
}
# The same, in the order of Alert.
ALERT_COLUMNS: Mapping[str, str] = {
    "alert_id": "int4",
    "last_event_seq": "int4",
    "state": "text",
    "highest_level": "text",
    "alert_type": "text",
    "loc_id": "text",
    "factory": "text",
    "raise_time": "timestamptz",
    "acknowledge_time": "timestamptz",
    "clear_time": "timestamptz",
    "first_event_time": "timestamptz",
    "last_event_time": "timestamptz",
}
_KIND_AT = list(EVENT_COLUMNS).index("kind_id")


def row_of(event: AlertEvent, kind_id: int) -> tuple[object, ...]:
    """Returns an event as a row of EVENT_COLUMNS."""
    values: list[object] = list(event)
    values[_KIND_AT] = kind_id
    return tuple(values)


def arrays(columns: Mapping[str, str], first: int = 1) -> str:
    """Returns the arguments of an unnest() of columns, the first of them with that number."""
    return ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(columns.values(), first))
