"""Figures that are asked for when somebody looks: what is in the database, and is the same for every process."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily

# Asked at each look, at most once a second. It may raise what a database that is away raises: then it has no figures,
# since an old one would be taken for a new one. One that raises anything else is a mistake of ours, which is logged.
Sampler = Callable[[], Awaitable[Iterable[Metric]]]

Key = TypeVar("Key", bound=tuple[str, ...])


def gauges(name: str, documentation: str, labels: Sequence[str], values: Mapping[Key, float]) -> GaugeMetricFamily:
    """Returns one gauge for each combination of the labels' values."""
    family = GaugeMetricFamily(name, documentation, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family


def gauge(name: str, documentation: str, value: float) -> GaugeMetricFamily:
    """Returns a gauge without labels."""
    return GaugeMetricFamily(name, documentation, value=value)
