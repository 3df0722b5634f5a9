"""How long and by which chance tests kill what they kill; `make soak` asks for more, and prints the seed."""

import os
from datetime import UTC, datetime

# How long a page is watched.
MINUTES = float(os.environ.get("MONTRG_SOAK_MINUTES", "30"))
SEED = int(os.environ.get("MONTRG_SOAK_SEED", "2025"))


def kills(usual: int, share: float = 1.0) -> int:
    """How many kills: `usual` in `make test`, and a share of what a soak asks for."""
    asked = os.environ.get("MONTRG_SOAK_KILLS")
    return max(usual, round(int(asked) * share)) if asked else usual


def turn(of: int) -> int:
    """Whose turn it is, of so many: the seed says so, or else the day, so that all have theirs in time."""
    seed = os.environ.get("MONTRG_SOAK_SEED")
    return (int(seed) if seed else datetime.now(UTC).toordinal()) % of
