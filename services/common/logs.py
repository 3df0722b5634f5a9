"""Logs on standard error: one JSON object a line, and as many of them as a file says at the moment."""

import asyncio
import logging
import sys
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from services.common.log_levels import ROOT, in_force, parse, read
from services.common.log_lines import JsonFormatter
from services.common.tasks import background

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0


def configure(service: str, level: str) -> None:
    """Sends every logger's records of at least `level` to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # No line tells who wrote it in which thread of which process; the documented way to have nobody look for that.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    logging._srcfile = None  # noqa: SLF001


async def with_levels(service: str, file: Path | None, work: Coroutine[Any, Any, None]) -> None:
    """Does some work, while the levels of the loggers follow a file, if there is one."""
    levels = [Levels(service, file).follow()] if file else []
    async with background(*levels):
        await work


class Levels:
    """The levels of this process's loggers, which follow a file; without a line there they are as they were."""

    def __init__(self, service: str, file: Path) -> None:
        """Takes whose lines count; the file need not be there."""
        self._service = service
        self._file = file
        self._text = ""
        self._before: dict[str, int] = {}
        self._applied: Mapping[str, str] = {}

    async def follow(self) -> None:
        """Looks again and again, until it is cancelled."""
        while True:
            self.look(datetime.now(UTC))
            await asyncio.sleep(LOOK_EVERY_S)

    def look(self, now: datetime) -> None:
        """Gives each logger the level that the file has for it now, and says so where that is another one."""
        text = read(self._file)
        lines, bad = parse(text)
        if text != self._text:
            self._text = text
            for words in bad:
                log.warning("level left out", extra={"file": str(self._file), "error": words})
        levels = in_force(lines, self._service, now)
        if levels == self._applied:
            return
        for name in self._applied.keys() - levels.keys():
            _logger(name).setLevel(self._before[name])
        for name, level in levels.items():
            self._before.setdefault(name, _logger(name).level)
            _logger(name).setLevel(level)
        self._applied = levels
        log.info("levels", extra={"levels": dict(levels)})


def _logger(name: str) -> logging.Logger:
    return logging.getLogger(None if name == ROOT else name)
