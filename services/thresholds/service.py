"""The use cases of thresholds and mappings, and what they need of a store."""

from collections.abc import Callable, Sequence
from collections.abc import Mapping as Fields
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol, TypeVar

from services.common.access.domain import Scope
from services.common.clock import Clock
from services.common.errors import FailedPreconditionError, InvalidInputError, NotFoundError, Violation, invalid
from services.common.paging import Page, PageRequest, page
from services.directory.domain import Directory, reached
from services.heat.levels import METRICS
from services.thresholds.domain import (
    Finding,
    Mapping,
    Rules,
    Threshold,
    check_ladder,
    checked_mapping,
    checked_sensor,
    checked_threshold,
    checked_type,
    sensor_elsewhere,
)

T_co = TypeVar("T_co", covariant=True)

_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class ThresholdStore(Protocol):
    """What the threshold use cases need. A change raises the revision in its own transaction."""

    async def list_thresholds(self, request: PageRequest, threshold_type: str | None) -> Sequence[Threshold]: ...
    async def get_threshold(self, threshold_id: int) -> Threshold | None: ...
    async def add_threshold(self, threshold: Threshold) -> Threshold: ...
    async def change_threshold(
        self, threshold_id: int, change: Callable[[Threshold], Threshold]
    ) -> Threshold | None: ...
    async def delete_threshold(self, threshold_id: int) -> bool: ...
    async def mapping_ids_of(self, threshold_id: int) -> Sequence[int]: ...
    async def rules(self, known_revision: int | None) -> Rules | None: ...
    async def all_thresholds(self) -> Sequence[Threshold]: ...


class MappingStore(Protocol):
    """What the mapping use cases need. A change raises the revision in its own transaction."""

    async def list_mappings(
        self, request: PageRequest, sensor_id: str | None, threshold_id: int | None, own: Sequence[str] | None
    ) -> Sequence[Mapping]: ...
    async def get_mapping(self, map_id: int) -> Mapping | None: ...
    async def add_mapping(self, mapping: Mapping) -> Mapping: ...
    async def change_mapping(self, map_id: int, change: Callable[[Mapping], Mapping]) -> Mapping | None: ...
    async def delete_mapping(self, map_id: int, check: Callable[[Mapping], None]) -> bool: ...
    async def get_threshold(self, threshold_id: int) -> Threshold | None: ...


class Followed(Protocol[T_co]):
    """A neighbour's data, followed by revision."""

    @property
    def value(self) -> T_co | None: ...
    async def refresh(self) -> bool: ...


class ThresholdUseCases:
    """What callers can do with thresholds."""

    def __init__(self, store: ThresholdStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def list_page(self, request: PageRequest, threshold_type: str | None = None) -> Page[Threshold]:
        """Returns a page by ascending threshold_id; an unknown type is InvalidInputError."""
        if threshold_type is not None:
            checked_type(threshold_type)
        rows = await self._store.list_thresholds(request, threshold_type)
        return page(rows, request, lambda t: (t.threshold_id,))

    async def get(self, threshold_id: int) -> Threshold:
        """Returns one threshold, or raises NotFoundError."""
        threshold = await self._store.get_threshold(threshold_id)
        if threshold is None:
            raise _no_threshold(threshold_id)
        return threshold

    async def create(self, fields: Fields[str, Any]) -> Threshold:
        """Stores a new threshold. Type, level and a bound are required."""
        _require(fields, {"threshold_type": f"give one of {', '.join(METRICS)}", "level": "give green to critical"})
        blank = Threshold(0, "", "", None, None, mapped_only=False, source="", upd_dt=_EPOCH)
        threshold = replace(blank, **fields, upd_dt=self._clock())
        return await self._store.add_threshold(checked_threshold(threshold))

    async def update(self, threshold_id: int, fields: Fields[str, Any]) -> Threshold:
        """Changes the given fields; None clears one."""
        _require_change(fields)
        now = self._clock()
        threshold = await self._store.change_threshold(
            threshold_id, lambda old: checked_threshold(replace(old, **fields, upd_dt=now))
        )
        if threshold is None:
            raise _no_threshold(threshold_id)
        return threshold

    async def delete(self, threshold_id: int) -> None:
        """Deletes a threshold that no mapping uses."""
        mappings = await self._store.mapping_ids_of(threshold_id)
        if mappings:
            named = ", ".join(map(str, mappings))
            raise FailedPreconditionError(
                f"threshold {threshold_id} is used by mappings {named}: delete those first",
                "THRESHOLD_IN_USE",
                {"threshold_id": str(threshold_id), "map_ids": named},
            )
        if not await self._store.delete_threshold(threshold_id):
            raise _no_threshold(threshold_id)

    async def check(self, threshold_type: str | None) -> tuple[list[Finding], list[Finding]]:
        """Returns gaps and overlaps of one type or of all."""
        types = METRICS if threshold_type is None else (checked_type(threshold_type),)
        thresholds = await self._store.all_thresholds()
        gaps, overlaps = [], []
        for name in types:
            found = check_ladder([t for t in thresholds if t.threshold_type == name])
            gaps += found[0]
            overlaps += found[1]
        return gaps, overlaps

    async def rules(self, known_revision: int | None) -> Rules | None:
        """Returns everything at one revision, or None if the caller has that revision."""
        return await self._store.rules(known_revision)


class MappingUseCases:
    """What callers can do with mappings: with those of sensors at their factories' places, as the directory has them.

    To others they are as if they were not there. While no directory has ever been read, whoever may see some factories
    only gets UnavailableError; whoever may see everything needs none.
    """

    def __init__(self, store: MappingStore, clock: Clock, directory: Followed[Directory]) -> None:
        self._store = store
        self._clock = clock
        self._directory = directory

    async def list_page(
        self, request: PageRequest, scope: Scope, *, sensor_id: str | None = None, threshold_id: int | None = None
    ) -> Page[Mapping]:
        """Returns a page by ascending map_id; an unknown threshold is NotFoundError."""
        if sensor_id is not None:
            checked_sensor(sensor_id)
        own = self._own(sensor_id, scope)
        if threshold_id is not None and await self._store.get_threshold(threshold_id) is None:
            raise _no_threshold(threshold_id)
        rows = await self._store.list_mappings(request, sensor_id, threshold_id, own)
        return page(rows, request, lambda m: (m.map_id,))

    async def get(self, map_id: int, scope: Scope) -> Mapping:
        """Returns one mapping, or raises NotFoundError."""
        mapping = await self._store.get_mapping(map_id)
        if mapping is None:
            raise _no_mapping(map_id)
        self._check(mapping, scope)
        return mapping

    async def create(self, fields: Fields[str, Any], scope: Scope) -> Mapping:
        """Stores a new mapping of a sensor to a threshold that exists; a sensor elsewhere is ForbiddenError."""
        _require(fields, {"sensor_id": "name the sensor", "threshold_id": "give the id of a threshold"})
        blank = Mapping(0, "", 0, 60, None, None, enabled=True, upd_dt=_EPOCH)
        mapping = checked_mapping(replace(blank, **fields, upd_dt=self._clock()))
        await self._require_sensor(mapping.sensor_id, scope)
        await self._require_threshold(mapping.threshold_id)
        return await self._store.add_mapping(mapping)

    async def update(self, map_id: int, fields: Fields[str, Any], scope: Scope) -> Mapping:
        """Changes the given fields; None clears one. A sensor elsewhere is ForbiddenError."""
        _require_change(fields)
        if "sensor_id" in fields:
            await self._require_sensor(fields["sensor_id"], scope)
        if "threshold_id" in fields:
            await self._require_threshold(fields["threshold_id"])
        now = self._clock()

        def change(old: Mapping) -> Mapping:
            self._check(old, scope)
            return checked_mapping(replace(old, **fields, upd_dt=now))

        mapping = await self._store.change_mapping(map_id, change)
        if mapping is None:
            raise _no_mapping(map_id)
        return mapping

    async def set_enabled(self, map_id: int, scope: Scope, *, enabled: bool) -> Mapping:
        """Enables or disables a mapping; one that is so already stays so."""
        return await self.update(map_id, {"enabled": enabled}, scope)

    async def delete(self, map_id: int, scope: Scope) -> None:
        """Deletes a mapping."""
        if not await self._store.delete_mapping(map_id, lambda mapping: self._check(mapping, scope)):
            raise _no_mapping(map_id)

    def _own(self, sensor_id: str | None, scope: Scope) -> Sequence[str] | None:
        """Returns whose mappings are the caller's, of one sensor or of all; None where nothing is to be compared."""
        if scope.is_everything:
            return None
        directory = reached(self._directory.value)
        if sensor_id is None:
            return directory.sensors_within(scope)
        return [sensor_id] if directory.is_within(sensor_id, scope) else []

    def _check(self, mapping: Mapping, scope: Scope) -> None:
        if not scope.is_everything and not reached(self._directory.value).is_within(mapping.sensor_id, scope):
            raise _no_mapping(mapping.map_id)

    async def _require_sensor(self, sensor_id: str, scope: Scope) -> None:
        if not scope.is_everything:
            checked_sensor(sensor_id)
        known = self._directory.value if scope.is_everything else reached(self._directory.value)
        if known is not None and not (sensor_id in known.sensors and known.is_within(sensor_id, scope)):
            # It may have been registered or moved a moment ago. Whoever makes the change: its record is where the
            # sensor is. And how long it takes does not tell a sensor elsewhere from none.
            await self._directory.refresh()
        if not scope.is_everything and not reached(self._directory.value).is_within(sensor_id, scope):
            raise sensor_elsewhere(sensor_id, scope)

    async def _require_threshold(self, threshold_id: int) -> None:
        if await self._store.get_threshold(threshold_id) is None:
            raise invalid("threshold_id", f"is {threshold_id}, which does not exist; create the threshold first")


def _require(fields: Fields[str, Any], remedies: Fields[str, str]) -> None:
    missing = [Violation(name, f"is missing; {remedy}") for name, remedy in remedies.items() if not fields.get(name)]
    if missing:
        raise InvalidInputError(missing)


def _require_change(fields: Fields[str, Any]) -> None:
    if not fields:
        raise InvalidInputError([Violation("body", "sets no field that can be changed; set at least one")])


def _no_threshold(threshold_id: int) -> NotFoundError:
    message = f"there is no threshold {threshold_id}; GET /api/v1/thresholds/ lists them"
    return NotFoundError(message, "THRESHOLD_NOT_FOUND", {"threshold_id": str(threshold_id)})


def _no_mapping(map_id: int) -> NotFoundError:
    message = f"there is no mapping {map_id}; GET /api/v1/mappings/ lists them"
    return NotFoundError(message, "MAPPING_NOT_FOUND", {"map_id": str(map_id)})
