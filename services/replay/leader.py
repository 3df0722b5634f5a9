"""Keeps the shift leader of the replay, who is told of the heat wave: one subscription, and a person's word above all.

While the replay does not run nobody takes messages, so the subscription is disabled then: what would be sent meanwhile,
such as that its sensors are silent, would fail for hours and end as dead. Who disables, deletes or readdresses the
subscription is not overruled.
"""

from dataclasses import replace
from pathlib import Path
from typing import Protocol

from services.replay import state
from services.replay.state import Leader

NAME = "Shift leader (replay)"


class Subscriptions(Protocol):
    """What is needed of the mesh."""

    async def find(self, recipient: str) -> int | None: ...
    async def create(self, name: str, recipient: str) -> int: ...
    async def recipient_of(self, subscription_id: int) -> str | None: ...
    async def is_enabled(self, subscription_id: int) -> bool: ...
    async def readdress(self, subscription_id: int, recipient: str) -> None: ...
    async def enable(self, subscription_id: int) -> None: ...
    async def disable(self, subscription_id: int) -> None: ...


class ShiftLeader:
    """One run's shift leader; what was done is in a file, so that the next run knows it."""

    def __init__(self, subscriptions: Subscriptions, path: Path, recipient: str) -> None:
        """Takes the mesh's subscriptions, the file for the state, and where this run takes messages."""
        self._subscriptions = subscriptions
        self._path = path
        self._recipient = recipient

    async def begin(self) -> None:
        """Subscribes at the first time; later it is told again, unless a person has decided otherwise."""
        known = state.read_leader(self._path)
        if known is None:
            # It may be there though the file is not: two of them would be told twice.
            found = await self._subscriptions.find(self._recipient)
            made = found or await self._subscriptions.create(NAME, self._recipient)
            state.save_leader(self._path, Leader(made, self._recipient, is_resting=False))
            return
        if not await self._is_own(known):
            return
        if known.recipient != self._recipient:
            await self._subscriptions.readdress(known.subscription_id, self._recipient)
        if known.is_resting:
            await self._subscriptions.enable(known.subscription_id)
        state.save_leader(self._path, replace(known, recipient=self._recipient, is_resting=False))

    async def rest(self) -> None:
        """Is told of nothing until the next run."""
        known = state.read_leader(self._path)
        if known is None or not await self._is_own(known):
            return
        if await self._subscriptions.is_enabled(known.subscription_id):
            # Saved before: one that is disabled without a note would look as if a person had done it.
            state.save_leader(self._path, replace(known, is_resting=True))
            await self._subscriptions.disable(known.subscription_id)

    async def _is_own(self, known: Leader) -> bool:
        """Tells whether it is still there, and still the replay's: a person may have put another address in."""
        return await self._subscriptions.recipient_of(known.subscription_id) == known.recipient
