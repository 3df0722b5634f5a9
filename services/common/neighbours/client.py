"""A neighbour whose contract has a call that returns everything and a stream of its revision."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc

from services.common.errors import UnavailableError


class RevisionedNeighbour:
    """Satisfies Neighbour with two calls: one that returns everything, and one that streams the revision."""

    def __init__(self, name: str, everything: Callable[[], Any], changes: Callable[[], Any]) -> None:
        self._name = name
        self._everything = everything
        self._changes = changes

    async def fetch(self) -> bytes:
        """Returns everything, serialised."""
        try:
            answer = await self._everything()
        except grpc.aio.AioRpcError as error:
            raise away(self._name, error) from error
        return bytes(answer.SerializeToString())

    async def watch(self) -> AsyncIterator[int]:
        """Yields the neighbour's revisions."""
        try:
            async for answer in self._changes():
                yield answer.change.revision
        except grpc.aio.AioRpcError as error:
            raise away(self._name, error) from error


def away(name: str, error: grpc.aio.AioRpcError) -> UnavailableError:
    """Says that a call to a neighbour failed."""
    return UnavailableError(f"{name} answered {error.code().name}: {error.details()}", "NEIGHBOUR_UNAVAILABLE")
