"""How many watch, in figures."""

from prometheus_client import Gauge

from services.common.telemetry.registry import REGISTRY

WATCHERS = Gauge("montrg_watchers", "Streams of changes that are open.", ["stream"], registry=REGISTRY)
