"""What may be the matter with a mesh, as changes of a healthy one's series, and every alert that fires for it."""

from dataclasses import replace

from services.catalog import SERVICES
from tests.monitoring.healthy import AFTER, BEFORE, DAY_S, NONE, STEADY, STEP_S


def later(before, after):
    """Values of a series that are others from the sixth minute on."""
    return f"{before}x{BEFORE} {after}x{AFTER}"


def counts(each_step):
    """Values of a counter that begins to count in the sixth minute."""
    return f"0x{BEFORE} 0+{each_step}x{AFTER}"


def change(name, values, **labels):
    """Has the series of that name and with these labels take other values, or with None not be there at all."""

    def of(series):
        meant = [each.name == name and labels.items() <= each.labels.items() for each in series]
        assert any(meant), f"{name} {labels} changes nothing"
        pairs = [
            (replace(each, values=values) if is_meant else each) for each, is_meant in zip(series, meant, strict=True)
        ]
        return [each for each in pairs if each.values is not None]

    return of


def end(*names, **labels):
    """Has the series of these names, or all but `up`, that have these labels end in the sixth minute."""

    def is_meant(each):
        return (each.name in names if names else each.name != "up") and labels.items() <= each.labels.items()

    def of(series):
        return [
            replace(each, values=each.values.removesuffix(f"x{BEFORE + AFTER}") + f"x{BEFORE} stale")
            if is_meant(each)
            else each
            for each in series
        ]

    return of


def dead(service):
    """Has every process of a service go, with all that it tells, while its Envoys stay."""
    return [change("up", later(1, 0), job="montrg", service=service), end(job="montrg", service=service)]


def firing(alert, severity, **labels):
    """An alert that is expected."""
    return {"alertname": alert, "severity": severity, **labels}


REALTIME, ALERT = {"service": "realtime"}, {"service": "alert"}
GIVEN_UP = change("montrg_notifications_total", later(0, 1), result="dead", instance="10.0.4.1:8001")
FAILING = change("montrg_notifications_total", counts(1), result="failed")
# Of a shard that was judged for five minutes.
STOPPED = f"0+{STEP_S}x{BEFORE} {STEP_S * BEFORE}x{AFTER}"
AGES = "montrg_outbox_oldest_age_seconds"
HEARTBEAT = "montrg_evaluator_heartbeat_timestamp_seconds"

# By what is the matter: what changes, and every alert that fires for it.
CASES = {
    "nothing": ([], []),
    "both processes of alert are gone": (dead("alert"), [firing("MontrgProcessDown", "critical", service="alert")]),
    "both processes of realtime are gone, so that nothing can be judged": (
        [*dead("realtime"), change(HEARTBEAT, STOPPED)],
        [firing("MontrgProcessDown", "critical", service="realtime")],
    ),
    "both processes of alert_history are gone, and what is for them waits": (
        [*dead("alert_history"),
         change(AGES, counts(STEP_S), outbox="history"), change(AGES, counts(STEP_S), outbox="audit")],
        [firing("MontrgProcessDown", "warning", service="alert_history")],
    ),
    "both processes of aggregation are gone, and it falls behind": (
        [*dead("aggregation"), change("montrg_reading_log_lag_seconds", counts(STEP_S), consumer="aggregation")],
        [firing("MontrgProcessDown", "warning", service="aggregation")],
    ),
    "a service is gone, which others that call it fail for and call themselves not ready": (
        [*dead("location"), change("montrg_ready", later(1, 0), service="realtime"),
         change("grpc_server_handled_total", counts(9), service="realtime", grpc_code="INTERNAL")],
        [firing("MontrgProcessDown", "warning", service="location")],
    ),
    "one of two processes of alert is gone": (
        [change("up", later(1, 0), job="montrg", instance="10.0.4.1:8001")],
        [firing("MontrgProcessDown", "warning", service="alert")],
    ),
    "a process was gone for half a minute": ([change("up", "1x37 0 1x2", job="montrg", service="alert")], []),
    "alert was scaled to nothing": (
        [change("up", None, job="montrg", service="alert"), change("up", None, job="envoy", service="alert")],
        [firing("MontrgServiceGone", "critical", service="alert")],
    ),
    "both Envoys of alert are gone, which hide its processes": (
        [change("up", later(1, 0), service="alert"), *dead("alert")],
        [firing("MontrgEnvoyDown", "critical", service="alert")],
    ),
    "both Envoys of realtime are gone, so that nothing can be judged": (
        [change("up", later(1, 0), service="realtime"), *dead("realtime"), change(HEARTBEAT, STOPPED)],
        [firing("MontrgEnvoyDown", "critical", service="realtime")],
    ),
    "one of two Envoys of alert is gone": (
        [change("up", later(1, 0), instance="10.0.4.1:8001")],
        [firing("MontrgEnvoyDown", "warning", service="alert")],
    ),
    "PostgreSQL is away, for which nobody is ready and calls fail": (
        [change("montrg_database_up", later(1, 0)), change("montrg_ready", later(1, 0)),
         change("grpc_server_handled_total", counts(9), grpc_code="INTERNAL"),
         change("grpc_server_handling_seconds_bucket", NONE, le="0.1"),
         change("montrg_database_pool_connections", later(1, 7)),
         end(HEARTBEAT), end(AGES), end("montrg_sensors")],
        [firing("MontrgDatabaseDown", "critical", service=service.name) for service in SERVICES],
    ),
    "PostgreSQL was away until a minute ago": (
        [change("montrg_database_up", "1x10 0x27 1x2"),
         change("grpc_server_handled_total", "0x10 0+9x27 250x2", grpc_code="INTERNAL"),
         change("montrg_ready", "1x10 0x27 1x2")],
        [],
    ),
    "all connections of a process are in use": (
        [change("montrg_database_pool_connections", later(1, 5), instance="10.0.2.1:8001")],
        [firing("MontrgDatabasePoolExhausted", "warning", service="realtime")],
    ),
    "all connections of a process are in use now and again": (
        [change("montrg_database_pool_connections", " ".join(["5x3 1x0"] * 8), **REALTIME)], [],
    ),
    "a process says that it is not ready": (
        [change("montrg_ready", later(1, 0), service="aggregation")],
        [firing("MontrgServiceNotReady", "warning", service="aggregation")],
    ),
    "a process begins again and again": (
        [change("process_start_time_seconds", "1x20 2x5 3x5 4x10", instance="10.0.0.1:8001")],
        [firing("MontrgProcessRestarting", "warning", service="thresholds")],
    ),
    "an Envoy begins again and again": (
        [change("envoy_server_uptime", "0+30x20 0+30x5 0+30x5 0+30x10", instance="10.0.0.1:8001")],
        [firing("MontrgProcessRestarting", "warning", service="thresholds")],
    ),
    "every process was begun anew once": ([change("process_start_time_seconds", "1x20 2x20")], []),
    "a certificate was not renewed": (
        [change("montrg_certificate_expiry_timestamp_seconds", f"{5 * 3600}x40", certificate="own", **ALERT)],
        [firing("MontrgCertificateExpiring", "warning", service="alert", certificate="own")],
    ),
    "a certificate was not renewed and ends in an hour": (
        [change("montrg_certificate_expiry_timestamp_seconds", f"{5400}x40", certificate="own", **ALERT)],
        [firing("MontrgCertificateExpiring", "critical", service="alert", certificate="own")],
    ),
    "an authority was not renewed": (
        [change("montrg_certificate_expiry_timestamp_seconds", f"{20 * DAY_S}x40", certificate="authority", **ALERT)],
        [firing("MontrgCertificateExpiring", "warning", service="alert", certificate="authority")],
    ),
    "a clock is slow": (
        [change("montrg_database_clock_skew_seconds", "3x40", instance="10.0.4.1:8001")],
        [firing("MontrgClockSkew", "warning", service="alert")],
    ),
    "a clock is fast": (
        [change("montrg_database_clock_skew_seconds", "-3x40", instance="10.0.4.1:8001")],
        [firing("MontrgClockSkew", "warning", service="alert")],
    ),
    "calls of a service fail": (
        [change("grpc_server_handled_total", counts(9), grpc_code="INTERNAL", service="thresholds")],
        [firing("MontrgErrorRateHigh", "warning", service="thresholds")],
    ),
    "the only call of a service failed": (
        [change("grpc_server_handled_total", NONE, grpc_code="OK", service="thresholds"),
         change("grpc_server_handled_total", "0x37 1x3", grpc_code="INTERNAL", instance="10.0.0.1:8001")],
        [],
    ),
    "Envoy waits in vain for many calls of a service, which are cancelled there": (
        [change("envoy_cluster_upstream_rq_timeout", counts(9), envoy_cluster_name="thresholds")],
        [firing("MontrgErrorRateHigh", "warning", service="thresholds")],
    ),
    "Envoy waits in vain for what only asks whether a service is ready": (
        [change("envoy_cluster_upstream_rq_timeout", counts(9), envoy_cluster_name="thresholds_ready")], [],
    ),
    "callers are told of their own mistakes": (
        [change("grpc_server_handled_total", counts(90), grpc_code="INVALID_ARGUMENT", service="thresholds")], [],
    ),
    "calls of a service take long": (
        [change("grpc_server_handling_seconds_bucket", NONE, le="0.1", service="aggregation")],
        [firing("MontrgLatencyHigh", "warning", service="aggregation")],
    ),
    "calls are turned away": (
        [change("grpc_server_handled_total", counts(9), grpc_code="RESOURCE_EXHAUSTED", **REALTIME)],
        [firing("MontrgOverloaded", "warning", service="realtime")],
    ),
    "no sensor is heard": (
        [change("montrg_sensors", later(1, 0), quality="good"),
         change("montrg_sensors", later(0, 50), quality="stale")],
        [firing("MontrgNoReadings", "critical")],
    ),
    "no sensor has ever sent": (
        [change("montrg_sensors", NONE, quality="good"), change("montrg_sensors", "9x40", quality="never")], [],
    ),
    "many sensors of a factory are silent": (
        [change("montrg_sensors", later(0, 60), quality="stale", factory="Ulsan")],
        [firing("MontrgSensorsSilent", "warning", factory="Ulsan")],
    ),
    "some sensors of a factory are silent": (
        [change("montrg_sensors", later(0, 20), quality="stale", factory="Ulsan")], [],
    ),
    "readings are refused": (
        [change("montrg_ingest_readings_total", counts(6), outcome="rejected")],
        [firing("MontrgReadingsRejected", "warning")],
    ),
    "readings come twice": ([change("montrg_ingest_readings_total", counts(30), outcome="duplicate")], []),
    "alert falls behind": (
        [change("montrg_reading_log_lag_seconds", counts(STEP_S), consumer="alert")],
        [firing("MontrgReadingLogLagging", "critical", consumer="alert")],
    ),
    "aggregation falls behind": (
        [change("montrg_reading_log_lag_seconds", counts(STEP_S), consumer="aggregation")],
        [firing("MontrgReadingLogLagging", "warning", consumer="aggregation")],
    ),
    "a shard is judged no more, for which alert falls behind and is not ready": (
        [change(HEARTBEAT, STOPPED, shard="2"), change("montrg_ready", later(1, 0), **ALERT),
         change("montrg_reading_log_lag_seconds", counts(STEP_S), consumer="alert")],
        [firing("MontrgEvaluatorDead", "critical")],
    ),
    "notifications wait that could be sent": (
        [change(AGES, counts(STEP_S), outbox="notifications")],
        [firing("MontrgOutboxStuck", "critical", service="alert", outbox="notifications")],
    ),
    "the history takes no events though it runs": (
        [change(AGES, counts(STEP_S), outbox="history")],
        [firing("MontrgOutboxStuck", "warning", service="alert", outbox="history")],
    ),
    "a receiver is gone": (
        [FAILING, change("montrg_notifications_total", NONE, result="sent")],
        [firing("MontrgNotificationsFailing", "critical", channel="webhook")],
    ),
    "a receiver is gone, and the first message was given up": (
        [FAILING, GIVEN_UP, change("montrg_notifications_dead", later(0, 1))],
        [firing("MontrgNotificationsFailing", "critical", channel="webhook")],
    ),
    "a receiver did not answer once": (
        [change("montrg_notifications_total", "0x10 1x30", result="failed", instance="10.0.4.1:8001"),
         change("montrg_notifications_total", "0x12 1x28", result="sent")],
        [],
    ),
    "a message was given up": (
        [GIVEN_UP, change("montrg_notifications_dead", later(0, 1))], [firing("MontrgNotificationsDead", "warning")],
    ),
    "a message was given up long ago": ([change("montrg_notifications_dead", STEADY)], []),
    "a test was given up, which whoever asked for it has seen": ([GIVEN_UP], []),
    "nobody is subscribed": (
        [change("montrg_subscriptions", NONE, state="enabled"),
         change("montrg_subscriptions", "3x40", state="disabled")],
        [firing("MontrgNobodySubscribed", "warning")],
    ),
}  # fmt: skip
