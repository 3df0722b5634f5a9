"""How single things look on the screen, with and without colours, and in a terminal that knows ASCII alone. Pure."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from services.watch.domain import FELT, GOOD, HUMIDITY, STALE, SUSPECT, TEMPERATURE, Alert, Seen

UNKNOWN = "unknown"
STYLES = {
    "green": "green",
    "yellow": "yellow",
    "orange": "dark_orange",
    "red": "bold red",
    "critical": "bold white on red",
    None: "cyan",
}
# As the columns of their values are called.
_BY = {FELT: "", TEMPERATURE: " (air)", HUMIDITY: " (hum)"}
_CODE = re.compile(r"[A-Z][A-Z_]+(?: since (\S+))?: (.+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Signs:
    """What stands for levels and directions; each level has a shape of its own, beside its word."""

    levels: dict[str | None, str]
    directions: dict[int, str]
    bars: str
    degree: str
    live: str
    cut: str


UNICODE = Signs(
    {"green": "○", "yellow": "△", "orange": "▲", "red": "■", "critical": "✖", None: "?"},
    {1: "↑", -1: "↓", 0: "→"},
    "▁▂▃▄▅▆▇█",
    "°C",
    "●",
    "…",
)
ASCII = Signs(
    {"green": "o", "yellow": "!", "orange": "!!", "red": "!!!", "critical": "XXX", None: "?"},
    {1: "^", -1: "v", 0: "="},
    "_.-=*#",
    "C",
    "*",
    "...",
)


def number(value: float | None, digits: int, *, is_fresh: bool) -> str:
    """Returns a value; one that says nothing of now is in parentheses, which no colour is needed for."""
    if value is None:
        return "-"
    words = f"{value:.{digits}f}"
    return words if is_fresh else f"({words})"


def level(name: str | None, signs: Signs, by: str = FELT) -> str:
    """Returns a level as a symbol and a word, and what has it where that is not the perceived temperature."""
    return f"{signs.levels[name]} {name or UNKNOWN}{_BY[by]}"


def quality(sensors: tuple[Seen, ...]) -> str:
    """Returns what a place's sensors are worth: the reason too where there is one sensor."""
    if len(sensors) == 1:
        (only,) = sensors
        return f"{only.quality}: {only.reason}" if only.quality == SUSPECT and only.reason else only.quality
    counts = Counter(sensor.quality for sensor in sensors)
    return ", ".join(f"{counts[name]} {name}" for name in (STALE, SUSPECT, GOOD) if name in counts)


def count(number: int, noun: str) -> str:
    """Returns how many there are."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def age(span: timedelta) -> str:
    """Returns how long ago something was, in four columns or less; a clock that is behind makes it 0."""
    seconds = max(0, int(span.total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def moment(at: datetime, now: datetime, zone: tzinfo) -> str:
    """Returns a time at the site, with its date where that is not today's."""
    there = at.astimezone(zone)
    return f"{there:%H:%M}" if there.date() == now.astimezone(zone).date() else f"{there:%m-%d %H:%M}"


def attention(alert: Alert, now: datetime, zone: tzinfo) -> str:
    """Returns who takes care of an alert, and what keeps it from notifying."""
    found = [f"acknowledged by {alert.acknowledged_by}" if alert.acknowledged_by else "nobody yet"]
    if alert.shelved_until is not None and alert.shelved_until > now:
        found.append(f"shelved until {moment(alert.shelved_until, now, zone)}")
    if alert.is_silenced:
        found.append("silenced")
    if alert.is_recovering:
        found.append("recovering")
    if alert.is_suspect:
        found.append("suspect")
    return ", ".join(found)


def degraded(told: str, now: datetime, zone: tzinfo) -> str:
    """Returns what is degraded, without the code that programs read."""
    match = _CODE.fullmatch(told)
    if match is None:
        return told
    since, words = match.groups()
    try:
        return words if since is None else f"{words} (since {moment(datetime.fromisoformat(since), now, zone)})"
    except ValueError:  # a time of another shape
        return f"{words} (since {since})"
