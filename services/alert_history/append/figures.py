"""Events that came in, in figures."""

from prometheus_client import Counter

from services.common.telemetry.registry import REGISTRY

_EVENTS = Counter("montrg_history_events", "Events by what became of them.", ["result"], registry=REGISTRY)
APPENDED, DUPLICATE = _EVENTS.labels("appended"), _EVENTS.labels("duplicate")
