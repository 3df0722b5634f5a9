"""Whose readings are taken from whom. Pure."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from services.common.access.domain import Caller, Kind
from services.directory.domain import Directory
from services.realtime.ingest.columns import SentRows


def may_write(caller: Caller, sensor_id: str, directory: Directory | None) -> bool:
    """Tells whether a caller may write readings of a sensor.

    A device may if its key is for the sensor. For others it has to be where the caller may look; without a directory
    nobody knows where it is, and it takes a caller who sees everything.
    """
    if caller.sensors is not None:
        return sensor_id in caller.sensors
    return caller.scope.is_everything or (directory is not None and directory.is_within(sensor_id, caller.scope))


def may_be_asked(caller: Caller, sensor_ids: Iterable[str]) -> set[str]:
    """Returns those of the sensors that location may be asked for: a device cannot have it asked for all the world."""
    return set(sensor_ids) if caller.sensors is None else set(caller.sensors.intersection(sensor_ids))


def may_register(caller: Caller, sensor_id: str) -> bool:
    """Tells whether a sensor that nobody knows may be registered since a caller writes readings of it.

    One that a key is for and nobody knows has just been deleted: its device must not bring it back.
    """
    return caller.kind is not Kind.DEVICE and may_write(caller, sensor_id, None)


def marked(rows: SentRows, caller: Caller, directory: Directory | None) -> SentRows:
    """Returns the rows with `is_own` as the caller's rights have it."""
    if caller.sensors is None and caller.scope.is_everything:
        return rows
    own = {name for name in set(rows.sensor_id) if may_write(caller, name, directory)}
    return replace(rows, is_own=np.array([name in own for name in rows.sensor_id], dtype=bool))
