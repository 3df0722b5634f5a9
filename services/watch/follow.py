"""Follows a stream for as long as it is wanted: goes on with its token, whatever breaks."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import grpc

from services.common.backoff import Backoff
from services.common.clock import system_clock
from services.watch.link import SILENCE, Link

Call = Callable[[str], Any]

_REFUSALS = (
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.UNIMPLEMENTED,
)


class Follower:
    """One stream.

    Attributes:
        link: how the stream is.
    """

    def __init__(self, name: str, call: Call, take: Callable[[Any], None], silence: timedelta = SILENCE) -> None:
        """Takes what calls with a resume token, and what is given each message that tells something."""
        self._call, self._take, self._silence = call, take, silence
        self._token = ""
        self.link = Link(name, system_clock())

    async def run(self) -> None:
        """Follows until it is cancelled. What is refused before anything came is an AioRpcError."""
        backoff = Backoff()
        while True:
            try:
                await self._follow(backoff)
            except grpc.aio.AioRpcError as error:
                if error.code() in _REFUSALS:
                    if self.link.heard is None:
                        raise
                    # It may be the token that is refused, so a snapshot is asked for.
                    self._token = ""
                self._lose(error.details() or error.code().name)
            except TimeoutError:
                self._lose(f"nothing came for {self._silence.total_seconds():g} s")
            await backoff.wait()

    async def _follow(self, backoff: Backoff) -> None:
        """Takes messages until the stream ends in good order."""
        call = self._call(self._token)
        try:
            while True:
                async with asyncio.timeout(self._silence.total_seconds()):
                    message = await call.read()
                if message is grpc.aio.EOF:
                    # An error of the call is raised here.
                    self._lose(f"the stream ended without a word ({(await call.code()).name})")
                    return
                self._token = message.resume_token or self._token
                self.link = self.link.hear(system_clock())
                if message.kind == message.END:
                    return
                self._take(message)
                backoff.reset()
        finally:
            call.cancel()

    def _lose(self, cause: str) -> None:
        self.link = self.link.lose(system_clock(), cause)
