"""Every expression of the rules and dashboards, and the series that it asks for."""

import json
import re

import yaml

from services.local.monitoring import DASHBOARDS, RULES

_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
_RANGE = re.compile(r"\[[^\]]*\]")
_WORDS = {"and", "or", "unless", "by", "without", "on", "ignoring", "bool", "offset", "inf", "nan"}
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|(?P<name>[a-zA-Z_:][\w:]*)(?P<matchers>\{[^}]*\})?(?P<call>\s*\()?')
_VALUES = re.compile(r"label_values\((?P<name>[\w:]+)(?:\{(?P<matchers>[^}]*)\})?, (?P<label>\w+)\)")
_LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")


def of_rules():
    """Each expression of a rule, by the rule's name."""
    files = (yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(RULES.glob("*.yml")))
    rules = [rule for file in files for group in file["groups"] for rule in group["rules"]]
    return [(rule.get("alert") or rule["record"], rule["expr"]) for rule in rules]


def of_dashboards():
    """Each expression of a dashboard, by the dashboard's and the part's name, where everything is chosen."""
    for file in sorted(DASHBOARDS.glob("*.json")):
        board = json.loads(file.read_text(encoding="utf-8"))
        for title, expression in (*_of_panels(board), *_of_annotations(board), *_of_variables(board)):
            yield f"{file.stem}: {title}", re.sub(r'"\$\w+"', '".*"', expression)


def _of_panels(board):
    return [(panel["title"], target["expr"]) for panel in board["panels"] for target in panel.get("targets", ())]


def _of_annotations(board):
    return [(annotation["name"], annotation["expr"]) for annotation in board["annotations"]["list"]]


def _of_variables(board):
    """What Grafana asks for what can be chosen, as series that have the label."""
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            found = _VALUES.fullmatch(variable["query"]["query"])
            assert found, variable["query"]
            matchers = ", ".join(filter(None, [found["matchers"], f'{found["label"]}!=""']))
            yield variable["label"], f"{found['name']}{{{matchers}}}"


def selectors(expression):
    """The series that an expression asks for: the name, and what is in the braces."""
    text = _RANGE.sub("", _GROUPING.sub("", expression))
    for found in _TOKEN.finditer(text):
        name = found["name"]
        if name and not found["call"] and name not in _WORDS:
            yield name, found["matchers"] or ""


def labels(matchers):
    """The names of the labels in some braces."""
    return set(_LABEL.findall(re.sub(r'"(?:[^"\\]|\\.)*"', "", matchers)))
