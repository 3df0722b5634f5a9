"""Wires the replay and runs it until a signal."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc

from services.common.access.domain import Role
from services.common.channels import Target, connect
from services.common.clock import system_clock
from services.common.settings import DEV, Environment, profile
from services.common.tasks import background
from services.issuer.client import signed_in_target
from services.issuer.domain import Grantee
from services.replay import receiver, record, state
from services.replay.client import Mesh
from services.replay.leader import ShiftLeader
from services.replay.service import INTERVAL, Replay
from services.replay.subscriptions import MeshSubscriptions

log = logging.getLogger(__name__)

# It makes stations where they are not there yet.
WHO = Grantee("replay", Role.ENGINEER, ("*",))
# The mesh stops right after the replay, which must not wait for a part of it that has gone.
REST_S = 3.0


@dataclass(frozen=True, slots=True)
class Told:
    """How the shift leader of the replay is told.

    Attributes:
        alert: where the alert service is.
        port: where messages are taken on this machine.
        state_file: where it is kept what the subscription is.
    """

    alert: Target
    port: int
    state_file: Path


@dataclass(frozen=True, slots=True)
class Settings:
    """What the replay is told: where the mesh is (Envoy's ports), where its state is kept, and who is told."""

    location: Target
    realtime: Target
    state_file: Path
    told: Told | None = None


def read_settings(data_dir: Path, variables: Mapping[str, str] | None = None) -> Settings:
    """Reads the environment: `LOCATION_SERVICE_URL` and `REALTIME_SERVICE_URL`, by default Envoy on this machine."""
    environment = Environment(variables)
    location, realtime = (signed_in_target(name, environment, data_dir, WHO) for name in ("location", "realtime"))
    return Settings(location, realtime, data_dir / state.FILE_NAME, _told(data_dir, environment))


def _told(data_dir: Path, environment: Environment) -> Told | None:
    """Reads who is told: by MONTRG_REPLAY_TOLD_PORT, which the mesh on this machine sets.

    Another mesh could not reach a receiver here, and in the secure profile nothing is sent to this machine.
    """
    port = environment.integer("REPLAY_TOLD_PORT", 0, 0, 65_535)
    if not port or profile(environment) != DEV:
        return None
    return Told(signed_in_target("alert", environment, data_dir, WHO), port, data_dir / state.LEADER_FILE_NAME)


async def replay(settings: Settings, progress: Callable[[int, int], None]) -> None:
    """Imports what is missing of the history, then replays live until SIGTERM or SIGINT."""
    work = asyncio.create_task(_work(settings, progress))
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True
        work.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    await asyncio.wait({work})
    if not stopped:
        work.result()


async def _work(settings: Settings, progress: Callable[[int, int], None]) -> None:
    async with (
        connect(settings.location) as location,
        connect(settings.realtime) as realtime,
        _telling(settings.told),
    ):
        mesh = Mesh(location, realtime, int(INTERVAL.total_seconds()))
        run = Replay(mesh, record.load(), settings.state_file, system_clock)
        begin = await run.import_history(progress)
        log.info("live", extra={"position": begin.position})
        await run.live(begin)


@asynccontextmanager
async def _telling(told: Told | None) -> AsyncIterator[None]:
    """Has the shift leader be told of what happens until the block ends."""
    if told is None:
        yield
        return
    async with connect(told.alert) as alert:
        leader = ShiftLeader(MeshSubscriptions(alert), told.state_file, receiver.address(told.port))
        with receiver.listening(told.port):
            try:
                async with background(_begin(leader)):
                    yield
            finally:
                await _rest(leader)


async def _begin(leader: ShiftLeader) -> None:
    """Readings do not wait for it, and are sent where nobody can be told of them."""
    try:
        await leader.begin()
    except grpc.aio.AioRpcError as error:
        log.warning("nobody is told", extra={"status": error.code().name, "reason": error.details()})


async def _rest(leader: ShiftLeader) -> None:
    try:
        async with asyncio.timeout(REST_S):
            await leader.rest()
    except (TimeoutError, grpc.aio.AioRpcError) as error:
        log.warning("the subscription stays enabled", extra={"error": error})
