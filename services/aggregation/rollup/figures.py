"""What the rollups were made of, in figures."""

from prometheus_client import Counter

from services.common.telemetry.registry import REGISTRY

READINGS = Counter("montrg_rollup_readings", "Readings that were rolled up.", registry=REGISTRY)
# Counted before the commit: those of a transaction that fails, which is seldom, are counted again.
HOURS = Counter("montrg_rollup_hours", "Hours of a sensor that were begun or added to.", registry=REGISTRY)
