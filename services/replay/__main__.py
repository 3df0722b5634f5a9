"""Sends the heat wave live, from where the last start ended: `python -m services.replay STATE_FILE`."""

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

from services.common import logs
from services.replay.client import live
from services.replay.record import read_record


async def main(path: Path) -> None:
    """Replays until SIGTERM or SIGINT."""
    task = asyncio.create_task(live(read_record(), path))
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


if __name__ == "__main__":
    logs.configure("replay", "INFO")
    asyncio.run(main(Path(sys.argv[1])))
