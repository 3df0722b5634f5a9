"""Tells in the trace of a reading what came of it: its call, the alert and whom that is told are one story then."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from services.alert.domain import RAISED
from services.alert.evaluate.journal import Episode
from services.common.epoch import microseconds
from services.common.reading_log import ReadingSlice
from services.common.telemetry import tracing

# Where more happens at once, most of it has no span of its own, and those that follow are its call's.
MOST_SPANS = 200
MOST_LINKS = 100


@contextmanager
def evaluating(slices: Sequence[ReadingSlice]) -> Iterator[None]:
    """Tells the evaluation of batches of which some readings are traced: a trace of its own, linked to theirs."""
    traces = dict.fromkeys(trace for part in slices for trace in _of_series(part).values())
    if not traces:
        yield
        return
    counted = {"messaging.batch.message_count": sum(map(len, slices))}
    with tracing.span("evaluate readings", counted, kind=tracing.CONSUMER, links=list(traces)[:MOST_LINKS]):
        yield


def tell(episodes: Sequence[Episode], slices: Sequence[ReadingSlice]) -> None:
    """Tells each event of alerts in the trace of the reading that caused it, linked to the evaluation.

    What other rules or a silence caused belongs to none.
    """
    causes = _Causes([part for part in slices if part.traceparents])
    if not causes:
        return
    left = MOST_SPANS
    for episode in episodes:
        if episode.raised is not None:
            cause = causes.of(episode.sensor_id, microseconds(episode.raised["alert_time"]))
            level = str(episode.raised["alert_level"])
            episode.traceparent = _told(episode, RAISED, level, cause, is_alone=left > 0)
            left -= bool(cause)
        for n, event in enumerate(episode.told):
            cause = causes.of(episode.sensor_id, event.time)
            trace = _told(episode, event.event_type, event.level, cause, is_alone=left > 0)
            episode.told[n] = replace(event, traceparent=trace)
            left -= bool(cause)


def _told(episode: Episode, event_type: str, level: str, cause: str, *, is_alone: bool) -> str:
    """Tells an event in a trace; returns what has others go on with it."""
    if not cause or not is_alone:
        return cause
    evaluation = tracing.traceparent()
    attributes = {"montrg.sensor_id": episode.sensor_id, "montrg.alert_type": episode.key, "montrg.alert_level": level}
    links = [evaluation] if evaluation else []
    with tracing.continued(cause), tracing.span(f"alert {event_type}", attributes, links=links):
        return tracing.traceparent() or cause


class _Causes:
    """Finds the traces of readings."""

    def __init__(self, slices: Sequence[ReadingSlice]) -> None:
        self._found: defaultdict[str, list[tuple[ReadingSlice, int, str]]] = defaultdict(list)
        for part in slices:
            for n, trace in _of_series(part).items():
                self._found[part.series[n].sensor_id].append((part, n, trace))

    def __bool__(self) -> bool:
        return bool(self._found)

    def of(self, sensor_id: str, time: int) -> str:
        """Returns the trace of the reading that a sensor took at a time, in microseconds since 1970; empty for none."""
        for part, n, trace in self._found.get(sensor_id, ()):
            if time in part.capture_time_us[part.series_index == n]:
                return trace
        return ""


def _of_series(part: ReadingSlice) -> dict[int, str]:
    """Returns the traces of those series that have readings in a slice."""
    if not part.traceparents:
        return {}
    numbers = {n: part.series[n].trace for n in np.unique(part.series_index).tolist()}
    return {n: part.traceparents[number - 1] for n, number in numbers.items() if number}
