"""What docs/observing.md says of figures is what the code tells: each name, and its labels."""

import ast
import re

from tests.test_documents import ROOT

TEXT = (ROOT / "docs" / "observing.md").read_text(encoding="utf-8")
MAKERS = {"Counter": "_total", "Gauge": "", "Histogram": "", "gauges": "", "gauge": ""}


def told():
    """The figures of ours that the code makes; each with its labels, or None where these are not written beside it."""
    texts = [file.read_text(encoding="utf-8") for file in (ROOT / "services").rglob("*.py")]
    trees = [ast.parse(text) for text in texts if '"montrg_' in text]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) > 1]
    found = {}
    for call in calls:
        maker, name = getattr(call.func, "id", ""), getattr(call.args[0], "value", None)
        if maker in MAKERS and isinstance(name, str) and name.startswith("montrg_"):
            found[name + MAKERS[maker]] = labels_of(call)
    return found


def labels_of(call):
    """The labels that a call names."""
    if len(call.args) < 3 or call.func.id == "gauge":  # whose third argument is its value
        return set()
    named = getattr(call.args[2], "elts", None)
    return {each.value for each in named} if named else None


def documented():
    """The rows of the tables that are about figures of ours, by each of these."""
    rows = [line for line in TEXT.splitlines() if line.startswith("| `")]
    return {name: row for row in rows for name in re.findall(r"`(montrg_\w+)`", row.split(" | ")[0])}


def test_the_tables_have_every_figure_of_ours_and_no_other():
    assert documented().keys() == told().keys()
    assert len(told()) > 40


def test_the_tables_name_every_label():
    rows = documented()
    pairs = [(name, label) for name, labels in told().items() for label in labels or ()]
    assert [(name, label) for name, label in pairs if f"`{label}`" not in rows[name]] == []
    assert len(pairs) > 25
