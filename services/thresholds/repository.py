"""Thresholds and mappings in PostgreSQL. Each change raises the schema's revision in its own transaction."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any

from sqlalchemy import Table, Text, any_, insert, literal, select, update
from sqlalchemy import delete as delete_from
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.common import revisions
from services.common.audit.trail import Trail
from services.common.database import Database
from services.common.errors import AlreadyExistsError, FailedPreconditionError
from services.common.paging import PageRequest
from services.directory.domain import Directory
from services.thresholds.domain import Mapping, Rules, Threshold
from services.thresholds.service import Followed
from services.thresholds.tables import mapping, threshold

SCHEMA = "thresholds"
THRESHOLD, MAPPING = "threshold", "mapping"

_AUDIT = Trail(SCHEMA, revisions.channel(SCHEMA))


class SqlRepository:
    """Satisfies ThresholdStore and MappingStore.

    Args:
        on_change: is called after each change.
        directory: where sensors are, for the records of who changed their mappings.
    """

    def __init__(self, database: Database, on_change: Callable[[], None], directory: Followed[Directory]) -> None:
        self._database = database
        self._on_change = on_change
        self._directory = directory

    @asynccontextmanager
    async def _changing(self) -> AsyncIterator[AsyncConnection]:
        """Gives a transaction that changes something, and says so once it is committed."""
        async with self._database.transaction() as connection:
            yield connection
        self._on_change()

    async def list_thresholds(self, request: PageRequest, threshold_type: str | None) -> Sequence[Threshold]:
        """Returns up to one row more than the limit, so that the caller sees whether there are more."""
        filters = [] if threshold_type is None else [threshold.c.threshold_type == threshold_type]
        return [Threshold(**row) for row in await self._list(threshold, request, filters)]

    async def list_mappings(
        self, request: PageRequest, sensor_id: str | None, threshold_id: int | None, own: Sequence[str] | None
    ) -> Sequence[Mapping]:
        """Returns up to one row more than the limit; of the sensors that are `own` alone, if that is not None."""
        filters = [] if sensor_id is None else [mapping.c.sensor_id == sensor_id]
        filters += [] if threshold_id is None else [mapping.c.threshold_id == threshold_id]
        filters += [] if own is None else [mapping.c.sensor_id == any_(literal(list(own), ARRAY(Text)))]
        return [Mapping(**row) for row in await self._list(mapping, request, filters)]

    async def _list(self, table: Table, request: PageRequest, filters: list[Any]) -> list[dict[str, Any]]:
        (key,) = table.primary_key
        if request.after is not None:
            filters = [*filters, key > request.after[0]]
        statement = select(table).where(*filters).order_by(key).offset(request.skip).limit(request.limit + 1)
        async with self._database.transaction() as connection:
            return [dict(row) for row in (await connection.execute(statement)).mappings()]

    async def get_threshold(self, threshold_id: int) -> Threshold | None:
        """Returns one threshold, or None."""
        row = await self._get(threshold, threshold_id)
        return Threshold(**row) if row else None

    async def get_mapping(self, map_id: int) -> Mapping | None:
        """Returns one mapping, or None."""
        row = await self._get(mapping, map_id)
        return Mapping(**row) if row else None

    async def _get(self, table: Table, value: int) -> dict[str, Any] | None:
        async with self._database.transaction() as connection:
            return await _row(connection, table, value)

    async def add_threshold(self, new: Threshold) -> Threshold:
        """Stores a threshold and gives it its id."""
        async with self._changing() as connection:
            added = Threshold(**await _add(connection, threshold, asdict(new)))
            await _AUDIT.record(connection, THRESHOLD, added.threshold_id, None, added)
        return added

    async def add_mapping(self, new: Mapping) -> Mapping:
        """Stores a mapping and gives it its id; a second one of the same pair is AlreadyExistsError."""
        try:
            async with self._changing() as connection:
                added = Mapping(**await _add(connection, mapping, asdict(new)))
                await self._record(connection, None, added)
        except IntegrityError as error:
            raise _pair_exists(new, error) from error
        return added

    async def change_threshold(self, threshold_id: int, change: Callable[[Threshold], Threshold]) -> Threshold | None:
        """Changes one threshold under its row lock; None if it does not exist."""
        async with self._changing() as connection:
            row = await _row(connection, threshold, threshold_id, lock=True)
            if row is None:
                return None
            old = Threshold(**row)
            changed = change(old)
            await self._save(connection, threshold, changed)
            await _AUDIT.record(connection, THRESHOLD, threshold_id, old, changed)
            return changed

    async def change_mapping(self, map_id: int, change: Callable[[Mapping], Mapping]) -> Mapping | None:
        """Changes one mapping under its row lock; None if it does not exist."""
        async with self._changing() as connection:
            row = await _row(connection, mapping, map_id, lock=True)
            if row is None:
                return None
            old = Mapping(**row)
            changed = change(old)
            try:
                await self._save(connection, mapping, changed)
            except IntegrityError as error:
                raise _pair_exists(changed, error) from error
            await self._record(connection, old, changed)
            return changed

    async def _save(self, connection: AsyncConnection, table: Table, changed: Threshold | Mapping) -> None:
        (key,) = table.primary_key
        values = asdict(changed)
        await connection.execute(update(table).where(key == values.pop(key.name)).values(values))
        await revisions.bump(connection, SCHEMA)

    async def delete_threshold(self, threshold_id: int) -> bool:
        """Deletes a threshold; False if there was none."""
        try:
            async with self._changing() as connection:
                row = await _delete(connection, threshold, threshold_id)
                if row is not None:
                    await _AUDIT.record(connection, THRESHOLD, threshold_id, Threshold(**row), None)
        except IntegrityError as error:
            message = f"threshold {threshold_id} was mapped to a sensor just now: delete that mapping first"
            raise FailedPreconditionError(message, "THRESHOLD_IN_USE", {"threshold_id": str(threshold_id)}) from error
        return row is not None

    async def delete_mapping(self, map_id: int, check: Callable[[Mapping], None]) -> bool:
        """Deletes a mapping; False if there was none; one that `check` refuses stays."""
        async with self._changing() as connection:
            row = await _delete(connection, mapping, map_id)
            if row is not None:
                gone = Mapping(**row)
                check(gone)
                await self._record(connection, gone, None)
        return row is not None

    async def _record(self, connection: AsyncConnection, before: Mapping | None, after: Mapping | None) -> None:
        """Records a change of a mapping, which is where its sensor is."""
        about = after or before
        known = self._directory.value
        if about is None:
            raise ValueError("nothing was changed")
        place = known.place_of(about.sensor_id) if known else None
        where = {"plant": place.plant, "factory": place.factory} if place else {}
        await _AUDIT.record(connection, MAPPING, about.map_id, before, after, **where)

    async def mapping_ids_of(self, threshold_id: int) -> Sequence[int]:
        """Returns the ids of the mappings to a threshold."""
        statement = select(mapping.c.map_id).where(mapping.c.threshold_id == threshold_id).order_by(mapping.c.map_id)
        async with self._database.transaction() as connection:
            return list((await connection.execute(statement)).scalars())

    async def all_thresholds(self) -> Sequence[Threshold]:
        """Returns every threshold by ascending id."""
        async with self._database.transaction() as connection:
            return await _all_thresholds(connection)

    async def rules(self, known_revision: int | None) -> Rules | None:
        """Returns everything as it stands at one revision, or None if that is the known one."""
        async with self._database.snapshot() as connection:
            revision = await revisions.read(connection, SCHEMA)
            if revision == known_revision:
                return None
            mappings = (await connection.execute(select(mapping).order_by(mapping.c.map_id))).mappings()
            return Rules(revision, await _all_thresholds(connection), [Mapping(**dict(row)) for row in mappings])


async def _all_thresholds(connection: AsyncConnection) -> list[Threshold]:
    rows = (await connection.execute(select(threshold).order_by(threshold.c.threshold_id))).mappings()
    return [Threshold(**dict(row)) for row in rows]


async def _add(connection: AsyncConnection, table: Table, values: dict[str, Any]) -> dict[str, Any]:
    (key,) = table.primary_key
    del values[key.name]
    row = (await connection.execute(insert(table).values(values).returning(table))).mappings().one()
    await revisions.bump(connection, SCHEMA)
    return dict(row)


async def _delete(connection: AsyncConnection, table: Table, value: int) -> dict[str, Any] | None:
    (key,) = table.primary_key
    row = (await connection.execute(delete_from(table).where(key == value).returning(table))).mappings().first()
    if row is None:
        return None
    await revisions.bump(connection, SCHEMA)
    return dict(row)


async def _row(connection: AsyncConnection, table: Table, value: int, *, lock: bool = False) -> dict[str, Any] | None:
    (key,) = table.primary_key
    statement = select(table).where(key == value)
    row = (await connection.execute(statement.with_for_update() if lock else statement)).mappings().first()
    return dict(row) if row else None


def _pair_exists(new: Mapping, error: IntegrityError) -> AlreadyExistsError | IntegrityError:
    """Tells the violated pair from any other integrity error, which is ours to mend and goes on as it is."""
    if "mapping_unique" not in str(error.orig):
        return error
    message = f"sensor {new.sensor_id} is mapped to threshold {new.threshold_id} already; update that mapping"
    metadata = {"sensor_id": new.sensor_id, "threshold_id": str(new.threshold_id)}
    return AlreadyExistsError(message, "MAPPING_EXISTS", metadata)
