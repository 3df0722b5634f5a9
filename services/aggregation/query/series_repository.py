"""Cells of rollups in PostgreSQL, by series and step."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from services.aggregation.cells import NO_LEAST, NO_MOST, Cells, Ints, Series
from services.aggregation.query.domain import Period
from services.aggregation.query.series import Group
from services.aggregation.query.timeseries import Keys, Which
from services.aggregation.tables import DAY, MOMENT, totals
from services.common.database import Database
from services.common.epoch import microseconds

_TABLES = {Period.HOUR: ("hourly", "hour_start"), Period.DAY: ("daily", "day"), Period.MONTH: ("monthly", "month")}
_KEYS = {Period.HOUR: "date_part('epoch', c.hour_start)::int8 * 1000000"}
_NAMES = {
    Group.ALL: ("''", "''"),
    Group.LOCATION: ("''", 's.loc_id COLLATE "C"'),
    Group.SENSOR: ('s.sensor_id COLLATE "C"', 's.loc_id COLLATE "C"'),
}


class SqlSeries:
    """Satisfies SeriesStore."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def members(self, which: Which, period: Period, keys: Keys) -> Mapping[Series, bool]:
        """Returns the sensors at places that ever had a reading, and whether they have one in the range."""
        table, _ = _TABLES[period]
        where, arguments = _which(which)
        query = (
            f"SELECT s.sensor_id, s.loc_id, EXISTS (SELECT FROM aggregation.{table} c"  # noqa: S608  our own words
            f" WHERE c.series_id = s.series_id AND {_between(period)}) FROM aggregation.series s{where}"
        )
        async with self._database.driver() as connection:
            found = await connection.fetch(query, *keys, *arguments)
        return {Series(sensor_id, loc_id): is_measured for sensor_id, loc_id, is_measured in found}

    async def cells(self, which: Which, period: Period, keys: Keys, group: Group, columns: Sequence[str]) -> Cells:
        """Returns the cells of a range."""
        table, name = _TABLES[period]
        where, arguments = _which(which)
        key = _KEYS.get(period, f"c.{name} - date 'epoch'")
        sensor, place = _NAMES[group]
        by = {Group.ALL: "", Group.LOCATION: "s.loc_id, ", Group.SENSOR: "s.sensor_id, s.loc_id, "}[group]
        query = (
            f"SELECT {sensor}, {place}, {key}, {totals('c', columns)}"  # noqa: S608  our own words
            f" FROM aggregation.series s JOIN aggregation.{table} c ON c.series_id = s.series_id AND {_between(period)}"
            f"{where} GROUP BY {by}c.{name}"
        )
        async with self._database.driver() as connection:
            found = await connection.fetch(query, *keys, *arguments)
        return _cells(found, columns)


def _between(period: Period) -> str:
    form, kind = (MOMENT, "int8") if period is Period.HOUR else (DAY, "int4")
    low, high = (form.format(f"${n}::{kind}") for n in (1, 2))
    return f"c.{_TABLES[period][1]} BETWEEN {low} AND {high}"


def _which(which: Which) -> tuple[str, Sequence[object]]:
    """Returns the condition on series, and its arguments from the third on."""
    conditions: list[str] = []
    arguments: list[object] = []
    if which.loc_ids is not None:
        arguments.append(which.loc_ids)
        conditions.append(f"s.loc_id = ANY(${len(arguments) + 2}::text[])")
    if which.sensor_id is not None:
        arguments.append(which.sensor_id)
        conditions.append(f"s.sensor_id = ${len(arguments) + 2}")
    return (f" WHERE {' AND '.join(conditions)}" if conditions else ""), arguments


def _cells(found: Sequence[Any], columns: Sequence[str]) -> Cells:
    if not found:
        nothing = np.zeros(0, np.int64)
        return Cells([], nothing, nothing, dict.fromkeys(columns, nothing))
    sensors, places, keys, *values = zip(*found, strict=True)
    number: dict[Series, int] = {}
    index = [number.setdefault(series, len(number)) for series in map(Series, sensors, places)]
    own = {name: _column(name, column) for name, column in zip(columns, values, strict=True)}
    return Cells(list(number), np.array(index, np.int64), np.array(keys, np.int64), own)


def _column(name: str, values: Sequence[Any]) -> Ints:
    if name.endswith("_time"):
        return np.array([microseconds(moment) for moment in values], np.int64)
    if name in ("pcv_temperature_min", "pcv_temperature_max"):
        nothing = NO_LEAST if name.endswith("_min") else NO_MOST
        return np.array([nothing if value is None else value for value in values], np.int64)
    return np.array(values, np.int64)
