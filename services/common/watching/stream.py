"""How a stream goes on for one who watches: news, heartbeats, the end of its life, and a reader that is too slow."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Hashable
from typing import Protocol, TypeVar

from services.common.errors import ExhaustedError
from services.common.watching.audience import Audience

W = TypeVar("W", bound=Hashable)
W_contra = TypeVar("W_contra", contravariant=True)
P = TypeVar("P")

HEARTBEAT_S = 15.0
# A reader that does not take a message for so long is dropped.
SLOW_S = 10.0
# Streams end now and then, so that those who watch spread over new replicas; the server lets them.
LIFE_S = 540.0

SLOW = "SLOW_READER: a message was not taken for 10 s; call again with resume_token"
MOVE = "MOVE_ON: streams end now and then; call again with resume_token"
STOP = "SHUTTING_DOWN: call again with resume_token"


class Source(Protocol[W_contra, P]):
    """What is watched. `place` gives the version that is shown now, and the position by which a token names it."""

    def place(self) -> tuple[int, P]: ...
    def news(self, wanted: W_contra, version: int) -> bytes: ...
    def end(self, wanted: W_contra, position: P, reason: str) -> bytes: ...


async def follow(
    source: Source[W, P], audience: Audience[W], wanted: W, first: Callable[[], bytes]
) -> AsyncGenerator[bytes, None]:
    """Yields what `first` makes, and then what is new since each message, until the stream has to end.

    Raises:
        ExhaustedError: the caller did not take a message in time.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + LIFE_S * random.uniform(0.9, 1.0)  # noqa: S311  so that not all of them come back at once
    message = first()
    while True:
        # What the message shows is everything up to here.
        (version, position), began = source.place(), clock()
        yield message
        is_slow = clock() - began > SLOW_S
        reason = SLOW if is_slow else MOVE if clock() >= end else audience.closing
        if reason:
            yield source.end(wanted, position, reason)
            if is_slow:
                raise ExhaustedError(reason, "SLOW_READER")
            return
        await audience.turn(wanted, version, min(HEARTBEAT_S, end - clock()))
        message = source.news(wanted, version)


async def close_at(stopping: asyncio.Event, audience: Audience[W]) -> None:
    """Ends all streams when the server stops."""
    await stopping.wait()
    audience.close(STOP)
