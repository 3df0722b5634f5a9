"""A channel whose credentials change: new calls go over new connections, those under way end over the old ones."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import grpc

LOOK_EVERY_S = 1.0
# A server ends every connection, and what is on it, within twenty minutes. A channel that cancelled its calls sooner
# would cancel the tasks that read from them.
PATIENCE_S = 3600.0


class RenewingChannel(grpc.aio.Channel):
    """Stands for one channel after the other; what was made of it, such as a stub, need not know."""

    def __init__(
        self,
        credentials: Callable[[], grpc.ChannelCredentials],
        open_channel: Callable[[grpc.ChannelCredentials], grpc.aio.Channel],
    ) -> None:
        """Takes what returns the present credentials, the same object for as long as they hold, and what opens one."""
        self._credentials = credentials
        self._open = open_channel
        self._present = credentials()
        self._channel = open_channel(self._present)
        self._looked = time.monotonic()
        self._retired: dict[grpc.aio.Channel, asyncio.Task[None]] = {}

    def current(self) -> grpc.aio.Channel:
        """Returns the channel for the next call."""
        now = time.monotonic()
        if now - self._looked >= LOOK_EVERY_S:
            self._looked = now
            credentials = self._credentials()
            if credentials is not self._present:
                self._retire(self._channel)
                self._channel, self._present = self._open(credentials), credentials
        return self._channel

    def _retire(self, channel: grpc.aio.Channel) -> None:
        task = asyncio.get_running_loop().create_task(channel.close(PATIENCE_S))
        self._retired[channel] = task
        task.add_done_callback(lambda _: self._retired.pop(channel, None))

    async def close(self, grace: float | None = None) -> None:
        """Ends all calls, those that have not ended after so many seconds by force."""
        retired = dict(self._retired)
        for task in retired.values():
            task.cancel()
        await asyncio.gather(*retired.values(), return_exceptions=True)
        await asyncio.gather(*(channel.close(grace) for channel in (*retired, self._channel)))

    async def __aenter__(self) -> "RenewingChannel":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def get_state(self, try_to_connect: bool = False) -> grpc.ChannelConnectivity:
        """Returns the state of the present channel."""
        return self.current().get_state(try_to_connect)

    async def wait_for_state_change(self, last_observed_state: grpc.ChannelConnectivity) -> None:
        """Waits until the state of the present channel is another one."""
        await self.current().wait_for_state_change(last_observed_state)

    async def channel_ready(self) -> None:
        """Waits until the present channel is connected."""
        await self.current().channel_ready()

    def unary_unary(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        """Returns a method as grpc's channels do."""
        return _Method(self, "unary_unary", arguments, named)

    def unary_stream(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        """Returns a method as grpc's channels do."""
        return _Method(self, "unary_stream", arguments, named)

    def stream_unary(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        """Returns a method as grpc's channels do."""
        return _Method(self, "stream_unary", arguments, named)

    def stream_stream(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        """Returns a method as grpc's channels do."""
        return _Method(self, "stream_stream", arguments, named)


class _Method:
    """A method that is called over whichever channel is the present one."""

    def __init__(self, channel: RenewingChannel, kind: str, arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
        self._renewing = channel
        self._kind, self._arguments, self._named = kind, arguments, named
        self._of: grpc.aio.Channel | None = None
        self._method: Any = None

    def __call__(self, *arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        channel = self._renewing.current()
        if channel is not self._of:
            self._method, self._of = getattr(channel, self._kind)(*self._arguments, **self._named), channel
        return self._method(*arguments, **named)
