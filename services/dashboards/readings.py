"""The way of the readings: from sensors into the log, and from there to those who judge and sum up."""

from services.dashboards.boards import Board, Row
from services.dashboards.panels import GREEN, ORANGE, RED, YELLOW, Look, Query, graph, stat
from services.dashboards.service import quantile, rate

REALTIME = 'service="realtime"'
WRITES = f'{REALTIME}, grpc_service="montrg.realtime.v1.IngestService", grpc_type="unary"'
SHARE = Look(unit="percentunit", steps=[(0.05, RED)])

GOLDEN = Row(
    "The four golden signals of the ingest",
    [
        graph(
            "Latency",
            "Of a batch, until it is on the disk.",
            [
                Query(
                    quantile(share, "grpc_server_handling_seconds", "service", WRITES),
                    f"p{share * 100:g}",
                    # The same points would come twice.
                    has_traces=share == 0.99,
                )
                for share in (0.5, 0.99)
            ],
            Look(unit="s", steps=[(1, RED)]),
            width=6,
        ),
        graph(
            "Traffic",
            "Readings a second, by what became of them.",
            [Query(rate("montrg_ingest_readings_total", "outcome", REALTIME), "{{outcome}}")],
            Look(unit="reqps"),
            width=6,
            stacked=True,
        ),
        graph(
            "Errors",
            "Share of readings that are refused, and of batches that fail or are turned away.",
            [
                Query(
                    'sum(rate(montrg_ingest_readings_total{outcome=~"rejected|conflict|unavailable"}[5m])) '
                    "/ (sum(rate(montrg_ingest_readings_total[5m])) > 0)",
                    "readings",
                ),
                Query(
                    'sum(rate(montrg_ingest_batches_total{result!="stored"}[5m])) '
                    "/ (sum(rate(montrg_ingest_batches_total[5m])) > 0)",
                    "batches",
                ),
            ],
            SHARE,
            width=6,
        ),
        graph(
            "Saturation",
            "Readings that wait for the disk.",
            [Query("montrg_ingest_queue_readings", "{{process}}")],
            Look(),
            width=6,
        ),
    ],
)

INGEST = Row(
    "Ingest",
    [
        stat(
            "Newest reading",
            "How old the newest stored reading is.",
            "time() - max(montrg_ingest_newest_timestamp_seconds)",
            Look(unit="s", steps=[(60, YELLOW), (300, RED)]),
            width=4,
        ),
        stat(
            "Sensors heard",
            "Of those that have ever sent.",
            'sum(montrg:sensors:max{quality!~"stale|never"}) / (sum(montrg:sensors:max{quality!="never"}) > 0)',
            Look(unit="percentunit", base=RED, steps=[(0.75, YELLOW), (0.95, GREEN)]),
            width=4,
        ),
        graph(
            "Readings in a batch",
            "The fewer, the dearer each is.",
            [
                Query(quantile(share, "montrg_ingest_batch_readings", "service", REALTIME), f"p{share * 100:g}")
                for share in (0.5, 0.99)
            ],
            Look(),
        ),
        graph(
            "Batches",
            "A second, by result.",
            [Query(rate("montrg_ingest_batches_total", "result", REALTIME), "{{result}}")],
            Look(unit="reqps"),
        ),
    ],
)

LOG = Row(
    "The reading log",
    [
        graph(
            "Behind",
            "How long the oldest reading waits that a consumer has not passed.",
            [Query("max by (consumer) (montrg_reading_log_lag_seconds)", "{{consumer}}")],
            Look(unit="s", steps=[(60, RED)]),
        ),
        graph(
            "Readings that wait",
            "That a consumer has not passed.",
            [Query("max by (consumer) (montrg_reading_log_lag_readings)", "{{consumer}}")],
            Look(),
        ),
        graph(
            "Batches written",
            "A second.",
            [Query("rate(max(montrg_reading_log_end)[5m:])", "batches")],
            Look(unit="reqps"),
        ),
        graph(
            "Consumers that report",
            "How long ago each last said how far it is.",
            [Query("time() - max by (consumer) (montrg_reading_log_report_timestamp_seconds)", "{{consumer}}")],
            Look(unit="s", steps=[(30, ORANGE)]),
        ),
        graph(
            "Beginnings anew",
            "After an error, and rebuilds, in five minutes.",
            [
                Query("sum by (consumer) (increase(montrg_reading_log_restarts_total[5m]))", "{{consumer}} restarts"),
                Query("sum by (consumer) (increase(montrg_reading_log_rebuilds_total[5m]))", "{{consumer}} rebuilds"),
            ],
            Look(),
        ),
    ],
)

ROLLUPS = Row(
    "Rollups",
    [
        graph(
            "Readings summed up",
            "A second.",
            [Query("sum(rate(montrg_rollup_readings_total[5m]))", "readings")],
            Look(unit="reqps"),
        ),
        graph(
            "Hours written",
            "Of a sensor each, a second.",
            [Query("sum(rate(montrg_rollup_hours_total[5m]))", "hours")],
            Look(unit="wps"),
        ),
        graph(
            "Backfills",
            "By state, and the hours that they have left.",
            [
                Query("max by (state) (montrg_backfills)", "{{state}}"),
                Query("max(montrg_backfill_pending_hours)", "hours left"),
            ],
            Look(),
        ),
    ],
)

BOARD = Board(
    "montrg-readings",
    "Ingest and reading log",
    "How readings come in, and how far those are who judge and sum them up.",
    [GOLDEN, INGEST, LOG, ROLLUPS],
)
