"""The figures of alert that its own processes share: each moves when the thing happens, and none freezes."""

import pytest
from montrg.alert.v1 import subscription_service_pb2 as subscription_pb2
from montrg.alert.v1 import subscription_service_pb2_grpc

from tests.support.alerts import cleared, raised, threshold_alert
from tests.support.figures import looked_at, shows

ACTIVE = "montrg_alerts_active"
LABELS = ("factory", "type", "level")
SHARED = (
    ACTIVE,
    "montrg_evaluator_heartbeat_timestamp_seconds",
    "montrg_outbox_depth",
    "montrg_outbox_oldest_age_seconds",
    "montrg_notifications_dead",
    "montrg_subscriptions",
)


def told(figures):
    return [name for name in SHARED if figures.all(name)]


async def test_open_alerts_are_told_by_factory_type_and_level_alike_by_every_worker(workers, connection):
    rows = [threshold_alert("S-1", "red"), threshold_alert("S-2", "red"), threshold_alert("S-9", factory="F9")]
    alerts = await raised(connection, *rows)
    await workers[0].create(loc_id="B-1", alert_level="critical")
    wanted = {
        ("F1", "threshold", "red"): 2, ("other", "threshold", "orange"): 1, ("F2", "manual", "critical"): 1,
    }  # fmt: skip
    for worker in workers:
        await shows(worker.channel, lambda f: wanted.items() <= f.all(ACTIVE, *LABELS).items())
    await cleared(connection, alerts[0])
    await cleared(connection, alerts[2])
    left = {("F1", "threshold", "red"): 1, ("F2", "manual", "critical"): 1}
    for worker in workers:
        await shows(worker.channel, lambda f: f.all(ACTIVE, *LABELS) == left)


async def test_what_waits_while_the_history_is_away_is_told_with_its_age(worker, connection):
    before = await looked_at(worker.channel)
    depth = {name: before.get("montrg_outbox_depth", outbox=name) for name in ("history", "audit")}
    await raised(connection, threshold_alert("S-3"))
    subscriptions = subscription_service_pb2_grpc.SubscriptionServiceStub(worker.channel)
    enabled = before.get("montrg_subscriptions", state="enabled")
    wanted = subscription_pb2.Subscription(channel="webhook", recipient="https://example.com/hook")
    made = await subscriptions.CreateSubscription(subscription_pb2.CreateSubscriptionRequest(subscription=wanted))

    def has_grown(figures):
        return (
            figures.get("montrg_outbox_depth", outbox="history") > depth["history"]
            and figures.get("montrg_outbox_depth", outbox="audit") > depth["audit"]
            and figures.get("montrg_outbox_oldest_age_seconds", outbox="history") > 0
            and figures.get("montrg_outbox_oldest_age_seconds", outbox="audit") > 0
            and figures.get("montrg_subscriptions", state="enabled") == enabled + 1
        )

    await shows(worker.channel, has_grown)
    await connection.execute("UPDATE alert.alert_event SET delivered = true")
    await connection.execute("DELETE FROM alert.audit_outbox")
    key = subscription_pb2.DisableSubscriptionRequest(subscription_id=made.subscription_id)
    await subscriptions.DisableSubscription(key)
    await shows(
        worker.channel,
        lambda f: (
            f.get("montrg_outbox_depth", outbox="history") == 0
            and f.get("montrg_outbox_oldest_age_seconds", outbox="history") == 0
            and f.get("montrg_outbox_depth", outbox="audit") == 1
            and f.get("montrg_subscriptions", state="enabled") == enabled
            and f.get("montrg_subscriptions", state="disabled") >= 1
        ),
    )


async def test_who_watches_is_counted_for_as_long_as_the_stream_is_open(worker):
    before = (await looked_at(worker.channel)).get("montrg_watchers", stream="alerts")
    watcher = worker.watch()
    await watcher.next()
    await shows(worker.channel, lambda f: f.get("montrg_watchers", stream="alerts") == before + 1)
    watcher.call.cancel()
    await shows(worker.channel, lambda f: f.get("montrg_watchers", stream="alerts") == before)


@pytest.mark.usefixtures("mesh")
async def test_every_shard_beats_and_those_that_never_did_are_at_zero(worker, connection):
    name = "montrg_evaluator_heartbeat_timestamp_seconds"
    await shows(worker.channel, lambda f: len(f.all(name, "shard")) == 16 and min(f.all(name, "shard").values()) > 1e9)
    now = await connection.fetchval("SELECT extract(epoch FROM clock_timestamp())::float8")
    await shows(worker.channel, lambda f: min(f.all(name, "shard").values()) > now)


async def test_without_the_database_nothing_is_told_of_what_is_in_it_and_afterwards_all_is(worker, connection, gate):
    await raised(connection, threshold_alert("S-4"))
    await shows(worker.channel, lambda f: told(f) == list(SHARED))
    await gate.shut()
    try:
        figures = await shows(worker.channel, lambda f: told(f) == [])
        assert figures.get("montrg_evaluator_readings_total") is not None
    finally:
        await gate.open()
    await shows(worker.channel, lambda f: told(f) == list(SHARED))
