"""Renders what makes answers smaller for callers who say that they can read it."""

from typing import Any

from services.mesh import templates


def filters() -> list[dict[str, Any]]:
    """Renders the filters, the one that is taken first where a caller reads both."""
    found: list[dict[str, Any]] = templates.load("compression.yaml")
    return found
