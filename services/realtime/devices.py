"""Devices: who one is by its key, and when each key was last used."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.common.access.domain import NOTHING, Caller, Kind
from services.common.clock import Clock
from services.common.errors import UnavailableError
from services.device_keys.domain import Keys
from services.realtime.domain import Followed

log = logging.getLogger(__name__)

REPORT_EVERY_S = 60.0
MOST_AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Use:
    """The last use of a key; `address` is empty where nobody knows."""

    key_id: str
    use_time: datetime
    address: str


class Reporter(Protocol):
    """Takes down when keys were used."""

    async def report(self, uses: Sequence[Use]) -> None:
        """Tells of the last uses of some keys; UnavailableError says that it was not told."""


class KnownDevices:
    """Satisfies Devices with the keys that are followed, so that letting a device in needs no neighbour."""

    def __init__(self, keys: Followed[Keys], clock: Clock) -> None:
        self._keys = keys
        self._clock = clock

    def device(self, secret: str) -> Caller | None:
        """Returns whose key it is; None for one that does not work.

        It may write its sensors' readings and sees nothing, whatever it is let in to. While nobody has told which keys
        there are it is UnavailableError: a key that is right must not be called wrong.
        """
        keys = self._keys.value
        if keys is None:
            message = (
                "the device keys are not known yet, since location has not been reached; send it again in a second"
            )
            raise UnavailableError(message, "DEVICE_KEYS_UNKNOWN")
        key = keys.of(secret, self._clock())
        return None if key is None else Caller(Kind.DEVICE, key.key_id, None, NOTHING, key.sensors)


class KeyUses:
    """Satisfies Uses: remembers the last use of each key, and tells of all of them once a minute.

    What could not be told is told the next time. A process that is killed takes its last minute with it, which is worth
    no write to a disk at each call.
    """

    def __init__(self, reporter: Reporter, clock: Clock) -> None:
        self._reporter = reporter
        self._clock = clock
        self._untold: dict[str, Use] = {}

    def note(self, caller: Caller) -> None:
        """Remembers that a device has used its key now; of others there is nothing to remember."""
        if caller.kind is Kind.DEVICE:
            self._untold[caller.name] = Use(caller.name, self._clock(), caller.address)

    async def run(self) -> None:
        """Tells until it is cancelled."""
        while True:
            await asyncio.sleep(REPORT_EVERY_S)
            await self.tell()

    async def tell(self) -> None:
        """Tells of what was not told yet."""
        uses, self._untold = list(self._untold.values()), {}
        for first in range(0, len(uses), MOST_AT_ONCE):
            try:
                await self._reporter.report(uses[first : first + MOST_AT_ONCE])
            except UnavailableError as error:
                log.warning("uses of keys not reported", extra={"keys": len(uses) - first, "error": str(error)})
                # What was noted meanwhile is newer.
                self._untold = {use.key_id: use for use in uses[first:]} | self._untold
                return
