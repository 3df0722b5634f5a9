"""The stream of alerts: a snapshot or what has changed since a token, and then every change."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Hashable, Sequence
from functools import partial
from typing import Protocol

from services.alert.alerts.board import Board
from services.alert.alerts.domain import WatchFilter, checked_watch_filter
from services.common.errors import NotFoundError
from services.common.watching import stream, tokens
from services.common.watching.audience import Audience
from services.common.watching.kept import KeptMessages
from services.directory.domain import Directory, PlaceFilter

# The database's clock may be set back a little, and another server may take over from it: what changed shortly before
# somebody left is told once more.
MARGIN_US = 10_000_000


class Feed(Protocol):
    """A board that is current."""

    @property
    def board(self) -> Board: ...
    async def fresh(self) -> None: ...
    async def run(self) -> None: ...


class FollowedDirectory(Protocol):
    """Sensors and places, followed by revision."""

    @property
    def value(self) -> Directory | None: ...


# Makes a message of a kind, alerts, a token, what cannot be relied upon, and why the stream ends.
Render = Callable[[str, Sequence[bytes], str, Sequence[str], str], bytes]


class WatchUseCases:
    """Lets callers watch alerts."""

    def __init__(
        self, feed: Feed, audience: Audience[WatchFilter], render: Render, directory: FollowedDirectory
    ) -> None:
        self._feed = feed
        self._audience = audience
        self._render = render
        self._directory = directory
        self._kept = KeptMessages()

    async def run(self, stopping: asyncio.Event) -> None:
        """Keeps the board current and wakes those who watch, until it is cancelled."""
        await asyncio.gather(self._feed.run(), self._audience.run(), stream.close_at(stopping, self._audience))

    async def watch(self, wanted: WatchFilter, resume_token: str) -> AsyncGenerator[bytes, None]:
        """Yields WatchAlertsResponses.

        Raises:
            InvalidInputError: a filter is wrong, or the token is not one of this stream.
            NotFoundError: there is no such place.
            UnavailableError: nothing has been read of the database yet.
            ExhaustedError: the caller did not take a message in time.
        """
        wanted = checked_watch_filter(wanted)
        position = tokens.decode(resume_token, wanted, (int,))
        await self._feed.fresh()
        self._require_place(wanted)
        since = position[0] if position and self._feed.board.can_tell(position[0]) else None
        first = partial(self._keep, ("first", wanted, since), partial(self._first, wanted, since))
        async with contextlib.aclosing(stream.follow(self, self._audience, wanted, first)) as messages:
            async for message in messages:
                yield message

    def place(self) -> tuple[int, int]:
        """Returns what the board shows now."""
        return self._feed.board.version, self._feed.board.position or 0

    def news(self, wanted: WatchFilter, version: int) -> bytes:
        """Returns what has changed since a version."""
        return self._keep((wanted, version), partial(self._next, wanted, version))

    def end(self, wanted: WatchFilter, position: int, reason: str) -> bytes:
        """Returns a stream's last message."""
        return self._render("END", (), tokens.encode(wanted, position), self._feed.board.notes, reason)

    def _first(self, wanted: WatchFilter, since: int | None) -> bytes:
        board = self._feed.board
        if since is None:
            return self._message("SNAPSHOT", wanted, board.snapshot(wanted))
        alerts = board.changes(since - MARGIN_US, wanted)
        return self._message("CHANGES" if alerts else "HEARTBEAT", wanted, alerts)

    def _next(self, wanted: WatchFilter, version: int) -> bytes:
        board = self._feed.board
        if version < board.whole_from:
            return self._message("SNAPSHOT", wanted, board.snapshot(wanted))
        alerts = board.changes(version, wanted)
        return self._message("CHANGES" if alerts or board.notes_version > version else "HEARTBEAT", wanted, alerts)

    def _message(self, kind: str, wanted: WatchFilter, alerts: Sequence[bytes]) -> bytes:
        board = self._feed.board
        return self._render(kind, alerts, tokens.encode(wanted, board.position or 0), board.notes, "")

    def _keep(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Returns what was made under a key while the board is the same, or makes it."""
        return self._kept.get((self._feed.board.version, self._feed.board.position), key, make)

    def _require_place(self, wanted: WatchFilter) -> None:
        """Refuses a place that nobody knows, or not the caller: whoever mistypes it would be at ease without alerts."""
        places = PlaceFilter(factory=wanted.factory, loc_id=wanted.loc_id)
        words, directory = places.words(), self._directory.value
        if not words or directory is None or self._feed.board.has_place(wanted):
            return
        if not any(places.fits(p) and wanted.covers(p.plant, p.factory) for p in directory.places.values()):
            message = f"there is no place with {words}; GET /api/v1/locations/ lists them"
            raise NotFoundError(message, "PLACE_NOT_FOUND")
