"""The kinds of panels, as Grafana's JSON has them. A panel's place is given when its row is made."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
GREEN, YELLOW, ORANGE, RED = "green", "yellow", "orange", "red"


@dataclass(frozen=True, slots=True)
class Query:
    """What Prometheus is asked.

    Attributes:
        legend: what a line is called, such as `{{service}}`.
        has_traces: whether points are shown beside the line that lead to traces of single calls. Only the buckets of a
            histogram have such; a recording rule over them has none.
    """

    expression: str
    legend: str = ""
    has_traces: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """How values are shown.

    Attributes:
        unit: Grafana's name of it.
        steps: from which value on another color holds; the first color holds below.
        base: that first color; None for the palette's where there are no steps.
        least: where the scale of a graph begins, or None where values may be less than nothing.
        most: the end of the scale, or None.
        words: what single values are shown as, with a color.
        decimals: of the values, or None for as many as Grafana thinks fit.
    """

    unit: str = "short"
    steps: Sequence[tuple[float, str]] = ()
    base: str = GREEN
    least: float | None = 0
    most: float | None = None
    words: Sequence[tuple[int, str, str]] = ()
    decimals: int | None = None

    def config(self) -> Json:
        """Returns the field configuration that is common to all kinds."""
        steps: list[Json] = [{"color": self.base, "value": None}]
        steps += [{"color": color, "value": value} for value, color in self.steps]
        config: Json = {"unit": self.unit, "thresholds": {"mode": "absolute", "steps": steps}}
        if self.most is not None:
            config |= {"min": self.least, "max": self.most}
        if self.decimals is not None:
            config["decimals"] = self.decimals
        if self.words:
            options = {str(value): {"text": text, "color": color} for value, text, color in self.words}
            config["mappings"] = [{"type": "value", "options": options}]
        return config


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel: what Grafana calls its kind, how wide it is of 24, and all else."""

    title: str
    description: str
    kind: str
    width: int
    body: Json = field(default_factory=dict)


def stat(
    title: str, description: str, expression: str, look: Look, *, width: int = 3, link: Json | None = None
) -> Panel:
    """Returns one number, colored by what it means."""
    config = look.config() | {"color": {"mode": "thresholds"}, "noValue": "no data"} | _links(link)
    options = {
        "colorMode": "background",
        "graphMode": "area",
        "justifyMode": "auto",
        "textMode": "auto",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    return Panel(title, description, "stat", width, _body([Query(expression)], config, options))


def graph(
    title: str, description: str, queries: Sequence[Query], look: Look, *, width: int = 8, stacked: bool = False
) -> Panel:
    """Returns lines over time; a threshold is shown as a line of its own."""
    custom = {
        "drawStyle": "line",
        "lineWidth": 1,
        "fillOpacity": 40 if stacked else 8,
        "showPoints": "never",
        "spanNulls": False,
        "stacking": {"mode": "normal" if stacked else "none", "group": "A"},
        "thresholdsStyle": {"mode": "line" if look.steps else "off"},
    }
    config = look.config() | {"color": {"mode": "palette-classic"}, "custom": custom}
    if look.least is not None:
        config["min"] = look.least
    options = {
        "legend": {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"], "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
    return Panel(title, description, "timeseries", width, _body(queries, config, options))


def states(title: str, description: str, queries: Sequence[Query], look: Look, *, width: int = 12) -> Panel:
    """Returns what holds from when to when, such as who is ready."""
    config = look.config() | {"color": {"mode": "thresholds"}, "custom": {"fillOpacity": 80, "lineWidth": 0}}
    options = {
        "showValue": "never",
        "mergeValues": True,
        "rowHeight": 0.8,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "single"},
    }
    return Panel(title, description, "state-timeline", width, _body(queries, config, options))


def bars(title: str, description: str, queries: Sequence[Query], look: Look, *, width: int = 12) -> Panel:
    """Returns a bar for each series, of how it is now."""
    config = look.config() | {"color": {"mode": "thresholds"}}
    options = {
        "displayMode": "basic",
        "orientation": "horizontal",
        "valueMode": "color",
        "showUnfilled": True,
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
    }
    return Panel(title, description, "bargauge", width, _body(queries, config, options))


def table(
    title: str, description: str, expression: str, columns: Sequence[str], *, width: int = 24, links: Json | None = None
) -> Panel:
    """Returns the labels of what is there now, a column each; `links` are data links by column."""
    config = {"custom": {"align": "auto", "filterable": False}, "noValue": "none"}
    hidden = dict.fromkeys(("Time", "Value", "__name__", "alertstate"), True)
    body = _body([Query(expression)], config, {"showHeader": True, "cellHeight": "sm"})
    body["targets"][0] |= {"format": "table", "instant": True, "range": False}
    indices = {name: number for number, name in enumerate(columns)}
    organize = {"excludeByName": hidden, "indexByName": indices, "renameByName": {}}
    body["transformations"] = [{"id": "organize", "options": organize}]
    body["fieldConfig"]["overrides"] = [
        {"matcher": {"id": "byName", "options": column}, "properties": [{"id": "links", "value": [link]}]}
        for column, link in (links or {}).items()
    ] + [_severity()]
    return Panel(title, description, "table", width, body)


def link(title: str, url: str) -> Json:
    """Returns a link of a value, opened beside the dashboard."""
    return {"title": title, "url": url, "targetBlank": True}


def _severity() -> Json:
    options = {"critical": {"color": RED, "index": 0}, "warning": {"color": ORANGE, "index": 1}}
    properties = [
        {"id": "mappings", "value": [{"type": "value", "options": options}]},
        {"id": "custom.cellOptions", "value": {"type": "color-background"}},
    ]
    return {"matcher": {"id": "byName", "options": "severity"}, "properties": properties}


def _links(link: Json | None) -> Json:
    return {"links": [link]} if link else {}


def _body(queries: Sequence[Query], config: Json, options: Json) -> Json:
    targets = [
        {
            "refId": chr(ord("A") + number),
            "datasource": DATASOURCE,
            "editorMode": "code",
            "expr": query.expression,
            "legendFormat": query.legend or "__auto",
            "range": True,
            **({"exemplar": True} if query.has_traces else {}),
        }
        for number, query in enumerate(queries)
    ]
    return {"targets": targets, "fieldConfig": {"defaults": config, "overrides": []}, "options": options}
