"""The use cases of the live view: what is measured now, once or as a stream of changes."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Hashable, Sequence
from functools import partial
from typing import Protocol
from zoneinfo import ZoneInfo

from services.common.clock import Clock
from services.common.errors import NotFoundError
from services.common.watching import stream
from services.common.watching.audience import Audience
from services.common.watching.kept import KeptMessages
from services.directory.domain import PlaceFilter
from services.realtime.live import tokens
from services.realtime.live.domain import Changes, Heading
from services.realtime.live.tokens import Position
from services.realtime.live.view import View

# Clocks of workers differ: a sensor that turned stale shortly before somebody left is told once more.
MARGIN_US = 60_000_000


class Wire(Protocol):
    """Serialises answers."""

    def snapshot(self, heading: Heading, measurements: Sequence[bytes]) -> bytes: ...
    def watch_message(self, kind: str, heading: Heading, changes: Changes, token: str, reason: str = "") -> bytes: ...


class LiveUseCases:
    """What can be asked of the live view."""

    def __init__(self, view: View, audience: Audience[PlaceFilter], wire: Wire, clock: Clock, zone: ZoneInfo) -> None:
        self._view = view
        self._audience = audience
        self._wire = wire
        self._clock = clock
        self._zone = zone
        self._kept = KeptMessages()

    async def run(self, stopping: asyncio.Event) -> None:
        """Keeps the view current and wakes those who watch, until it is cancelled."""
        await asyncio.gather(self._view.run(), self._audience.run(), stream.close_at(stopping, self._audience))

    async def now(self, wanted: PlaceFilter) -> bytes:
        """Returns the last measurement of each active sensor where `wanted` fits, as a MeasurementSnapshot.

        Raises:
            NotFoundError: there is no such place.
            UnavailableError: nothing has been read of the database yet.
        """
        notes = await self._view.fresh()
        self._require_place(wanted)
        heading = Heading(self._clock().astimezone(self._zone), notes)
        key = ("now", wanted, *notes)
        return self._keep(key, lambda: self._wire.snapshot(heading, self._view.board.snapshot(wanted)))

    async def watch(self, wanted: PlaceFilter, resume_token: str) -> AsyncGenerator[bytes, None]:
        """Yields a snapshot or what has changed since a token, then every change, as WatchMeasurementsResponses.

        Raises:
            InvalidInputError: the token is not one of this stream.
            NotFoundError: there is no such place.
            UnavailableError: nothing has been read of the database yet.
            ExhaustedError: the caller did not take a message in time.
        """
        since = tokens.decode(resume_token, wanted)
        await self._view.fresh()
        self._require_place(wanted)
        if since is not None and not await self._can_tell(since, wanted):
            since = None
        first = partial(self._keep, ("first", wanted, since), partial(self._first, wanted, since))
        async with contextlib.aclosing(stream.follow(self, self._audience, wanted, first)) as messages:
            async for message in messages:
                yield message

    def place(self) -> tuple[int, Position]:
        """Returns what the view shows now."""
        return self._view.board.version, self._view.position

    def news(self, wanted: PlaceFilter, version: int) -> bytes:
        """Returns what has changed since a version."""
        return self._keep((wanted, version), partial(self._next, wanted, version))

    def end(self, wanted: PlaceFilter, position: Position, reason: str) -> bytes:
        """Returns a stream's last message."""
        return self._message("END", wanted, position, Changes(()), reason)

    def _first(self, wanted: PlaceFilter, since: Position | None) -> bytes:
        board = self._view.board
        if since is None:
            return self._message("SNAPSHOT", wanted, self._view.position, Changes(board.snapshot(wanted)))
        changes = board.changes_after(since.seq, since.moment - MARGIN_US, wanted)
        return self._message(_kind(changes), wanted, self._view.position, changes)

    def _next(self, wanted: PlaceFilter, version: int) -> bytes:
        board = self._view.board
        changes = board.changes(version, wanted)
        kind = "CHANGES" if board.notes_version > version else _kind(changes)
        return self._message(kind, wanted, self._view.position, changes)

    def _message(self, kind: str, wanted: PlaceFilter, position: Position, changes: Changes, reason: str = "") -> bytes:
        heading = Heading(self._clock().astimezone(self._zone), self._view.board.notes)
        return self._wire.watch_message(kind, heading, changes, tokens.encode(position, wanted), reason)

    async def _can_tell(self, since: Position, wanted: PlaceFilter) -> bool:
        """Tells whether what has changed since a position is known here."""
        if since.state == self._view.position.state and wanted.is_any:
            await self._view.learn(since.seq)
        return since.state == self._view.position.state and self._view.board.can_tell(since.seq, wanted)

    def _keep(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Returns what was made under a key while the board and the minute are the same, or makes it."""
        board = self._view.board
        return self._kept.get((board.version, self._view.position.state, board.now // 60_000_000), key, make)

    def _require_place(self, wanted: PlaceFilter) -> None:
        words, directory = wanted.words(), self._view.directory
        if words and directory is not None and not any(map(wanted.fits, directory.places.values())):
            message = f"there is no place with {words}; GET /api/v1/locations/ lists them"
            raise NotFoundError(message, "PLACE_NOT_FOUND")


def _kind(changes: Changes) -> str:
    return "CHANGES" if changes.measurements or changes.removed else "HEARTBEAT"
