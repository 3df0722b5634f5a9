"""The rollup tables as SQL writes and reads them; the migrations make them."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.aggregation.cells import COLUMNS, LEAST, MOST, SUMS

# A moment and a day as numbers, which asyncpg sends more quickly than Python's.
MOMENT = "timestamptz 'epoch' + {} * interval '1 microsecond'"
DAY = "date 'epoch' + {}"

_TIMES = ("first_time", "last_time")
_BIG = ("temperature_sum", "humidity_sum", "pcv_temperature_sum", "seq")


@dataclass(frozen=True, slots=True)
class Level:
    """One table of rollups. `keys` are the columns before the values, with the type and form that they are sent in."""

    table: str
    period: str
    keys: Sequence[tuple[str, str, str]]
    values: Sequence[str]

    def add(self) -> str:
        """Returns the statement that adds what readings bring to what is there."""
        return self._upsert([f"{name} = {_combined(name)}" for name in self.values])

    def replace(self) -> str:
        """Returns the statement that writes cells as they are."""
        labels = [name for name, _, _ in self.keys if name not in ("series_id", self.period)]
        return self._upsert([f"{name} = excluded.{name}" for name in (*labels, *self.values)])

    def _upsert(self, changes: Sequence[str]) -> str:
        columns = [(name, kind, form) for name, kind, form in self.keys]
        columns += [(name, *_sent(name)) for name in self.values]
        names = ", ".join(name for name, _, _ in columns)
        arrays = ", ".join(f"${i}::{kind}[]" for i, (_, kind, _) in enumerate(columns, 1))
        forms = ", ".join(form.format(f"t.{name}") for name, _, form in columns)
        return (
            f"INSERT INTO aggregation.{self.table} AS c ({names})"  # noqa: S608  our own words
            f" SELECT {forms} FROM unnest({arrays}) AS t({names})"
            f" ON CONFLICT (series_id, {self.period}) DO UPDATE SET {', '.join(changes)}"
        )


def _sent(name: str) -> tuple[str, str]:
    if name in _TIMES:
        return "int8", MOMENT
    return ("int8" if name in _BIG else "int4"), "{}"


def _combined(name: str) -> str:
    if name in SUMS:
        return f"c.{name} + excluded.{name}"
    # Both pass over a NULL, where one side has no perceived temperature.
    return f"{'least' if name in LEAST else 'greatest'}(c.{name}, excluded.{name})"


_SERIES = ("series_id", "int4", "{}")
HOURLY = Level(
    "hourly",
    "hour_start",
    (_SERIES, ("hour_start", "int8", MOMENT), ("day", "int4", DAY), ("hour", "int4", "{}")),
    (*COLUMNS, "seq"),
)
DAILY = Level("daily", "day", (_SERIES, ("day", "int4", DAY)), COLUMNS)
MONTHLY = Level("monthly", "month", (_SERIES, ("month", "int4", DAY)), COLUMNS)


def totals(alias: str, names: Sequence[str] = COLUMNS) -> str:
    """Returns the select list that makes one cell of several, under these names."""
    combine = dict.fromkeys(SUMS, "sum") | dict.fromkeys(LEAST, "min") | dict.fromkeys(MOST, "max")
    kinds = dict.fromkeys(SUMS, "::int8")
    return ", ".join(f"{combine[name]}({alias}.{name}){kinds.get(name, '')} AS {name}" for name in names)
