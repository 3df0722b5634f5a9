"""What waits in an outbox: how much, and for how long."""

from collections.abc import Sequence

from prometheus_client import Metric

from services.common.telemetry.samples import gauges

# To count all of a million rows takes longer than a look may: so many or more is told as so many.
MOST_COUNTED = 10_000


def outbox(name: str, depth: int, oldest_s: float) -> Sequence[Metric]:
    """Returns the figures of an outbox.

    Args:
        name: what it is called.
        depth: how many wait in it, counted up to MOST_COUNTED.
        oldest_s: for how many seconds the oldest of them has waited; 0 where none waits.
    """
    # The clocks of two machines may differ a little.
    labels, key = ["outbox"], (name,)
    return [
        gauges("montrg_outbox_depth", f"What waits in an outbox; {MOST_COUNTED} or more.", labels, {key: depth}),
        gauges(
            "montrg_outbox_oldest_age_seconds",
            "For how long the oldest has waited that could have been delivered.",
            labels,
            {key: max(oldest_s, 0.0)},
        ),
    ]
