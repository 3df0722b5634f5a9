"""The clock, as a value that is passed in, so that rules and tests decide what time it is."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Returns the current time in UTC."""
    return datetime.now(UTC)
