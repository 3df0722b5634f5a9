"""Opaque tokens that callers bring back: a few values, as text that is safe in a URL."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NoReturn

import orjson

Value = str | int | datetime


def encode(values: Sequence[Value]) -> str:
    """Returns the token of some values."""
    return base64.urlsafe_b64encode(orjson.dumps(list(values))).rstrip(b"=").decode()


def decode(token: str, types: Sequence[type]) -> tuple[Any, ...]:
    """Returns the values of a token; a forged one is a ValueError.

    Args:
        token: whatever a caller sent.
        types: the type of each value; an integer has at most 63 bits, a time has its zone.
    """
    try:
        values = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        return tuple(_value(value, wanted) for value, wanted in zip(values, types, strict=True))
    except (binascii.Error, TypeError) as error:
        raise ValueError(f"{token!r} is no token") from error


def _value(value: object, wanted: type) -> Value:
    """Returns one value, which the database could compare with."""
    if wanted is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        return moment if moment.tzinfo is not None else _refuse(value)
    if wanted is int and type(value) is int and abs(value) < 2**63:
        return value
    if wanted is str and isinstance(value, str) and "\0" not in value:
        return value
    return _refuse(value)


def _refuse(value: object) -> NoReturn:
    raise ValueError(f"{value!r} is not what it should be")
