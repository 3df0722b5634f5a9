"""How many messages a recipient takes in a minute, and when there is room for one more. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=1)


def released(times: Sequence[datetime], waiting: bool, wanted: int, most: int, now: datetime) -> int:
    """Returns how many of the wanted messages may be sent at once; the others wait for a digest.

    Args:
        times: when those of the last minute were released.
        waiting: whether some wait already: then later ones join them, so that none comes before an older one.
        wanted: how many there are.
        most: how many a minute may have.
        now: the time.
    """
    if waiting:
        return 0
    return min(wanted, max(0, most - len(_of_last_minute(times, now))))


def room_time(times: Sequence[datetime], most: int, now: datetime) -> datetime:
    """Returns when one more message may be sent."""
    recent = _of_last_minute(times, now)
    return now if len(recent) < most else recent[-most] + WINDOW


def _of_last_minute(times: Sequence[datetime], now: datetime) -> list[datetime]:
    return sorted(time for time in times if time > now - WINDOW)
