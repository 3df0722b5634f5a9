"""Records that came in, in figures."""

from prometheus_client import Counter

from services.common.telemetry.registry import REGISTRY

_RECORDS = Counter("montrg_audit_records", "Records by what became of them.", ["result"], registry=REGISTRY)
APPENDED, DUPLICATE = _RECORDS.labels("appended"), _RECORDS.labels("duplicate")
