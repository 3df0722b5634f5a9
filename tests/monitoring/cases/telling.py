"""Whether dangers are seen, and people told of them."""

from tests.monitoring.changes import (
    AGES,
    ALERT,
    HEARTBEAT,
    LAG,
    STOPPED,
    Case,
    always,
    at_last,
    change,
    counting,
    counts,
    firing,
    from_,
    judged_ago,
    later,
)
from tests.monitoring.healthy import NONE, STEADY, STEP_S

SENT = "montrg_notifications_total"
GIVEN_UP = [
    change(SENT, later(0, 1), result="dead", instance="10.0.4.1:8001"),
    change("montrg_notifications_dead", later(0, 1)),
]
FAILED = change(SENT, counts(1), result="failed")
UNJUDGED = firing("MontrgEvaluatorDead", "critical")
WAITING = firing("MontrgOutboxStuck", "critical", service="alert", outbox="notifications")
FAILING = firing("MontrgNotificationsFailing", "critical", channel="webhook")
DEAD = firing("MontrgNotificationsDead", "warning")


def waiting(seconds):
    """The oldest notification has always waited for so long."""
    return change(AGES, always(seconds), outbox="notifications")


def failed(each_step):
    """So many tries fail all the time, beside one that does not."""
    return change(SENT, counting(each_step), result="failed")


def failed_once(tries):
    """So many tries failed, each half at another process, and none succeeded."""
    return [change(SENT, later(0, tries / 2), result="failed"), change(SENT, NONE, result="sent")]


CASES = {
    "a shard is judged no more, for which alert falls behind and is not ready": Case(
        [change(HEARTBEAT, STOPPED, shard="2"), change("montrg_ready", later(1, 0), **ALERT),
         change(LAG, counts(STEP_S), consumer="alert")],
        from_(7, UNJUDGED),
    ),
    "notifications wait that could be sent": Case(
        [change(AGES, counts(STEP_S), outbox="notifications")], from_(12, WAITING)
    ),
    "the history takes no events though it runs": Case(
        [change(AGES, counts(STEP_S), outbox="history")],
        at_last(firing("MontrgOutboxStuck", "warning", service="alert", outbox="history")),
    ),
    "a receiver is gone": Case([FAILED, change(SENT, NONE, result="sent")], from_(7.5, FAILING)),
    "a receiver is gone, and the first message was given up": Case([FAILED, *GIVEN_UP], at_last(FAILING)),
    "of everything it is somewhat more than what is told": Case(
        [change(HEARTBEAT, judged_ago(33), shard="2"), waiting(330), failed(0.28)], at_last(UNJUDGED, WAITING, FAILING)
    ),
    "of everything it is somewhat less than what is told": Case(
        [change(HEARTBEAT, judged_ago(27), shard="2"), waiting(270), failed(0.22)]
    ),
    "a receiver answered none of three tries": Case(failed_once(3), at_last(FAILING)),
    "a receiver answered none of two tries": Case(failed_once(2)),
    "a receiver did not answer once": Case(
        [change(SENT, "0x10 1x30", result="failed", instance="10.0.4.1:8001"),
         change(SENT, "0x12 1x28", result="sent")],
    ),
    "a message was given up": Case(GIVEN_UP, from_(6.5, DEAD)),
    "a message was given up while somewhat more than one of five tries fails": Case(
        [failed(0.28), *GIVEN_UP], at_last(FAILING)
    ),
    "a message was given up while somewhat less than one of five tries fails": Case(
        [failed(0.2), *GIVEN_UP], at_last(DEAD)
    ),
    "two tries failed, of which one was the last": Case(
        [*GIVEN_UP, change(SENT, later(0, 1), result="failed", instance="10.0.4.1:8001"),
         change(SENT, NONE, result="sent")],
        at_last(DEAD),
    ),
    "three tries failed, of which one was the last": Case(
        [*GIVEN_UP, *failed_once(2)], at_last(FAILING),
    ),
    "a message was given up long ago": Case([change("montrg_notifications_dead", STEADY)]),
    "a test was given up, which whoever asked for it has seen": Case(GIVEN_UP[:1]),
    "nobody is subscribed": Case(
        [change("montrg_subscriptions", NONE, state="enabled"),
         change("montrg_subscriptions", always(3), state="disabled")],
        from_(15, firing("MontrgNobodySubscribed", "warning")),
    ),
}  # fmt: skip
