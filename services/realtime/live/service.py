"""The use cases of the live view: what is measured now, once or as a stream of changes."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Sequence
from functools import partial
from typing import Protocol
from zoneinfo import ZoneInfo

from services.common.clock import Clock
from services.common.errors import ExhaustedError, NotFoundError
from services.directory.domain import PlaceFilter
from services.realtime.live import tokens
from services.realtime.live.audience import Audience
from services.realtime.live.domain import Changes, Heading
from services.realtime.live.tokens import Position
from services.realtime.live.view import View

HEARTBEAT_S = 15.0
# A reader that does not take a message for so long is dropped.
SLOW_S = 10.0
# Streams end now and then, so that those who watch spread over new replicas; the server lets them.
LIFE_S = 540.0
# Clocks of workers differ: a sensor that turned stale shortly before somebody left is told once more.
MARGIN_US = 60_000_000
MOST_KEPT_BYTES = 64 * 1024 * 1024

SLOW = "SLOW_READER: a message was not taken for 10 s; call again with resume_token"
MOVE = "MOVE_ON: streams end now and then; call again with resume_token"
STOP = "SHUTTING_DOWN: call again with resume_token"


class Wire(Protocol):
    """Serialises answers."""

    def snapshot(self, heading: Heading, measurements: Sequence[bytes]) -> bytes: ...
    def watch_message(self, kind: str, heading: Heading, changes: Changes, token: str, reason: str = "") -> bytes: ...


class LiveUseCases:
    """What can be asked of the live view."""

    def __init__(self, view: View, audience: Audience, wire: Wire, clock: Clock, zone: ZoneInfo) -> None:
        self._view = view
        self._audience = audience
        self._wire = wire
        self._clock = clock
        self._zone = zone
        self._kept: dict[object, bytes] = {}
        self._kept_bytes = 0
        self._kept_for: object = None

    async def run(self, stopping: asyncio.Event) -> None:
        """Keeps the view current and wakes those who watch, until it is cancelled."""
        await asyncio.gather(self._view.run(), self._audience.run(), self._close(stopping))

    async def _close(self, stopping: asyncio.Event) -> None:
        await stopping.wait()
        self._audience.close(STOP)

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
        clock = asyncio.get_running_loop().time
        end = clock() + LIFE_S * random.uniform(0.9, 1.0)  # noqa: S311  so that not all of them come back at once
        message = self._keep(("first", wanted, since), partial(self._first, wanted, since))
        while True:
            # What the message shows is everything up to here.
            version, position, began = self._view.board.version, self._view.position, clock()
            yield message
            is_slow = clock() - began > SLOW_S
            reason = SLOW if is_slow else MOVE if clock() >= end else self._audience.closing
            if reason:
                yield self._message("END", wanted, position, Changes(()), reason)
                if is_slow:
                    raise ExhaustedError(reason, "SLOW_READER")
                return
            await self._audience.turn(wanted, version, min(HEARTBEAT_S, end - clock()))
            message = self._keep((wanted, version), partial(self._next, wanted, version))

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
        if since.state == self._view.position.state and not wanted.words():
            await self._view.learn(since.seq)
        return since.state == self._view.position.state and self._view.board.can_tell(since.seq, wanted)

    def _keep(self, key: object, make: Callable[[], bytes]) -> bytes:
        """Returns what was made under a key, for whoever, while the board and the minute are the same, or makes it."""
        board = self._view.board
        kept_for = (board.version, self._view.position.state, board.now // 60_000_000)
        if kept_for != self._kept_for or self._kept_bytes > MOST_KEPT_BYTES:
            self._kept.clear()
            self._kept_bytes = 0
            self._kept_for = kept_for
        message = self._kept.get(key)
        if message is None:
            message = self._kept[key] = make()
            self._kept_bytes += len(message) + 200  # and what it takes to find it again
        return message

    def _require_place(self, wanted: PlaceFilter) -> None:
        words, directory = wanted.words(), self._view.directory
        if words and directory is not None and not any(map(wanted.fits, directory.places.values())):
            message = f"there is no place with {words}; GET /api/v1/locations/ lists them"
            raise NotFoundError(message, "PLACE_NOT_FOUND")


def _kind(changes: Changes) -> str:
    return "CHANGES" if changes.measurements or changes.removed else "HEARTBEAT"
