"""The instruments of this process: counters and histograms are changed where something happens."""

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    disable_created_metrics,
)

# Whoever counts something makes an instrument in it, in a file `figures.py` beside what is counted. The labels of an
# instrument have few values that are known beforehand: never an id, a name or an address that a caller has sent.
REGISTRY = CollectorRegistry()
# When each counter began to count would be a third of what is told, and says nothing beside the process's own start.
disable_created_metrics()  # type: ignore[no-untyped-call]
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)
