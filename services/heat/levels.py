"""The one ladder of levels, the metrics that are judged, and the words that answers use."""

METRICS = ("temperature", "humidity", "pcv_temperature")

LEVELS = ("green", "yellow", "orange", "red", "critical")
_OLDER_NAMES = {"low": "green", "info": "green", "medium": "yellow", "warning": "yellow", "high": "orange"}
_STATUS = {"green": "normal", "yellow": "warning", "orange": "warning", "red": "critical", "critical": "critical"}


def parse_level(word: str) -> str | None:
    """Returns the level that a word means, older names too, or None for an unknown one."""
    lower = word.strip().lower()
    level = _OLDER_NAMES.get(lower, lower)
    return level if level in LEVELS else None


def severity(level: str) -> int:
    """Returns the rung of a level, 0 for green."""
    return LEVELS.index(level)


def status(level: str) -> str:
    """Returns `normal`, `warning` or `critical` for a level."""
    return _STATUS[level]
