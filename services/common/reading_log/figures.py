"""How often following the reading log had to begin anew, in figures."""

from prometheus_client import Counter

from services.common.telemetry.registry import REGISTRY

RESTARTS = Counter(
    "montrg_reading_log_restarts", "How often following began anew after an error.", ["consumer"], registry=REGISTRY
)
REBUILDS = Counter(
    "montrg_reading_log_rebuilds", "How often a consumer's work was made anew.", ["consumer"], registry=REGISTRY
)
