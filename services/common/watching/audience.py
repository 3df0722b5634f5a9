"""Wakes those who watch: each when there is news for it, and never so many at once that others have to wait."""

import asyncio
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from services.common.tasks import wait_for

W = TypeVar("W", bound=Hashable)
W_contra = TypeVar("W_contra", contravariant=True)

# A message costs some 0.1 ms, so these let watchers have at most half of a processor.
TOGETHER = 25
BREATH_S = 0.0025
# Several changes within so little time become one message.
PAUSE_S = 0.02


class Board(Protocol[W_contra]):
    """Tells whether there is news for who wants something, such as the measurements of a factory."""

    @property
    def version(self) -> int: ...
    def last_change(self, version: int, wanted: W_contra) -> int: ...


@dataclass(slots=True, eq=False)
class _Waiter(Generic[W]):
    wanted: W
    version: int
    turn: asyncio.Future[None]


class Audience(Generic[W]):
    """Those who wait for news, in the order in which they began to wait."""

    def __init__(self, board: Board[W]) -> None:
        self._board = board
        self._waiters: dict[_Waiter[W], None] = {}
        self._wake = asyncio.Event()
        self._told: dict[W, tuple[int, int]] = {}  # the version looked up to, and the last change up to it
        self.closing = ""  # why everybody has to go

    @property
    def is_there(self) -> bool:
        """Whether anybody waits for news."""
        return bool(self._waiters)

    def tell(self) -> None:
        """Says that there may be news."""
        self._wake.set()

    def close(self, reason: str) -> None:
        """Ends all waiting, for a reason."""
        self.closing = reason
        for waiter in self._waiters:
            _wake(waiter)

    async def turn(self, wanted: W, version: int, seconds: float) -> None:
        """Waits until there is news after a version of the board, or everybody has to go, but not longer."""
        if self.closing:
            return
        waiter = _Waiter(wanted, version, asyncio.get_running_loop().create_future())
        self._waiters[waiter] = None
        if self._board.version > version:
            self._wake.set()
        try:
            await wait_for(waiter.turn, seconds)
        finally:
            del self._waiters[waiter]

    async def run(self) -> None:
        """Wakes those who wait, until it is cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            due = [waiter for waiter in self._waiters if self.last_change(waiter.wanted) > waiter.version]
            for begin in range(0, len(due), TOGETHER):
                for waiter in due[begin : begin + TOGETHER]:
                    _wake(waiter)
                await asyncio.sleep(BREATH_S)
            if due:
                await asyncio.sleep(PAUSE_S)

    def last_change(self, wanted: W) -> int:
        """Returns the version of the last change that a filter lets through; each version is looked at once."""
        looked, last = self._told.get(wanted, (0, 0))
        if looked < self._board.version:
            last = max(last, self._board.last_change(looked, wanted))
            self._told[wanted] = (self._board.version, last)
        return last


def _wake(waiter: _Waiter[W]) -> None:
    if not waiter.turn.done():
        waiter.turn.set_result(None)
