"""What comes in, in figures: counted once for all batches of a transaction, since each step counts at their rate."""

from collections.abc import Sequence

import numpy as np
from prometheus_client import Counter, Gauge, Histogram

from services.common.telemetry.registry import REGISTRY
from services.realtime.ingest.domain import ACCEPTED, CONFLICT, DUPLICATE, LATE, REJECTED, UNAVAILABLE, Outcomes

READINGS = Counter("montrg_ingest_readings", "Readings by what became of them.", ["outcome"], registry=REGISTRY)
BATCHES = Counter("montrg_ingest_batches", "Batches by what became of them.", ["result"], registry=REGISTRY)
SIZES = Histogram(
    "montrg_ingest_batch_readings",
    "Readings in a batch that was taken.",
    buckets=(1, 10, 100, 1_000, 10_000),
    registry=REGISTRY,
)
WAITING = Gauge("montrg_ingest_queue_readings", "Readings that wait to be stored.", registry=REGISTRY)

STORED, BUSY, FAILED = (BATCHES.labels(result) for result in ("stored", "busy", "failed"))
_OUTCOMES = {
    code: READINGS.labels(word)
    for code, word in (
        (ACCEPTED, "accepted"),
        (DUPLICATE, "duplicate"),
        (LATE, "late"),
        (CONFLICT, "conflict"),
        (REJECTED, "rejected"),
        (UNAVAILABLE, "unavailable"),
    )
}


def count(batches: Sequence[Outcomes]) -> None:
    """Counts batches that were stored together."""
    STORED.inc(len(batches))
    for outcomes in batches:
        SIZES.observe(len(outcomes.codes))
    counts = np.bincount(np.concatenate([outcomes.codes for outcomes in batches]), minlength=UNAVAILABLE + 1).tolist()
    for code, counter in _OUTCOMES.items():
        if counts[code]:
            counter.inc(counts[code])
