"""Whether the parts run."""

from services.catalog import SERVICES
from tests.monitoring.changes import (
    AGES,
    ALERT,
    END_S,
    HEARTBEAT,
    LAG,
    REALTIME,
    STOPPED,
    Case,
    always,
    at_last,
    change,
    counts,
    dead,
    end,
    firing,
    from_,
    judged_ago,
    later,
)
from tests.monitoring.healthy import DAY_S, EXPIRY, NONE, STEP_S

HOUR_S = 60 * 60
HANDLED = "grpc_server_handled_total"
SKEW = "montrg_database_clock_skew_seconds"
POOL = "montrg_database_pool_connections"
STARTED = "process_start_time_seconds"
UPTIME = "envoy_server_uptime"
ONE_ALERT, ONE_THRESHOLDS = {"instance": "10.0.4.1:8001"}, {"instance": "10.0.0.1:8001"}
UNREADY = firing("MontrgServiceNotReady", "warning", service="alert")
RESTARTING = firing("MontrgProcessRestarting", "warning", service="thresholds")


def down(service, severity="warning"):
    """The alert of a service's process."""
    return firing("MontrgProcessDown", severity, service=service)


def ends_in(seconds, service, certificate="own"):
    """A certificate ends so long after the last look."""
    return change(EXPIRY, always(END_S + round(seconds)), certificate=certificate, service=service)


def expiring(severity, service, certificate="own"):
    """The alert of that."""
    return firing("MontrgCertificateExpiring", severity, service=service, certificate=certificate)


def differs(seconds, service):
    """A service's clock and that of PostgreSQL differ."""
    return change(SKEW, always(seconds), service=service)


WARNED = [
    expiring("warning", "location"),
    expiring("warning", "aggregation"),
    expiring("warning", "alert", "authority"),
    firing("MontrgClockSkew", "warning", service="thresholds"),
    firing("MontrgClockSkew", "warning", service="location"),
]

CASES = {
    "nothing": Case([]),
    "both processes of alert are gone": Case(dead("alert"), from_(6.5, down("alert", "critical"))),
    "both processes of realtime are gone, so that nothing can be judged": Case(
        [*dead("realtime"), change(HEARTBEAT, STOPPED)], at_last(down("realtime", "critical"))
    ),
    "both processes of alert_history are gone, and what is for them waits": Case(
        [*dead("alert_history"),
         change(AGES, counts(STEP_S), outbox="history"), change(AGES, counts(STEP_S), outbox="audit")],
        at_last(down("alert_history")),
    ),
    "both processes of aggregation are gone, and it falls behind": Case(
        [*dead("aggregation"), change(LAG, counts(STEP_S), consumer="aggregation")], at_last(down("aggregation"))
    ),
    "a service is gone, which others that call it fail for and call themselves not ready": Case(
        [*dead("location"), change("montrg_ready", later(1, 0), **REALTIME),
         change(HANDLED, counts(9), grpc_code="INTERNAL", **REALTIME)],
        from_(7.5, down("location")),
    ),
    "a process is not ready by itself, while a service is gone that it does not call": Case(
        [*dead("aggregation"), change("montrg_ready", later(1, 0), service="thresholds")],
        at_last(down("aggregation"), firing("MontrgServiceNotReady", "warning", service="thresholds")),
    ),
    "one of two processes of alert is gone": Case(
        [change("up", later(1, 0), job="montrg", **ONE_ALERT)], from_(7.5, down("alert"))
    ),
    "the processes of alert are gone for half a minute": Case(
        [change("up", "1x35 0 1x3", job="montrg", **ALERT)], {18 * 60: [], 18 * 60 + 30: [], END_S: []}
    ),
    "a process is gone for a minute and a half, as one that ends in a cluster": Case(
        [change("up", "1x33 0x2 1x3", job="montrg", **ONE_ALERT)],
        {17 * 60: [], 18 * 60: [], 18 * 60 + 30: [], END_S: []},
    ),
    "alert was scaled to nothing": Case(
        [change("up", None, job="montrg", **ALERT), change("up", None, job="envoy", **ALERT)],
        from_(5, firing("MontrgServiceGone", "critical", **ALERT)),
    ),
    "a service was scaled to nothing, while an Envoy is gone that is in front of another one": Case(
        [change("up", None, service="aggregation"), change("up", later(1, 0), **ONE_ALERT)],
        at_last(
            firing("MontrgServiceGone", "critical", service="aggregation"),
            firing("MontrgEnvoyDown", "warning", **ALERT),
        ),
    ),
    "both Envoys of alert are gone, which hide its processes": Case(
        [change("up", later(1, 0), **ALERT), *dead("alert")],
        from_(6.5, firing("MontrgEnvoyDown", "critical", **ALERT)),
    ),
    "both Envoys of realtime are gone, so that nothing can be judged": Case(
        [change("up", later(1, 0), **REALTIME), *dead("realtime"), change(HEARTBEAT, STOPPED)],
        at_last(firing("MontrgEnvoyDown", "critical", **REALTIME)),
    ),
    "one of two Envoys of alert is gone": Case(
        [change("up", later(1, 0), **ONE_ALERT)], from_(7.5, firing("MontrgEnvoyDown", "warning", **ALERT))
    ),
    "PostgreSQL is away, for which nobody is ready and calls fail": Case(
        [change("montrg_database_up", later(1, 0)), change("montrg_ready", later(1, 0)),
         change(HANDLED, counts(9), grpc_code="INTERNAL"),
         change("grpc_server_handling_seconds_bucket", NONE, le="0.1"),
         change(POOL, later(1, 7)),
         end(HEARTBEAT), end(AGES), end("montrg_sensors")],
        from_(6.5, *(firing("MontrgDatabaseDown", "critical", service=service.name) for service in SERVICES)),
    ),
    "PostgreSQL was away until a minute ago": Case(
        [change("montrg_database_up", "1x10 0x27 1x2"),
         change(HANDLED, "0x10 0+9x27 250x2", grpc_code="INTERNAL"),
         change("montrg_ready", "1x10 0x27 1x2")],
    ),
    "all connections of a process are in use": Case(
        [change(POOL, later(1, 5), instance="10.0.2.1:8001")],
        from_(10.5, firing("MontrgDatabasePoolExhausted", "warning", **REALTIME)),
    ),
    "all connections of a process are in use now and again": Case(
        [change(POOL, " ".join(["5x3 1x0"] * 8), **REALTIME)],
    ),
    "a process says that it is not ready": Case(
        [change("montrg_ready", later(1, 0), service="aggregation")],
        from_(7.5, firing("MontrgServiceNotReady", "warning", service="aggregation")),
    ),
    "alert is not ready, since a shard is judged no more": Case(
        [change("montrg_ready", later(1, 0), **ALERT), change(HEARTBEAT, judged_ago(40), shard="2")],
        at_last(firing("MontrgEvaluatorDead", "critical")),
    ),
    "alert is not ready, though all are judged": Case(
        [change("montrg_ready", later(1, 0), **ALERT), change(HEARTBEAT, judged_ago(20), shard="2")], at_last(UNREADY)
    ),
    "a process begins three times within a quarter of an hour": Case(
        [change(STARTED, "1x12 2x11 3x11 4x3", **ONE_THRESHOLDS)], {17 * 60 + 30: [], END_S - 90: [RESTARTING]}
    ),
    "an Envoy begins three times within a quarter of an hour": Case(
        [change(UPTIME, "0+30x12 0+30x11 0+30x11 0+30x3", **ONE_THRESHOLDS)],
        {17 * 60 + 30: [], END_S - 90: [RESTARTING]},
    ),
    "a process begins three times within nineteen minutes": Case(
        [change(STARTED, "1x2 2x18 3x15 4x3", **ONE_THRESHOLDS)]
    ),
    "an Envoy begins three times within nineteen minutes": Case(
        [change(UPTIME, "0+30x2 0+30x18 0+30x15 0+30x3", **ONE_THRESHOLDS)]
    ),
    "every process and Envoy was begun anew twice": Case(
        [change(STARTED, "1x20 2x10 3x8"), change(UPTIME, "0+30x20 0+30x10 0+30x8")]
    ),
    "of everything it is somewhat more or less than what is told": Case(
        [ends_in(1.8 * HOUR_S, "thresholds"), ends_in(2.1 * HOUR_S, "location"), ends_in(5.6 * HOUR_S, "aggregation"),
         ends_in(6.1 * HOUR_S, "realtime"), ends_in(27 * DAY_S, "alert", "authority"),
         ends_in(33 * DAY_S, "alert_history", "authority"),
         differs(2.2, "thresholds"), differs(-2.2, "location"), differs(1.8, "realtime"), differs(-1.8, "alert"),
         change(POOL, later(1, 4), **REALTIME)],
        {270: [], 300: [*WARNED, expiring("warning", "thresholds")],
         END_S: [*WARNED, expiring("critical", "thresholds")]},
    ),
}  # fmt: skip
