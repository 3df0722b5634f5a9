"""Whose readings are taken from whom. Pure."""

from dataclasses import replace

import numpy as np

from services.common.access.domain import Caller
from services.directory.domain import Directory
from services.realtime.ingest.columns import SentRows


def may_write(caller: Caller, sensor_id: str, directory: Directory | None) -> bool:
    """Tells whether a caller may write readings of a sensor.

    It has to be one of those that a device's key is for, and where the caller may look; without a directory nobody
    knows where it is, and it takes a caller who sees everything.
    """
    if caller.sensors is not None and sensor_id not in caller.sensors:
        return False
    return caller.scope.is_everything or (directory is not None and directory.is_within(sensor_id, caller.scope))


def marked(rows: SentRows, caller: Caller, directory: Directory | None) -> SentRows:
    """Returns the rows with `is_own` as the caller's rights have it."""
    if caller.sensors is None and caller.scope.is_everything:
        return rows
    own = {name for name in set(rows.sensor_id) if may_write(caller, name, directory)}
    return replace(rows, is_own=np.array([name in own for name in rows.sensor_id], dtype=bool))
