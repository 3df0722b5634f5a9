"""Wires the replay and runs it until a signal."""

import asyncio
import logging
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from services.common.access.domain import Role
from services.common.channels import Target, connect
from services.common.clock import system_clock
from services.common.settings import Environment
from services.issuer.client import signed_in_target
from services.issuer.domain import Grantee
from services.replay import record, state
from services.replay.client import Mesh
from services.replay.service import INTERVAL, Replay

log = logging.getLogger(__name__)

# It makes stations where they are not there yet.
WHO = Grantee("replay", Role.ENGINEER, ("*",))


@dataclass(frozen=True, slots=True)
class Settings:
    """What the replay is told: where the mesh is (Envoy's ports) and where its state is kept."""

    location: Target
    realtime: Target
    state_file: Path


def read_settings(data_dir: Path, variables: Mapping[str, str] | None = None) -> Settings:
    """Reads the environment: `LOCATION_SERVICE_URL` and `REALTIME_SERVICE_URL`, by default Envoy on this machine."""
    environment = Environment(variables)
    location, realtime = (signed_in_target(name, environment, data_dir, WHO) for name in ("location", "realtime"))
    return Settings(location, realtime, data_dir / state.FILE_NAME)


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
    async with connect(settings.location) as location, connect(settings.realtime) as realtime:
        mesh = Mesh(location, realtime, int(INTERVAL.total_seconds()))
        run = Replay(mesh, record.load(), settings.state_file, system_clock)
        begin = await run.import_history(progress)
        log.info("live", extra={"position": begin.position})
        await run.live(begin)
