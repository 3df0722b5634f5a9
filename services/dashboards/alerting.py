"""Whether dangers are seen, and whether people are told of them."""

from services.dashboards.boards import Board, Row
from services.dashboards.panels import GREEN, ORANGE, RED, YELLOW, Look, Query, graph, stat
from services.dashboards.service import quantile

ALERTING = 'service="alert"'
AGE = Look(unit="s", steps=[(10, YELLOW), (30, RED)])

NOW = Row(
    "Is everybody told?",
    [
        stat(
            "Judged",
            "How long ago the shard was judged that waits the longest.",
            "montrg:evaluator_heartbeat_age_seconds:max",
            AGE,
            width=4,
        ),
        stat(
            "Behind",
            "How long the oldest reading waits to be judged.",
            'max(montrg_reading_log_lag_seconds{consumer="alert"})',
            Look(unit="s", steps=[(15, YELLOW), (60, RED)]),
            width=4,
        ),
        stat(
            "Alerts",
            "Active ones, of all kinds.",
            "sum(max by (factory, type, level) (montrg_alerts_active)) or vector(0)",
            Look(steps=[(1, ORANGE)]),
            width=4,
        ),
        stat(
            "Subscriptions",
            "Enabled ones.",
            'max(montrg_subscriptions{state="enabled"})',
            Look(base=RED, steps=[(1, GREEN)]),
            width=4,
        ),
        stat(
            "Waiting",
            "Messages that are on their way.",
            'max(montrg_outbox_depth{outbox="notifications"})',
            Look(steps=[(100, YELLOW), (1000, RED)]),
            width=4,
        ),
        stat(
            "Given up",
            "Messages that nobody got; :retry sends one again.",
            "max(montrg_notifications_dead)",
            Look(steps=[(1, RED)]),
            width=4,
        ),
    ],
)

GOLDEN = Row(
    "The four golden signals",
    [
        graph(
            "Latency",
            "From when a message could first be sent to when it was taken.",
            [
                Query(
                    quantile(share, "montrg_notification_seconds", "channel", ALERTING),
                    f"{{{{channel}}}} p{share * 100:g}",
                )
                for share in (0.5, 0.99)
            ],
            Look(unit="s", steps=[(60, RED)]),
            width=6,
        ),
        graph(
            "Traffic",
            "Tries to send, a second.",
            [Query("sum by (channel, result) (rate(montrg_notifications_total[5m]))", "{{channel}} {{result}}")],
            Look(unit="reqps"),
            width=6,
            stacked=True,
        ),
        graph(
            "Errors",
            "Share of tries that fail, of half an hour.",
            [Query("montrg:notifications_failed:ratio30m", "{{channel}}")],
            Look(unit="percentunit", steps=[(0.2, RED)]),
            width=6,
        ),
        graph(
            "Saturation",
            "How long the oldest waits that could be sent.",
            [Query("max by (service, outbox) (montrg_outbox_oldest_age_seconds)", "{{service}} {{outbox}}")],
            Look(unit="s", steps=[(300, RED)]),
            width=6,
        ),
    ],
)

JUDGING = Row(
    "Judging",
    [
        graph(
            "Age of each shard",
            "Since it was last judged.",
            [Query("time() - max by (shard) (montrg_evaluator_heartbeat_timestamp_seconds)", "shard {{shard}}")],
            AGE,
        ),
        graph(
            "Readings judged",
            "A second.",
            [Query("sum(rate(montrg_evaluator_readings_total[5m]))", "readings")],
            Look(unit="reqps"),
        ),
        graph(
            "Alerts that change",
            "A second, by what to.",
            [Query("sum by (to) (rate(montrg_evaluator_transitions_total[5m]))", "{{to}}")],
            Look(unit="cps"),
        ),
        graph(
            "Active alerts",
            "By kind and level.",
            [
                Query(
                    "sum by (type, level) (max by (factory, type, level) (montrg_alerts_active))", "{{type}} {{level}}"
                )
            ],
            Look(),
            stacked=True,
        ),
        graph(
            "Outboxes",
            "What is on its way: messages, events for the history, records of the audit trail.",
            [Query("max by (service, outbox) (montrg_outbox_depth)", "{{service}} {{outbox}}")],
            Look(),
        ),
        graph(
            "History",
            "Events and audit records that it takes, a second.",
            [
                Query("sum by (result) (rate(montrg_history_events_total[5m]))", "events {{result}}"),
                Query("sum by (result) (rate(montrg_audit_records_total[5m]))", "records {{result}}"),
            ],
            Look(unit="wps"),
        ),
        graph(
            "Watchers",
            "Streams by which somebody follows.",
            [Query("sum by (stream) (montrg_watchers)", "{{stream}}")],
            Look(),
        ),
    ],
)

BOARD = Board(
    "montrg-alerting", "Alerting", "Whether dangers are seen and people told of them.", [NOW, GOLDEN, JUDGING]
)
