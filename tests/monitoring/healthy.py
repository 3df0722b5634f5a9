"""The series of a mesh where nothing is wrong, as promtool takes them."""

from dataclasses import dataclass, replace

from services.catalog import SERVICES

STEP_S = 30
# Twenty minutes, of which in the sixth something may happen.
BEFORE, AFTER = 10, 30
STEADY, EACH_SECOND = "1x40", f"0+{STEP_S}x40"
NONE = "0x40"
EXPIRY = "montrg_certificate_expiry_timestamp_seconds"
DAY_S = 24 * 60 * 60
# Some of them have two pods.
REPLICATED = ("realtime", "alert")
# As many as show that the worst one counts.
SHARDS = 3


@dataclass(frozen=True)
class Series:
    """A series: its name, its labels, and what promtool calls its values."""

    name: str
    labels: dict[str, str]
    values: str

    @property
    def selector(self):
        """As promtool writes it."""
        return self.name + "{" + ", ".join(f'{label}="{value}"' for label, value in self.labels.items()) + "}"


def pods():
    """The labels by which the scrape calls each pod."""
    return [
        {"service": service.name, "process": f"{service.host}-{n}", "instance": f"10.0.{number}.{n}:8001"}
        for number, service in enumerate(SERVICES)
        for n in ((1, 2) if service.name in REPLICATED else (1,))
    ]


def healthy():
    """Every series that an alert rule reads."""
    return [series for pod in pods() for series in (*_of_each(pod), *_OF.get(pod["service"], lambda _: [])(pod))]


def on_one_machine():
    """The same where one Envoy is in front of one process of each service."""
    one = [series for series in healthy() if series.labels["instance"].endswith(".1:8001")]
    front = {"instance": "localhost:30009"}
    local = [
        replace(series, labels=series.labels | front | {"process": series.labels["service"]})
        for series in one
        if series.labels["job"] == "montrg"
    ]
    envoy = {"job": "envoy", **front}
    return [*local, Series("up", envoy, STEADY), Series("envoy_server_uptime", envoy, EACH_SECOND)]


def _of_each(pod):
    envoy = {"job": "envoy", "service": pod["service"], "instance": pod["instance"]}
    process = {"job": "montrg", **pod}
    calls = process | {"grpc_type": "unary", "grpc_service": "montrg.some.v1.Service", "grpc_method": "Get"}
    return [
        Series("up", envoy, STEADY),
        Series("envoy_server_uptime", envoy, EACH_SECOND),
        Series("envoy_cluster_upstream_rq_timeout", envoy | {"envoy_cluster_name": pod["service"]}, NONE),
        Series("envoy_cluster_upstream_rq_timeout", envoy | {"envoy_cluster_name": pod["service"] + "_ready"}, NONE),
        Series("up", process, STEADY),
        Series("process_start_time_seconds", process, STEADY),
        Series("montrg_ready", process, STEADY),
        Series("montrg_database_up", process, STEADY),
        Series("montrg_database_pool_size", process, "5x40"),
        Series("montrg_database_pool_connections", process | {"state": "used"}, STEADY),
        Series("montrg_database_clock_skew_seconds", process, NONE),
        Series(EXPIRY, process | {"certificate": "own"}, f"{DAY_S}x40"),
        Series(EXPIRY, process | {"certificate": "authority"}, f"{365 * DAY_S}x40"),
        Series("grpc_server_handled_total", calls | {"grpc_code": "OK"}, EACH_SECOND),
        Series("grpc_server_handled_total", calls | {"grpc_code": "INTERNAL"}, NONE),
        Series("grpc_server_handled_total", calls | {"grpc_code": "INVALID_ARGUMENT"}, NONE),
        Series("grpc_server_handled_total", calls | {"grpc_code": "RESOURCE_EXHAUSTED"}, NONE),
        Series("grpc_server_handling_seconds_bucket", calls | {"le": "0.1"}, EACH_SECOND),
        Series("grpc_server_handling_seconds_bucket", calls | {"le": "5"}, EACH_SECOND),
        Series("grpc_server_handling_seconds_bucket", calls | {"le": "+Inf"}, EACH_SECOND),
    ]


def _of_realtime(pod):
    own = {"job": "montrg", **pod}
    outcomes = dict.fromkeys(("late", "duplicate", "conflict", "rejected", "unavailable"), NONE)
    outcomes["accepted"] = EACH_SECOND
    sensors = {("Ulsan", "good"): 90, ("Ulsan", "never"): 5, ("Asan", "good"): 10}
    sensors |= dict.fromkeys((("Ulsan", "stale"), ("Asan", "stale")), 0)
    return [
        *(Series("montrg_ingest_readings_total", own | {"outcome": o}, values) for o, values in outcomes.items()),
        *(Series("montrg_reading_log_lag_seconds", own | {"consumer": c}, NONE) for c in ("alert", "aggregation")),
        *(
            Series("montrg_sensors", own | {"factory": factory, "quality": quality}, f"{count}x40")
            for (factory, quality), count in sensors.items()
        ),
    ]


def _of_alert(pod):
    own = {"job": "montrg", **pod}
    return [
        *(
            Series("montrg_evaluator_heartbeat_timestamp_seconds", own | {"shard": str(shard)}, EACH_SECOND)
            for shard in range(SHARDS)
        ),
        *(
            Series("montrg_outbox_oldest_age_seconds", own | {"outbox": outbox}, NONE)
            for outbox in ("notifications", "history", "audit")
        ),
        Series("montrg_notifications_total", own | {"channel": "webhook", "result": "sent"}, "0+1x40"),
        Series("montrg_notifications_total", own | {"channel": "webhook", "result": "failed"}, NONE),
        Series("montrg_notifications_total", own | {"channel": "webhook", "result": "dead"}, NONE),
        Series("montrg_notifications_dead", own, NONE),
        Series("montrg_subscriptions", own | {"state": "enabled"}, "3x40"),
        Series("montrg_subscriptions", own | {"state": "disabled"}, "0x40"),
    ]


_OF = {"realtime": _of_realtime, "alert": _of_alert}
