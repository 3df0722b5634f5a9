"""What an operator looks at first: whether anything is wrong, and the four golden signals of every service."""

from services.dashboards.boards import Board, Row
from services.dashboards.panels import GREEN, ORANGE, RED, YELLOW, Look, Query, graph, link, stat, states, table
from services.dashboards.service import quantile

FIRING = 'ALERTS{alertstate="firing", severity=~"critical|warning"}'
RUNBOOK = link("What to do", "${runbooks}/${__value.raw}.md")
COUNT = Look(steps=[(1, RED)])
UP = Look(words=[(0, "down", RED), (1, "up", GREEN)], base=RED, steps=[(1, GREEN)])
SHARE = Look(unit="percentunit", steps=[(0.05, RED)])


def latency(share: float) -> str:
    """Returns what `montrg:rpc_latency_seconds` has recorded; only the buckets themselves lead to traces."""
    return quantile(share, "grpc_server_handling_seconds", "service", 'grpc_type="unary"')


NOW = Row(
    "Is anything wrong?",
    [
        stat(
            "Critical alerts",
            "People may be at risk unwarned: act now.",
            'count(ALERTS{alertstate="firing", severity="critical"}) or vector(0)',
            COUNT,
        ),
        stat(
            "Warnings",
            "To be looked at in working hours.",
            'count(ALERTS{alertstate="firing", severity="warning"}) or vector(0)',
            Look(steps=[(1, ORANGE)]),
        ),
        stat(
            "Processes down",
            "Processes of services that do not answer.",
            'count(up{job="montrg"} == 0) or vector(0)',
            COUNT,
        ),
        stat(
            "PostgreSQL", "Whether every process gets an answer from its database.", "min(montrg:database_up:min)", UP
        ),
        stat(
            "Readings",
            "Readings that are stored, a second.",
            "montrg:readings_stored:rate5m",
            Look(unit="reqps", base=RED, steps=[(0.000001, GREEN)]),
        ),
        stat(
            "Newest reading",
            "How old the newest stored reading is.",
            "time() - max(montrg_ingest_newest_timestamp_seconds)",
            Look(unit="s", steps=[(60, YELLOW), (300, RED)]),
        ),
        stat(
            "Judged",
            "How long ago the shard was judged that waits the longest.",
            "montrg:evaluator_heartbeat_age_seconds:max",
            Look(unit="s", steps=[(10, YELLOW), (30, RED)]),
        ),
        stat(
            "Tries to notify that fail",
            "Of the last half hour, the worse channel.",
            "max(montrg:notifications_failed:ratio30m) or vector(0)",
            Look(unit="percentunit", steps=[(0.01, YELLOW), (0.2, RED)]),
        ),
        table(
            "Firing alerts",
            "A click on a name opens what to do.",
            FIRING,
            ["alertname", "severity", "service", "process", "instance"],
            links={"alertname": RUNBOOK},
        ),
    ],
)

GOLDEN = Row(
    "The four golden signals",
    [
        graph(
            "Latency (p99)",
            "One unary call of a hundred takes longer.",
            [Query(latency(0.99), "{{service}}", has_traces=True)],
            Look(unit="s", steps=[(2, RED)]),
            width=6,
        ),
        graph(
            "Traffic",
            "Calls that end, streams too, a second.",
            [Query("montrg:rpc_requests:rate5m", "{{service}}")],
            Look(unit="reqps"),
            width=6,
        ),
        graph(
            "Errors",
            "Share of calls that fail and not by the caller's fault.",
            [Query("montrg:rpc_errors:ratio5m", "{{service}}")],
            SHARE,
            width=6,
        ),
        graph(
            "Saturation: connections to PostgreSQL",
            "Share of each process's connections that are in use.",
            [
                Query(
                    'max by (service) (montrg_database_pool_connections{state="used"} '
                    "/ ignoring (state) montrg_database_pool_size)",
                    "{{service}}",
                )
            ],
            Look(unit="percentunit", most=1, steps=[(1, RED)]),
            width=6,
        ),
        graph(
            "Latency (p50)",
            "Half of the unary calls take longer.",
            [Query(latency(0.5), "{{service}}", has_traces=True)],
            Look(unit="s"),
            width=6,
        ),
        graph(
            "Turned away",
            "Share of calls that were too many.",
            [Query("montrg:rpc_overloaded:ratio5m", "{{service}}")],
            SHARE,
            width=6,
        ),
        graph(
            "Saturation: processors",
            "Processors that each process uses; one has at most about one.",
            [Query('rate(process_cpu_seconds_total{job="montrg"}[5m])', "{{process}}")],
            Look(steps=[(1, RED)]),
            width=6,
        ),
        graph(
            "Saturation: event loop",
            "How much too late a task gets its turn (p99).",
            [
                Query(
                    "histogram_quantile(0.99, sum by (service, le) (rate(montrg_event_loop_lag_seconds_bucket[5m])))",
                    "{{service}}",
                )
            ],
            Look(unit="s", steps=[(0.25, RED)]),
            width=6,
        ),
    ],
)

PARTS = Row(
    "The parts",
    [
        states(
            "Processes",
            "Which processes answer Prometheus.",
            [Query('up{job="montrg"}', "{{process}} {{instance}}")],
            UP,
        ),
        states(
            "Ready",
            "Which processes say that they can do their work.",
            [Query("montrg_ready", "{{process}} {{instance}}")],
            Look(words=[(0, "not ready", RED), (1, "ready", GREEN)], base=RED, steps=[(1, GREEN)]),
        ),
    ],
)

ENVOY = Row(
    "Envoy",
    [
        graph(
            "Answers by class",
            "What callers get over REST, gRPC-Web and gRPC, a second.",
            [
                Query(
                    "sum by (envoy_response_code_class) (rate(envoy_http_downstream_rq_xx"
                    '{envoy_http_conn_manager_prefix!~"admin|status"}[5m]))',
                    "{{envoy_response_code_class}}xx",
                )
            ],
            Look(unit="reqps"),
            stacked=True,
        ),
        graph(
            "Time of an answer",
            "Of all ports (p99).",
            [
                Query(
                    "histogram_quantile(0.99, sum by (le, envoy_http_conn_manager_prefix) (rate("
                    'envoy_http_downstream_rq_time_bucket{envoy_http_conn_manager_prefix!~"admin|status"}[5m])))',
                    "{{envoy_http_conn_manager_prefix}}",
                )
            ],
            Look(unit="ms"),
        ),
        graph(
            "Connections of callers",
            "Open ones.",
            [
                Query(
                    "sum by (envoy_http_conn_manager_prefix) (envoy_http_downstream_cx_active"
                    '{envoy_http_conn_manager_prefix!~"admin|status"})',
                    "{{envoy_http_conn_manager_prefix}}",
                )
            ],
            Look(),
        ),
    ],
)

BOARD = Board(
    "montrg-overview", "Overview", "Whether anything is wrong, and where to look next.", [NOW, GOLDEN, PARTS, ENVOY]
)
