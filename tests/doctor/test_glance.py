"""One screen out of two looks: rates, errors, quantiles, and what the mesh has in all."""

import io

import pytest
from rich.console import Console

from services.doctor import screen
from services.doctor.domain import Unasked
from services.doctor.facts import Database, Envoy
from services.doctor.figures import Figures, Mesh, Process
from services.doctor.glance import glance

GONE = Unasked("it does not answer: " + "for a very long reason " * 9)
ENVOY = Envoy("1.40.0", {"realtime": (2, 2), "alert": (0, 1)})
DATABASE = Database("16.4", None, {}, {"max_connections": "100"}, False, 0.0, 20, 2_000_000_000, 5e8)


def calls(handled, fast, slow, own=0):
    """Figures of one process: calls that were answered in up to 10 ms, in up to 100 ms, and failures among them."""
    labels = 'grpc_type="unary",grpc_service="montrg.realtime.v1.RealtimeService",grpc_method="GetMeasurements"'
    buckets = ((0.01, fast), (0.1, fast + slow), ("+Inf", fast + slow))
    return "".join(
        [f'grpc_server_handled_total{{{labels},grpc_code="{code}"}} {count}\n' for code, count in handled.items()]
        + [f'grpc_server_handling_seconds_bucket{{{labels},le="{le}"}} {count}\n' for le, count in buckets]
        + [
            'grpc_server_handled_total{grpc_type="unary",grpc_service="montrg.operations.v1.MetricsService",'
            f'grpc_method="GetMetrics",grpc_code="OK"}} {own}\n'
        ]
    )


def look(*texts, alert=""):
    names = ["realtime", "realtime-2"]
    found = [
        Process(n, "realtime", t if isinstance(t, Unasked) else Figures(t)) for n, t in zip(names, texts, strict=False)
    ]
    return Mesh([*found, Process("alert", "alert", Figures(alert))])


def row(before, after, seconds=2.0):
    return next(row for row in glance(before, after, seconds, DATABASE, ENVOY).rows if row.name == "realtime")


def test_rates_are_of_the_time_between_the_looks_and_of_all_processes_but_not_of_those_who_look():
    before = look(calls({"OK": 100}, 90, 10), calls({"OK": 10}, 10, 0))
    after = look(calls({"OK": 120, "INTERNAL": 4, "NOT_FOUND": 2}, 116, 10, own=50), calls({"OK": 24}, 24, 0))
    found = row(before, after)
    # The failures are of labels that were not there before: they count from nothing.
    assert (found.requests, found.errors, found.processes, found.of) == (20.0, 2.0, 2, 2)


def test_a_process_that_began_anew_counts_from_nothing():
    found = row(look(calls({"OK": 100}, 90, 10)), look(calls({"OK": 6}, 6, 0)))
    assert found.requests == 3.0


def test_the_quantile_lies_within_its_bucket_as_prometheus_has_it():
    found = row(look(calls({"OK": 0}, 0, 0)), look(calls({"OK": 100}, 98, 2)))
    assert found.p99_s == pytest.approx(0.01 + 0.09 * (99 - 98) / 2)
    assert row(look(calls({"OK": 5}, 5, 0)), look(calls({"OK": 5}, 5, 0))).p99_s is None


@pytest.mark.parametrize(
    ("texts", "state"),
    [
        (["montrg_ready 1\n", "montrg_ready 1\n"], "ready"),
        (["montrg_ready 1\n", "montrg_ready 0\n"], "not ready"),
        (["montrg_ready 1\n", GONE], "in part"),
        ([GONE, GONE], "down"),
    ],
    ids=["both", "one not ready", "one away", "none"],
)
def test_a_service_is_as_its_processes_are(texts, state):
    assert row(look(*texts), look(*texts)).state == state


REALTIME = """
montrg_reading_log_lag_seconds{consumer="alert"} 3
montrg_reading_log_lag_readings{consumer="alert"} 1500
montrg_sensors{factory="Press",quality="good"} 3
montrg_sensors{factory="Paint",quality="good"} 4
montrg_sensors{factory="Paint",quality="stale"} 1
montrg_places{factory="Paint",level="green"} 2
montrg_places{factory="Paint",level="red"} 1
montrg_perceived_temperature_celsius{factory="Press"} 31.44
montrg_perceived_temperature_celsius{factory="Paint"} 35.5
montrg_ingest_readings_total{outcome="accepted"} %d
"""
ALERT = """
montrg_subscriptions{state="enabled"} 2
montrg_subscriptions{state="disabled"} 1
montrg_alerts_active{factory="Paint",type="threshold",level="yellow"} 2
montrg_alerts_active{factory="Paint",type="threshold",level="red"} 1
montrg_notifications_total{channel="webhook",result="sent"} 7
montrg_notifications_total{channel="webhook",result="failed"} 1
montrg_notifications_dead 1
montrg_outbox_depth{outbox="notifications"} 4
montrg_outbox_depth{outbox="history"} 9
"""


def test_what_the_mesh_has_in_all_is_one_line_each():
    before, after = look(REALTIME % 10, alert=ALERT), look(REALTIME % 30, REALTIME % 0, alert=ALERT)
    assert dict(glance(before, after, 2.0, DATABASE, ENVOY).lines) == {
        "envoy": "1.40.0 sends to 2 of 3 processes",
        "database": "PostgreSQL 16.4, 20 of 100 connections, 2.0 GB, +500.0 MB a day",
        "readings": "10.0/s; behind: alert 1,500 (3.0 s)",
        "sensors": "7 good, 1 stale",
        "places": "1 red, 2 green",
        "hottest": "Paint 35.5 °C, Press 31.4 °C",
        "alerts": "1 red, 2 yellow",
        "told": "2 subscriptions; 4 wait, 1 given up; 7 sent since the start",
    }


def drawn(shown):
    out = io.StringIO()
    screen.show(shown, Console(file=out, width=80, height=24))
    return out.getvalue()


def test_it_fits_on_a_screen_of_80_columns_and_24_lines_also_where_nothing_answers():
    services = ("thresholds", "location", "realtime", "aggregation", "alert", "alert_history")
    away = Mesh([Process(name, name, GONE) for name in services])
    for shown in (
        glance(away, away, 1.0, GONE, GONE),
        glance(look(REALTIME % 1), look(REALTIME % 2), 1, DATABASE, ENVOY),
    ):
        lines = drawn(shown).splitlines()
        assert len(lines) < 24
        assert max(map(len, lines)) <= 80
    assert "it does not answer: for a very long reason" in drawn(glance(away, away, 1.0, GONE, GONE))


def test_what_follows_from_a_database_that_hangs_says_its_cause_once():
    hanging = Unasked("the database does not answer within 3 s", is_hanging=True)
    away = look("montrg_database_up 0\n", alert="montrg_database_up 0\n").beside(hanging)
    lines = dict(glance(away, away, 1.0, hanging, ENVOY).lines)
    assert lines.pop("envoy") == "1.40.0 sends to 2 of 3 processes"
    assert lines.pop("database") == hanging.cause
    assert set(lines.values()) == {"unknown"}
