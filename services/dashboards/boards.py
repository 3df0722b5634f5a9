"""Puts panels together to a dashboard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.dashboards.panels import DATASOURCE, Json, Panel
from services.runbooks import ADDRESS

TAG = "montrg"
ACROSS, HEIGHT, LOW, HEAD = 24, 8, 4, 1


@dataclass(frozen=True, slots=True)
class Row:
    """Panels beside each other under a title, as many lines of them as they need."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard.

    Attributes:
        uid: its name in addresses, which never changes.
        variables: what is chosen at its top, beside where the figures come from: the metric of whose label the values
            are, by the label.
    """

    uid: str
    title: str
    description: str
    rows: Sequence[Row]
    variables: Mapping[str, str] = field(default_factory=dict)


def to_json(board: Board) -> Json:
    """Returns it as Grafana takes it from a file."""
    return {
        "uid": board.uid,
        "title": board.title,
        "description": board.description,
        "tags": [TAG],
        "schemaVersion": 41,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "links": [_others()],
        "annotations": {"list": [_alerts()]},
        "templating": {"list": [_datasource(), *map(_variable, board.variables.items()), _runbooks()]},
        "panels": _placed(board.rows),
    }


def _placed(rows: Sequence[Row]) -> list[Json]:
    panels: list[Json] = []
    top = 0
    for row in rows:
        panels.append(_at({"type": "row", "title": row.title, "collapsed": False, "panels": []}, 0, top, ACROSS, HEAD))
        top += HEAD
        left = height = 0
        for panel in row.panels:
            if left + panel.width > ACROSS:
                top, left, height = top + height, 0, 0
            own = LOW if panel.kind == "stat" else HEIGHT
            head = {"type": panel.kind, "title": panel.title, "description": panel.description}
            panels.append(_at(head | {"datasource": DATASOURCE} | panel.body, left, top, panel.width, own))
            left, height = left + panel.width, max(height, own)
        top += height
    return [{"id": number, **panel} for number, panel in enumerate(panels, 1)]


def _at(panel: Json, left: int, top: int, width: int, height: int) -> Json:
    return panel | {"gridPos": {"x": left, "y": top, "w": width, "h": height}}


def _datasource() -> Json:
    return {
        "name": "datasource",
        "label": "Figures of",
        "type": "datasource",
        "query": "prometheus",
        "current": {},
        "hide": 0,
        "includeAll": False,
        "multi": False,
        "refresh": 1,
        "regex": "",
    }


def _variable(item: tuple[str, str]) -> Json:
    label, metric = item
    asked = f"label_values({metric}, {label})"
    return {
        "name": label,
        "label": label.capitalize(),
        "type": "query",
        "datasource": DATASOURCE,
        "definition": asked,
        "query": {"query": asked, "refId": label, "qryType": 1},
        "current": {},
        "includeAll": True,
        "allValue": ".*",
        "multi": True,
        "refresh": 2,
        "sort": 1,
        "hide": 0,
        "regex": "",
    }


def _runbooks() -> Json:
    chosen = {"text": ADDRESS, "value": ADDRESS}
    return {
        "name": "runbooks",
        "label": "Runbooks at",
        "type": "textbox",
        "query": ADDRESS,
        "current": chosen,
        "options": [chosen | {"selected": True}],
        "hide": 0,
    }


def _others() -> Json:
    return {
        "type": "dashboards",
        "title": "flet-montrg",
        "tags": [TAG],
        "asDropdown": False,
        "includeVars": True,
        "keepTime": True,
        "targetBlank": False,
        "icon": "external link",
        "tooltip": "",
        "url": "",
    }


def _alerts() -> Json:
    """Shows in every graph when an alert fired."""
    return {
        "name": "Firing alerts",
        "datasource": DATASOURCE,
        "enable": True,
        "hide": False,
        "iconColor": "red",
        "expr": 'ALERTS{alertstate="firing", severity=~"critical|warning"}',
        "titleFormat": "{{alertname}}",
        "textFormat": "{{service}} {{process}} {{consumer}} {{outbox}} {{channel}} {{factory}}",
        "step": "30s",
    }
