"""Looks now and then whether readings are judged, so that every answer can say so."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from services.alert.domain import Evaluation

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2.0

_UNKNOWN = Evaluation(("EVALUATION_UNKNOWN: whether readings are judged has not been read yet",))


class WatchedEvaluation:
    """Satisfies EvaluationView."""

    def __init__(self, read: Callable[[], Awaitable[Evaluation]], is_away: Callable[[BaseException], bool]) -> None:
        self._read = read
        self._is_away = is_away
        self._report = _UNKNOWN

    def problems(self) -> Sequence[str]:
        """Says what is wrong; nothing where all is well."""
        return self._report.problems

    def report(self) -> Evaluation:
        """Returns what was read last."""
        return self._report

    async def run(self) -> None:
        """Reads every now and then, until it is cancelled."""
        while True:
            try:
                self._report = await self._read()
            except Exception as error:
                if not self._is_away(error):
                    raise
                log.warning("evaluation not read", extra={"error": error})
                self._report = _UNKNOWN
            await asyncio.sleep(LOOK_EVERY_S)
