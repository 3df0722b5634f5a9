"""One service, or one process of it: its calls, what it asks of others, and the process itself."""

from services.dashboards.boards import Board, Row
from services.dashboards.panels import GREEN, ORANGE, RED, YELLOW, Look, Query, graph

CHOSEN = 'service=~"$service", process=~"$process"'
UNARY = f'grpc_type="unary", {CHOSEN}'
FAULTS = 'grpc_code=~"INTERNAL|UNKNOWN|DATA_LOSS|UNAVAILABLE|DEADLINE_EXCEEDED"'
SECONDS, RATE = Look(unit="s"), Look(unit="reqps")


def quantile(share: float, name: str, by: str, chosen: str = CHOSEN) -> str:
    """Returns the expression of a quantile of a histogram over five minutes."""
    return f"histogram_quantile({share}, sum by (le, {by}) (rate({name}_bucket{{{chosen}}}[5m])))"


def rate(name: str, by: str, chosen: str = CHOSEN) -> str:
    """Returns the expression of what is counted, a second."""
    return f"sum by ({by}) (rate({name}{{{chosen}}}[5m]))"


GOLDEN = Row(
    "The four golden signals",
    [
        graph(
            "Latency by method (p99)",
            "One unary call of a hundred takes longer.",
            [
                Query(
                    quantile(0.99, "grpc_server_handling_seconds", "grpc_method", UNARY),
                    "{{grpc_method}}",
                    has_traces=True,
                )
            ],
            Look(unit="s", steps=[(2, RED)]),
            width=6,
        ),
        graph(
            "Traffic by method",
            "Calls that end, a second.",
            [Query(rate("grpc_server_handled_total", "grpc_method"), "{{grpc_method}}")],
            RATE,
            width=6,
        ),
        graph(
            "Errors by method",
            "Calls that fail and not by the caller's fault, a second.",
            [
                Query(
                    rate("grpc_server_handled_total", "grpc_method, grpc_code", f"{FAULTS}, {CHOSEN}"),
                    "{{grpc_method}} {{grpc_code}}",
                )
            ],
            Look(unit="reqps", steps=[(0.02, RED)]),
            width=6,
        ),
        graph(
            "Saturation: connections to PostgreSQL",
            "In use, of those that a process may have.",
            [
                Query(
                    f'sum by (process) (montrg_database_pool_connections{{state="used", {CHOSEN}}})', "{{process}} used"
                ),
                Query(f"sum by (process) (montrg_database_pool_size{{{CHOSEN}}})", "{{process}} most"),
            ],
            Look(),
            width=6,
        ),
    ],
)

CALLS = Row(
    "Calls",
    [
        graph(
            "How they end",
            "A second, by status.",
            [Query(rate("grpc_server_handled_total", "grpc_code"), "{{grpc_code}}")],
            RATE,
            stacked=True,
        ),
        graph(
            "Under way",
            "Streams stay for as long as their callers want.",
            [Query(f"sum by (grpc_type) (grpc_server_in_flight{{{CHOSEN}}})", "{{grpc_type}}")],
            Look(),
        ),
        graph(
            "Messages",
            "Of requests and answers, a second.",
            [
                Query(rate("grpc_server_msg_received_total", "process"), "received {{process}}"),
                Query(rate("grpc_server_msg_sent_total", "process"), "sent {{process}}"),
            ],
            Look(unit="cps"),
        ),
    ],
)

NEIGHBOURS = Row(
    "What it asks of its neighbours",
    [
        graph(
            "Calls",
            "A second.",
            [Query(rate("grpc_client_handled_total", "neighbour, grpc_method"), "{{neighbour}} {{grpc_method}}")],
            RATE,
        ),
        graph(
            "Calls that fail",
            "A second, by status.",
            [
                Query(
                    rate("grpc_client_handled_total", "neighbour, grpc_code", f'grpc_code!="OK", {CHOSEN}'),
                    "{{neighbour}} {{grpc_code}}",
                )
            ],
            RATE,
        ),
        graph(
            "Time of unary calls (p99)",
            "From the neighbour's side there is less of it.",
            [
                Query(
                    quantile(0.99, "grpc_client_handling_seconds", "neighbour", UNARY), "{{neighbour}}", has_traces=True
                )
            ],
            SECONDS,
        ),
    ],
)

DATABASE = Row(
    "PostgreSQL",
    [
        graph(
            "Time of statements (p99)",
            "By what they do.",
            [Query(quantile(0.99, "montrg_database_query_seconds", "kind"), "{{kind}}", has_traces=True)],
            SECONDS,
            width=6,
        ),
        graph(
            "Statements",
            "A second.",
            [Query(rate("montrg_database_query_seconds_count", "kind"), "{{kind}}")],
            RATE,
            width=6,
        ),
        graph(
            "Statements that fail",
            "A second: the database is away, or something else.",
            [Query(rate("montrg_database_errors_total", "kind"), "{{kind}}")],
            RATE,
            width=6,
        ),
        graph(
            "Clocks",
            "That of PostgreSQL less that of the process.",
            [Query(f"montrg_database_clock_skew_seconds{{{CHOSEN}}}", "{{process}}")],
            Look(unit="s", base=RED, steps=[(-2, GREEN), (2, RED)], least=None),
            width=6,
        ),
    ],
)

PROCESS = Row(
    "The process",
    [
        graph(
            "Processors",
            "That it uses.",
            [Query(rate("process_cpu_seconds_total", "process"), "{{process}}")],
            Look(steps=[(1, RED)]),
            width=6,
        ),
        graph(
            "Memory",
            "Resident.",
            [Query(f"process_resident_memory_bytes{{{CHOSEN}}}", "{{process}}")],
            Look(unit="bytes"),
            width=6,
        ),
        graph(
            "Event loop",
            "How much too late a task gets its turn (p99).",
            [Query(quantile(0.99, "montrg_event_loop_lag_seconds", "process"), "{{process}}")],
            Look(unit="s", steps=[(0.25, ORANGE)]),
            width=6,
        ),
        graph(
            "Lines of the log",
            "A second, without the ordinary ones.",
            [
                Query(
                    rate("montrg_log_records_total", "process, level", f'level=~"WARNING|ERROR|CRITICAL", {CHOSEN}'),
                    "{{process}} {{level}}",
                )
            ],
            Look(unit="cps", steps=[(1, YELLOW)]),
            width=6,
        ),
        graph(
            "Age",
            "Since when it has run.",
            [Query(f"time() - process_start_time_seconds{{{CHOSEN}}}", "{{process}}")],
            SECONDS,
            width=6,
        ),
        graph(
            "Open files",
            "Sockets are files, too.",
            [Query(f"process_open_fds{{{CHOSEN}}}", "{{process}}")],
            Look(),
            width=6,
        ),
        graph(
            "Garbage collections",
            "Of all generations, a second.",
            [Query(rate("python_gc_collections_total", "process"), "{{process}}")],
            Look(unit="ops"),
            width=6,
        ),
        graph(
            "Certificates",
            "Until they end. Only in the secure profile.",
            [Query(f"montrg_certificate_expiry_timestamp_seconds{{{CHOSEN}}} - time()", "{{process}} {{certificate}}")],
            Look(unit="s", base=RED, steps=[(0, GREEN)], least=None),
            width=6,
        ),
    ],
)

BOARD = Board(
    "montrg-service",
    "One service",
    "The calls of a service, what it asks of others, and its processes.",
    [GOLDEN, CALLS, NEIGHBOURS, DATABASE, PROCESS],
    {"service": 'up{job="montrg"}', "process": 'up{job="montrg", service=~"$service"}'},
)
