"""Keeps the screen as the streams are, once or until it is cancelled."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import grpc
from montrg.alert.v1 import alert_service_pb2_grpc
from montrg.realtime.v1 import realtime_service_pb2_grpc
from rich.console import Console
from rich.live import Live
from rich.text import Text

from services.common.clock import system_clock
from services.watch import convert
from services.watch.board import Board
from services.watch.domain import Wanted
from services.watch.follow import Follower
from services.watch.link import SILENCE, Link
from services.watch.screen import Shown, draw
from services.watch.tables import Paper
from services.watch.words import ASCII, UNICODE

# Changes are drawn four times a second at most, ages and the clock once.
LOOK_S, CLOCK_S = 0.25, 1.0
# Without a terminal there is one screen below the other.
PRINT_S = 10.0
PATIENCE_S = 10.0


@dataclass(frozen=True, slots=True)
class Watching:
    """What is watched, and how it is shown."""

    wanted: Wanted
    order: str
    zone: ZoneInfo
    silence: timedelta = SILENCE


class AwayError(Exception):
    """A stream told nothing in time. `link` is that stream."""

    def __init__(self, link: Link) -> None:
        super().__init__(link.cause or "it does not answer in time")
        self.link = link


class View:
    """What both streams tell. Its followers run until the block of `following` ends."""

    def __init__(self, watching: Watching, realtime: grpc.aio.Channel, alert: grpc.aio.Channel) -> None:
        self._watching = watching
        self.board = board = Board(watching.wanted)
        wanted, silence = watching.wanted, watching.silence
        measurements = realtime_service_pb2_grpc.RealtimeServiceStub(realtime).WatchMeasurements
        alerts = alert_service_pb2_grpc.AlertServiceStub(alert).WatchAlerts
        self.realtime = Follower(
            "realtime",
            lambda token: measurements(convert.measurements_wanted(wanted, token)),
            lambda message: board.measured(convert.measured(message)),
            silence,
        )
        self.alert = Follower(
            "alert",
            lambda token: alerts(convert.alerts_wanted(wanted, token)),
            lambda message: board.alerted(convert.alerted(message)),
            silence,
        )
        self._tasks: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follows both streams."""
        self._tasks = [asyncio.create_task(each.run()) for each in (self.realtime, self.alert)]
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def rest(self, seconds: float) -> None:
        """Waits; a stream that is refused is an AioRpcError."""
        done, _ = await asyncio.wait(self._tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def told(self) -> None:
        """Waits until both streams have told what there is; AwayError where one does not in time."""
        clock = asyncio.get_running_loop().time
        end = clock() + PATIENCE_S
        while missing := [each.link for each in (self.realtime, self.alert) if each.link.heard is None]:
            if clock() >= end:
                raise AwayError(missing[0])
            await self.rest(0.02)

    @property
    def shown(self) -> Shown:
        """What is known now."""
        watching = self._watching
        return Shown(self.board, self.realtime.link, self.alert.link, watching.zone, watching.order, watching.silence)


async def once(view: View, console: Console) -> None:
    """Prints one screen of text; AwayError where it cannot be had in time."""
    async with view.following():
        await view.told()
    _print(view, console)


async def watch(view: View, console: Console) -> None:
    """Shows what there is until it is cancelled; without a terminal one screen below the other."""
    async with view.following():
        if not console.is_terminal:
            with suppress(AwayError):  # then the screen says so
                await view.told()
            while True:
                _print(view, console)
                await view.rest(PRINT_S)
        with Live(Text("asking ..."), console=console, screen=True, auto_refresh=False) as live:
            await _redraw(view, console, live)


async def _redraw(view: View, console: Console, live: Live) -> None:
    clock = asyncio.get_running_loop().time
    drawn, last = None, 0.0
    while True:
        now = (view.board.version, view.realtime.link.lost, view.alert.link.lost, console.size)
        if now != drawn or clock() - last >= CLOCK_S:
            live.update(draw(view.shown, system_clock(), paper(console)), refresh=True)
            drawn, last = now, clock()
        await view.rest(LOOK_S)


def _print(view: View, console: Console) -> None:
    console.print(draw(view.shown, system_clock(), paper(console, is_cut=False)), highlight=False)


def paper(console: Console, *, is_cut: bool = True) -> Paper:
    """Returns what a console can show; what is not cut has as many lines as it takes."""
    signs = ASCII if console.options.ascii_only else UNICODE
    return Paper(console.width, console.height if is_cut else None, signs)
