"""What is told to people, in figures: what was sent, what waits, and who is told at all."""

from collections.abc import Iterable

from prometheus_client import Counter, Histogram, Metric

from services.alert.subscriptions.domain import CHANNELS
from services.common.database import Database
from services.common.telemetry.outboxes import MOST_COUNTED, outbox
from services.common.telemetry.registry import REGISTRY
from services.common.telemetry.samples import gauge, gauges

_RESULTS = Counter(
    "montrg_notifications", "What became of tries to send.", ["channel", "result"], registry=REGISTRY
)  # fmt: skip
_SECONDS = Histogram(
    "montrg_notification_seconds",
    "From when a message could first be sent until it was taken.",
    ["channel"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600, 21_600),
    registry=REGISTRY,
)
for _channel in CHANNELS:
    _SECONDS.labels(_channel)
    for _result in ("sent", "failed", "dead"):
        _RESULTS.labels(_channel, _result)

# So many of the messages that are due are looked at for one that nothing but the sender keeps.
MOST_DUE = 2_000
# Events that nobody has planned messages for wait as well, and messages that wait for room in a digest. Of what its
# recipient does not take only the tries are due, not what waits behind them: that is no fault of ours. Of what was
# given up counts what can be sent again: whoever tested has seen what became of it. Each order is that of an index:
# without one all rows would be looked through where the server has not noticed yet that few of them fit.
_WAITING = """
SELECT (SELECT count(*) FROM (
        SELECT FROM alert.notification WHERE state = 'PENDING' ORDER BY channel, recipient LIMIT $1) counted)
    + (SELECT count(*) FROM (
        SELECT FROM alert.alert_event WHERE NOT planned ORDER BY create_time LIMIT $1) counted),
    greatest(
        (SELECT extract(epoch FROM clock_timestamp() - create_time) FROM alert.alert_event
         WHERE NOT planned ORDER BY create_time LIMIT 1),
        (SELECT extract(epoch FROM clock_timestamp() - min(next_time)) FROM (
            SELECT channel, recipient, next_time, attempts FROM alert.notification
            WHERE state = 'PENDING' AND release_time IS NOT NULL AND next_time <= clock_timestamp()
            ORDER BY next_time LIMIT $2
         ) due WHERE attempts > 0 OR NOT EXISTS (
            SELECT FROM alert.notification f WHERE f.channel = due.channel AND f.recipient = due.recipient
            AND f.state = 'PENDING' AND f.attempts > 0)),
        0)::float8,
    (SELECT count(*) FROM (
        SELECT FROM alert.notification d WHERE state = 'DEAD' AND cause <> 'test' AND EXISTS (
            SELECT FROM alert.subscription s WHERE s.subscription_id = d.subscription_id AND s.enabled
        ) ORDER BY notification_id LIMIT $1) counted)
"""
_SUBSCRIPTIONS = """
SELECT count(*) FILTER (WHERE enabled), count(*) FILTER (WHERE NOT enabled) FROM alert.subscription
"""


def sent(channel: str, seconds: float) -> None:
    """Counts a message that was taken, so long after it could first be sent."""
    _RESULTS.labels(channel, "sent").inc()
    _SECONDS.labels(channel).observe(max(seconds, 0.0))


def failed(channel: str, *, is_over: bool) -> None:
    """Counts a try that failed, after which a message is tried again or given up."""
    _RESULTS.labels(channel, "dead" if is_over else "failed").inc()


class NotificationFigures:
    """Tells what waits and who is told."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def sample(self) -> Iterable[Metric]:
        """Satisfies Sampler."""
        async with self._database.reader() as connection:
            depth, oldest_s, dead = await connection.fetchrow(_WAITING, MOST_COUNTED, MOST_DUE)
            enabled, disabled = await connection.fetchrow(_SUBSCRIPTIONS)
        subscriptions = {("enabled",): enabled, ("disabled",): disabled}
        return [
            *outbox("notifications", min(depth, MOST_COUNTED), oldest_s),
            gauge("montrg_notifications_dead", f"Messages that were given up; {MOST_COUNTED} or more.", dead),
            gauges("montrg_subscriptions", "Who is told, and who is not.", ["state"], subscriptions),
        ]
