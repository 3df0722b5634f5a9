"""Renders the filters that count calls a second."""

from typing import Any

from services.mesh import templates
from services.mesh.limits import Limits

# A caller may save up the calls of so many seconds.
BURST_S = 2


def address_filters(limits: Limits) -> list[dict[str, Any]]:
    """Renders what counts calls by address, to stand above whatever looks at credentials: guesses count, too."""
    return _filters("address_limit", {"address": limits.address_rate, "stranger": limits.stranger_rate})


def identity_filters(limits: Limits) -> list[dict[str, Any]]:
    """Renders what counts calls by who makes them, to stand below what verifies tokens."""
    return _filters("identity_limit", {"subject": limits.identity_rate, "key": limits.identity_rate})


def _filters(name: str, rates: dict[str, int]) -> list[dict[str, Any]]:
    """Renders a filter that counts these kinds; none where nothing is to be counted."""
    rates = {kind: rate for kind, rate in rates.items() if rate}
    if not rates:
        return []
    piece = templates.load("rate_limits.yaml")
    buckets = {kind: templates.fill(piece["bucket"], {"rate": n, "burst": n * BURST_S}) for kind, n in rates.items()}
    values = {
        "name": name,
        "descriptors": [{"entries": piece["kinds"][kind]["entries"], "token_bucket": buckets[kind]} for kind in rates],
        "counted": [{"actions": piece["kinds"][kind]["actions"]} for kind in rates],
    }
    return [templates.fill(piece["filter"], values)]
