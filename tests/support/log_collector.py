"""Reads a line as the log collector would, by the rules of its own configuration."""

import json
import re
from datetime import datetime
from typing import Any

import yaml

from services.mesh.options import ROOT

CONFIG = ROOT / "k8s" / "components" / "logging" / "collector" / "collector.yml"
# What the filter is given where nothing is left out.
NOTHING = "false"
_EXISTS = re.compile(r'attributes\["([\w.]+)"\] != nil')
_MATCHES = re.compile(r'body matches "(.+)"')
_FIELD = re.compile(r'(attributes|resource)\["([\w.]+)"\](?:\["([\w.]+)"\])?')
# What Go writes as an example, as what it takes for that; it takes any number of digits for `.999999`.
_GO = {"2006": r"\d{4}", "01": r"\d\d", "02": r"\d\d", "15": r"\d\d", "04": r"\d\d", "05": r"\d\d"}
_GO |= {".999999": r"(\.\d+)?", "Z07:00": r"(Z|[+-]\d\d:\d\d)"}
_PIECES = re.compile("|".join(map(re.escape, sorted(_GO, key=len, reverse=True))))


def operators():
    """The operators of the receiver, after the one that takes off what a container runtime has put around a line."""
    config = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    return config["receivers"]["file_log"]["operators"][1:]


def read(line, left_out=NOTHING, **attributes):
    """What becomes of a line: body, attributes, resource, and what the record has of its own; None if it is left out.

    `left_out` is the filter's setting, `attributes` are those that the runtime has put around the line.
    """
    record = {"body": line, "attributes": attributes, "resource": {}}
    for operator in operators():
        if operator["type"] == "filter":
            assert operator["expr"] == f"${{env:MONTRG_LOGS_LEFT_OUT:-'{NOTHING}'}}"
            if is_left_out(left_out, record):
                return None
        elif _is_meant(operator.get("if"), record):
            globals()[f"_{operator['type']}"](operator, record)
    return record


def is_left_out(expression, record):
    """Whether the filter's expression holds, of `or`, nil, texts and fields, which Python writes alike."""
    names = {"false": False, "nil": None, "attributes": _Absent(record["attributes"])}
    return eval(expression, {"__builtins__": {}}, names)  # noqa: S307 - the project's own setting


class _Absent(dict[str, Any]):
    """Has nil for what is not there."""

    def __missing__(self, key):
        return None


def _is_meant(condition, record):
    if condition is None:
        return True
    if found := _MATCHES.fullmatch(condition):
        return re.search(found[1].replace("\\\\", "\\"), record["body"]) is not None
    (name,) = _EXISTS.findall(condition)
    return record["attributes"].get(name) is not None


def _place(field):
    """The part of a record and the name in it, such as attributes and level."""
    ((place, name, _),) = _FIELD.findall(field)
    return place, name


def _of(field, record):
    place, name = _place(field)
    return record[place][name]


def _json_parser(operator, record):
    assert (operator["parse_from"], operator["parse_to"]) == ("body", "attributes")
    record["attributes"] |= json.loads(record["body"])


def _time_parser(operator, record):
    assert operator["layout_type"] == "gotime"
    time = _of(operator["parse_from"], record)
    pieces = _PIECES.split(operator["layout"]), [_GO[piece] for piece in _PIECES.findall(operator["layout"])]
    pattern = "".join(re.escape(text) + kind for text, kind in zip(pieces[0], [*pieces[1], ""], strict=True))
    assert re.fullmatch(pattern, time), time
    record["time"] = datetime.fromisoformat(time)


def _severity_parser(operator, record):
    word = _of(operator["parse_from"], record).lower()
    names = {k: v if isinstance(v, list) else [v] for k, v in operator["mapping"].items()}
    (record["severity"],) = [name for name, words in names.items() if word in words]


def _trace_parser(operator, record):
    names = [_place(operator[of]["parse_from"])[1] for of in ("trace_id", "span_id")]
    record["trace"] = [record["attributes"].get(name) for name in names]


def _scope_name_parser(operator, record):
    record["scope"] = _of(operator["parse_from"], record)


def _move(operator, record):
    ((place, name, inner),) = _FIELD.findall(operator["from"])
    value = record[place][name].pop(inner) if inner else record[place].pop(name)
    if operator["to"] == "body":
        record["body"] = value
    else:
        place, name = _place(operator["to"])
        record[place][name] = value


def _remove(operator, record):
    place, name = _place(operator["field"])
    del record[place][name]
