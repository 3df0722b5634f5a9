"""Loads the YAML pieces below `envoy/` and fills the `${...}` in them."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from services.mesh.options import ROOT

TEMPLATES = ROOT / "envoy"

_HOLE = re.compile(r"\$\{(\w+)\}")


def load(name: str) -> Any:  # noqa: ANN401  what YAML holds
    """Returns the content of the piece of that name."""
    return yaml.load((TEMPLATES / name).read_text(encoding="utf-8"), yaml.CSafeLoader)


def fill(piece: Any, values: Mapping[str, Any]) -> Any:  # noqa: ANN401  what YAML holds
    """Returns a copy with its holes filled.

    A string that is nothing but a hole becomes the value itself, a number or list included; in a longer string the
    value is put in as text. An entry of a list that is nothing but a hole becomes all entries of a value that is a
    list itself. A hole without a value is a KeyError.
    """
    if isinstance(piece, dict):
        return {key: fill(value, values) for key, value in piece.items()}
    if isinstance(piece, list):
        return [entry for value in piece for entry in _entries(value, values)]
    if not isinstance(piece, str):
        return piece
    whole = _HOLE.fullmatch(piece)
    if whole:
        return values[whole.group(1)]
    return _HOLE.sub(lambda match: str(values[match.group(1)]), piece)


def _entries(piece: Any, values: Mapping[str, Any]) -> list[Any]:  # noqa: ANN401  what YAML holds
    filled = fill(piece, values)
    return filled if isinstance(piece, str) and isinstance(filled, list) else [filled]
