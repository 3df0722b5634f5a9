"""The dashboards are what Grafana takes from a file, and lead to each other."""

import json
import re

import pytest
import yaml

from services.dashboards.__main__ import stale
from services.dashboards.boards import TAG
from services.local.monitoring import DASHBOARDS, SOURCE
from tests.monitoring import expressions

FILES = sorted(DASHBOARDS.glob("*.json"))
BOARDS = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in FILES}


def panels(board):
    """All of them but the titles of rows."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def test_they_are_what_make_generate_would_write():
    assert set(BOARDS) == {"overview", "service", "readings", "alerting", "sites"}
    assert stale() == []


@pytest.mark.parametrize("name", BOARDS)
def test_a_dashboard_is_called_as_its_file_and_leads_to_the_others(name):
    board = BOARDS[name]
    assert board["uid"] == f"montrg-{name}"
    assert board["tags"] == [TAG]
    assert [(link["type"], link["tags"]) for link in board["links"]] == [("dashboards", [TAG])]


@pytest.mark.parametrize("name", BOARDS)
def test_no_panel_lies_over_another_one(name):
    taken: set[tuple[int, int]] = set()
    for panel in BOARDS[name]["panels"]:
        at = panel["gridPos"]
        fields = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not fields & taken, panel["title"]
        taken |= fields
    assert len({panel["id"] for panel in BOARDS[name]["panels"]}) == len(BOARDS[name]["panels"])


@pytest.mark.parametrize("name", BOARDS)
def test_every_panel_says_what_it_shows_in_which_unit_and_where_its_figures_come_from(name):
    for panel in panels(BOARDS[name]):
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["type"] == "table" or panel["fieldConfig"]["defaults"]["unit"]
        assert {each["datasource"]["uid"] for each in (panel, *panel["targets"])} == {"${datasource}"}


@pytest.mark.parametrize("name", BOARDS)
def test_every_variable_that_is_used_is_there(name):
    board = BOARDS[name]
    known = {variable["name"] for variable in board["templating"]["list"]}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(board["panels"])))
    assert used - known - {"__value"} == set()
    assert known - used - {"runbooks"} == set()


@pytest.mark.parametrize("name", ["overview", "service", "readings", "alerting"])
def test_the_four_golden_signals_stand_at_the_top(name):
    rows = [panel for panel in BOARDS[name]["panels"] if panel["type"] == "row"]
    (golden,) = (n for n, row in enumerate(rows) if row["title"].startswith("The four golden signals"))
    assert golden <= 1
    begin = rows[golden]["gridPos"]["y"]
    end = rows[golden + 1]["gridPos"]["y"]
    titles = " ".join(p["title"] for p in panels(BOARDS[name]) if begin < p["gridPos"]["y"] < end)
    assert all(signal in titles for signal in ("Latency", "Traffic", "Errors", "Saturation"))


def test_every_panel_of_a_time_that_leads_to_traces_shows_them():
    """Prometheus gives them for the buckets that a query names itself, not for a recording rule's."""
    told = re.compile(r"\b(grpc_server_handling|grpc_client_handling|montrg_database_query)_seconds_bucket\b")
    shown = [
        (panel["title"], bool(told.search(target["expr"])), target.get("exemplar", False))
        for board in BOARDS.values()
        for panel in panels(board)
        for target in panel["targets"]
    ]
    titles = {title for title, has_traces, _ in shown if has_traces}
    assert {title for title, has_traces, is_shown in shown if is_shown and has_traces} == titles
    assert [title for title, has_traces, is_shown in shown if is_shown and not has_traces] == []
    assert len(titles) > 4
    assert not [title for title, has_traces, _ in shown if title.startswith("Latency (") and not has_traces]


def test_a_graph_of_what_may_be_less_than_nothing_shows_it():
    def least(name, title):
        (panel,) = (p for p in panels(BOARDS[name]) if p["title"] == title and p["type"] == "timeseries")
        return panel["fieldConfig"]["defaults"].get("min")

    below = [("service", "Clocks"), ("service", "Certificates"), ("sites", "Perceived temperature")]
    assert [least(*each) for each in below] == [None, None, None]
    assert least("overview", "Traffic") == 0
    (clocks,) = (panel for panel in panels(BOARDS["service"]) if panel["title"] == "Clocks")
    steps = clocks["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(step["value"], step["color"]) for step in steps] == [(None, "red"), (-2, "green"), (2, "red")]


def test_what_a_board_asks_beside_its_panels_is_asked_of_prometheus_in_the_tests_too():
    asked = set(expressions.of_dashboards())
    assert ("sites: Factory", 'montrg_sensors{factory!=""}') in asked
    assert ("service: Process", 'up{job="montrg", service=~".*", process!=""}') in asked
    assert ("sites: Firing alerts", 'ALERTS{alertstate="firing", severity=~"critical|warning"}') in asked


def test_a_firing_alert_leads_to_its_runbook():
    assert "${runbooks}/${__value.raw}.md" in json.dumps(BOARDS["overview"]["panels"])


def test_every_source_that_something_leads_to_is_provided():
    files = {file: yaml.safe_load(file.read_text(encoding="utf-8")) for file in SOURCE.parent.rglob("grafana/*.yml")}
    sources = [source for content in files.values() for source in content.get("datasources", ())]
    known = {source["uid"] for source in sources}
    told = [file.read_text(encoding="utf-8") for file in (*files, *FILES)]
    led = [uid for text in told for uid in re.findall(r'"?\bdatasourceUid"?: "?([\w-]+)', text)]
    assert set(led) <= known
    assert len(led) > 1
    assert {"prometheus", "jaeger", "loki"} == known
