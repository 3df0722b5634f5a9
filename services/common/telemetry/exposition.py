"""Puts all figures of a process into one text."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from prometheus_client import Metric
from prometheus_client.exposition import choose_encoder

from services.common.telemetry.registry import REGISTRY
from services.common.telemetry.samples import Sampler

log = logging.getLogger(__name__)

# Prometheus gives up after ten seconds, and what the instruments say must not be lost with a database that hangs.
SAMPLE_S = 3.0
# Several who look, such as two replicas of Prometheus, cost as much as one.
KEPT_S = 1.0


class Exposition:
    """The figures of this process: those of its instruments, and those of its samplers."""

    def __init__(self, samplers: Sequence[Sampler], is_away: Callable[[Exception], bool]) -> None:
        """Takes whom to ask, a list that may grow, and what tells whether an error means a database that is away."""
        self._samplers = samplers
        self._is_away = is_away
        self._sampled: list[Metric] = []
        self._sampled_at = -KEPT_S
        self._turn = asyncio.Lock()

    async def text(self, accept: str) -> tuple[bytes, str]:
        """Returns the figures and the content type, in the format that the header `accept` asks for."""
        encode, content_type = _encoder(accept)
        async with self._turn:
            if time.monotonic() - self._sampled_at >= KEPT_S:
                self._sampled = await self._ask()
                self._sampled_at = time.monotonic()
        return encode(_Families(self._sampled)), content_type

    async def _ask(self) -> list[Metric]:
        answers = await asyncio.gather(*map(self._sample, self._samplers))
        return _joined(family for families in answers for family in families)

    async def _sample(self, sampler: Sampler) -> Iterable[Metric]:
        try:
            async with asyncio.timeout(SAMPLE_S):
                return [*await sampler()]
        except Exception as error:
            # The others' figures are needed all the more: Prometheus takes a process without any for one that is gone.
            named = {"sampler": getattr(sampler, "__qualname__", type(sampler).__name__)}
            if self._is_away(error):
                log.warning("figures left out", extra=named | {"error": error})
            else:
                log.exception("figures left out", extra=named)
            return []


def _encoder(accept: str) -> tuple[Callable[[Any], bytes], str]:
    try:
        return choose_encoder(accept)
    except TypeError:  # the library compares a version that is no number with numbers
        return choose_encoder("")


class _Families:
    """What the encoders take for a registry."""

    def __init__(self, sampled: list[Metric]) -> None:
        self._sampled = sampled

    def collect(self) -> Iterator[Metric]:
        yield from REGISTRY.collect()
        yield from self._sampled


def _joined(families: Iterable[Metric]) -> list[Metric]:
    """Returns each family once: the parts of a service may have outboxes each, and a name may stand only once."""
    found: dict[str, Metric] = {}
    for family in families:
        if family.name in found:
            found[family.name].samples.extend(family.samples)
        else:
            found[family.name] = family
    return [*found.values()]
