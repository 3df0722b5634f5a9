"""The use cases of time series: at once where they are short, and else part by part in time."""

from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from services.aggregation.calendar import SiteCalendar
from services.aggregation.cells import Cells, Series
from services.aggregation.query.domain import Period
from services.aggregation.query.metrics import Metric
from services.aggregation.query.series import AskedSeries, Grid, Group, SeriesQuery, grid, parse_series
from services.aggregation.query.service import Condition
from services.aggregation.query.steps import Step, Steps, divided, steps_between
from services.aggregation.query.whereabouts import Whereabouts
from services.common.access.domain import Scope
from services.common.clock import Clock
from services.common.errors import invalid

MOST_POINTS = 20_000
PART_POINTS = 5_000

Keys = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Which:
    """Which sensors at places are meant; None is all."""

    loc_ids: Sequence[str] | None
    sensor_id: str | None

    @property
    def is_all(self) -> bool:
        """Whether all are."""
        return self.loc_ids is None and self.sensor_id is None


@dataclass(frozen=True, slots=True)
class Reading:
    """How raw readings are put together; `members` are those that count, None means all."""

    minutes: int
    calendar: SiteCalendar
    group: Group
    members: Collection[Series] | None

    def of(self, series: Series) -> Series | None:
        """Returns the series that a sensor at a place counts in, if it does."""
        return self.group.of(series) if self.members is None or series in self.members else None


class SeriesStore(Protocol):
    """Cells of rollups. `keys` are the first and the last period of a range."""

    async def members(self, which: Which, period: Period, keys: Keys) -> Mapping[Series, bool]: ...  # noqa: D102
    async def cells(  # noqa: D102
        self, which: Which, period: Period, keys: Keys, group: Group, columns: Sequence[str]
    ) -> Cells: ...


class RawReadings(Protocol):
    """Cells of the readings themselves."""

    async def cells(self, steps: Steps, read: Reading) -> Cells: ...  # noqa: D102


class Wire(Protocol):
    """Serialises series."""

    def time_series(self, grid: Grid, metrics: Sequence[Metric]) -> Sequence[bytes]: ...  # noqa: D102
    def time_series_list(self, series: Sequence[bytes], degraded: Sequence[str]) -> bytes: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is asked for, of which sensors at places, which of them have readings in the range, and the calendar."""

    wanted: SeriesQuery
    which: Which
    members: Mapping[Series, bool]
    calendar: SiteCalendar

    @property
    def measured(self) -> set[Series]:
        """The series that have readings in the range; where steps are short, in the hours that it touches."""
        return {self.wanted.group.of(series) for series, is_measured in self.members.items() if is_measured}


class SeriesUseCases:
    """What series can be asked for, of the places that a caller may see.

    What is wrong raises InvalidInputError, a place that never was NotFoundError.

    Steps below an hour are made of raw readings: where retention has dropped them it is FailedPreconditionError.
    """

    def __init__(
        self,
        store: SeriesStore,
        raw: RawReadings,
        whereabouts: Whereabouts,
        condition: Condition,
        *,
        clock: Clock,
        wire: Wire,
    ) -> None:
        self._store = store
        self._raw = raw
        self._whereabouts = whereabouts
        self._condition = condition
        self._clock = clock
        self._wire = wire

    async def query(self, asked: AskedSeries, scope: Scope) -> bytes:
        """Returns a TimeSeriesList."""
        wanted = parse_series(asked, self._clock())
        _check_points((wanted.end - wanted.start) // wanted.step.length)
        plan = await self._plan(wanted, scope)
        steps = steps_between(wanted.step, plan.calendar, wanted.start, wanted.end)
        _check_points(len(plan.measured) * len(steps))
        cells = await self._cells(plan, steps)
        series = _in_order(_used(cells))
        _check_points(len(series) * len(steps))
        messages = self._wire.time_series(grid(series, steps, cells, wanted.columns), wanted.metrics)
        return self._wire.time_series_list(messages, self._condition.notes())

    async def stream(self, asked: AskedSeries, scope: Scope) -> AsyncGenerator[bytes, None]:
        """Yields a TimeSeries for each part of the range and series."""
        wanted = parse_series(asked, self._clock())
        plan = await self._plan(wanted, scope)
        series = _in_order(plan.measured)
        most = max(PART_POINTS // max(len(plan.members), 1), 1)
        for steps in divided(wanted.step, plan.calendar, wanted.start, wanted.end, most):
            cells = await self._cells(plan, steps)
            series = _in_order({*series, *_used(cells)})
            for message in self._wire.time_series(grid(series, steps, cells, wanted.columns), wanted.metrics):
                yield message

    async def _plan(self, wanted: SeriesQuery, scope: Scope) -> _Plan:
        is_somewhere = bool(wanted.where.words())
        loc_ids = await self._whereabouts.choose(wanted.where, scope) if is_somewhere else self._whereabouts.own(scope)
        if wanted.sensor_id is not None:
            await self._whereabouts.require_sensor(wanted.sensor_id, scope)
        which = Which(loc_ids, wanted.sensor_id)
        calendar = await self._condition.calendar()
        period = wanted.step.period or Period.HOUR
        first, last = (
            int(steps_between(Step(0, period), calendar, moment, moment + 1).keys[0])
            for moment in (wanted.start, wanted.end - 1)
        )
        members = await self._store.members(which, period, (first, last))
        return _Plan(wanted, which, members, calendar)

    async def _cells(self, plan: _Plan, steps: Steps) -> Cells:
        wanted = plan.wanted
        if wanted.step.period is not None:
            keys = int(steps.keys[0]), int(steps.keys[-1])
            return await self._store.cells(plan.which, wanted.step.period, keys, wanted.group, wanted.columns)
        members = None if plan.which.is_all else plan.members.keys()
        reading = Reading(wanted.step.minutes, plan.calendar, wanted.group, members)
        return await self._raw.cells(steps, reading)


def _used(cells: Cells) -> set[Series]:
    return {cells.series[n] for n in np.unique(cells.index).tolist()}


def _in_order(series: Iterable[Series]) -> Sequence[Series]:
    return sorted(series, key=lambda one: (one.loc_id, one.sensor_id))


def _check_points(count: int) -> None:
    if count > MOST_POINTS:
        words = f"makes {count:,} points or more, and the most is {MOST_POINTS:,}; give a longer one or a shorter range"
        raise invalid("step", f"{words}, or take StreamTimeSeries")
