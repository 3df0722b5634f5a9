"""One record of a log as one line of JSON, with what belongs to the call under way."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime

import orjson

from services.common.access.current import request_id
from services.common.spoken import spoken, traced
from services.common.telemetry import tracing

_STANDARD = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime", "taskName"}

# Container runtimes cut lines of 16 KiB in pieces.
MOST_BYTES = 15 * 1024
# How long texts may be: the first bound is for nearly all, the next ones for lines that are too long nevertheless.
_BOUNDS = (8_192, 2_048, 512, 128)


class JsonFormatter(logging.Formatter):
    """Formats a record as JSON; what `extra` brought becomes fields, and an error in it its words without values."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """Returns the record as one line of at most MOST_BYTES."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC),
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
            **_of_call(),
        }
        line.update({k: _value(v) for k, v in record.__dict__.items() if k not in _STANDARD})
        if record.exc_info and record.exc_info[1] is not None:
            line["traceback"] = traced(record.exc_info[1])
        return _bounded(line)


def _of_call() -> dict[str, str]:
    """Returns the ids of the call that the running task serves; work in the background has none."""
    ids = {"request_id": request_id(), "trace_id": tracing.trace_id(), "span_id": tracing.span_id()}
    return {name: own for name, own in ids.items() if own}


def _value(value: object) -> object:
    return spoken(value) if isinstance(value, BaseException) else value


def _bounded(line: Mapping[str, object]) -> str:
    text = _dumped(line)
    for most in _BOUNDS:
        if len(text.encode(errors="surrogatepass")) <= MOST_BYTES:
            break
        line = {name: _short(value, most) for name, value in line.items()}
        text = _dumped(line)
    return text


def _short(value: object, most: int) -> object:
    """Returns a value, or of a long text its two ends."""
    if isinstance(value, int | float | datetime):
        return value
    text = value if isinstance(value, str) else str(value)
    return value if len(text) <= most else f"{text[: most // 2]} … {text[-most // 2 :]}"


def _dumped(line: Mapping[str, object]) -> str:
    try:
        return orjson.dumps(line, default=str, option=orjson.OPT_UTC_Z).decode()
    except TypeError:  # half of a surrogate pair, as in a file's name: what was to be said must not be lost
        return json.dumps(line, default=str)
