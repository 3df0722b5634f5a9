"""What differs between a stored rollup and its readings, in words. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.aggregation.backfill.hours import Stored, Wrong
from services.aggregation.backfill.periods import Unlike
from services.aggregation.calendar import SiteCalendar, date_of
from services.aggregation.cells import COLUMNS, Series
from services.aggregation.tables import DAILY, Level
from services.common.epoch import moment_of

_UNITS = {"temperature": "°C", "humidity": "%", "pcv_temperature": "°C"}


@dataclass(frozen=True, slots=True)
class _Source:
    """What a rollup is compared with: how its value is called, and that there is none."""

    value: str
    none: str


_OF_READINGS = _Source("recomputed", "and there are none")
_OF_HOURS = _Source("of its hours", "and its hours have none")


def hour_words(wrong: Wrong, calendar: SiteCalendar) -> str:
    """Describes an hour."""
    title = f"{_who(wrong.series)}, hour {_local(wrong.hour_start, calendar)}"
    stored = wrong.stored.values if wrong.stored is not None else None
    return f"{title}: {_differences(_OF_READINGS, ('day', 'hour', *COLUMNS), stored, wrong.values, calendar)}"


def seq_words(stored: Stored, calendar: SiteCalendar) -> str:
    """Describes an hour that says to have a batch which the log does not have."""
    title = f"{_who(stored.series)}, hour {_local(stored.hour_start, calendar)}"
    return f"{title}: its last batch is {stored.seq}, which the reading log does not have"


def period_words(level: Level, unlike: Unlike, calendar: SiteCalendar) -> str:
    """Describes a day or a month."""
    day = date_of(unlike.period)
    period = f"day {day}" if level is DAILY else f"month {day:%Y-%m}"
    return f"{_who(unlike.series)}, {period}: {_differences(_OF_HOURS, COLUMNS, unlike.stored, unlike.right, calendar)}"


def _who(series: Series) -> str:
    return f"sensor {series.sensor_id} at {series.loc_id}"


def _differences(
    source: _Source,
    names: Sequence[str],
    stored: Sequence[int | None] | None,
    right: Sequence[int | None] | None,
    calendar: SiteCalendar,
) -> str:
    count = names.index("readings")
    if stored is None or right is None:
        if stored is not None:
            return f"has {stored[count]} readings, {source.none}"
        return f"is missing, {source.value} with {right[count] if right else 0} readings"
    pairs = zip(names, stored, right, strict=True)
    return "; ".join(
        f"{name} is {_shown(name, is_, calendar)}, {source.value} {_shown(name, has_to_be, calendar)}"
        for name, is_, has_to_be in pairs
        if is_ != has_to_be
    )


def _shown(name: str, value: int | None, calendar: SiteCalendar) -> str:
    if value is None:
        return "unset"
    if name == "day":
        return str(date_of(value))
    if name.endswith("_time"):
        return moment_of(value).astimezone(calendar.zone).isoformat(" ")
    quantity, _, kind = name.rpartition("_")
    if kind in ("sum", "min", "max"):
        return f"{value / 100:.2f} {_UNITS[quantity]}"
    return str(value)


def _local(moment: int, calendar: SiteCalendar) -> str:
    return moment_of(moment).astimezone(calendar.zone).isoformat(" ", "minutes")
