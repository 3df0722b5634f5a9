"""Resume tokens: where a stream of changes ended, bound to what was wanted of it. Pure."""

import hashlib
from collections.abc import Hashable, Sequence
from typing import Any

from services.common import tokens
from services.common.errors import invalid


def encode(wanted: Hashable, *position: tokens.Value) -> str:
    """Returns the token of a position in what is wanted."""
    return tokens.encode([_digest(wanted), *position])


def decode(token: str, wanted: Hashable, types: Sequence[type]) -> tuple[Any, ...] | None:
    """Returns the values of a position, or None without a token; one of another stream is InvalidInputError."""
    if not token:
        return None
    try:
        stream, *position = tokens.decode(token, (str, *types))
    except ValueError:
        stream, position = "", []
    if stream != _digest(wanted):
        raise invalid("resume_token", "is not a token of this stream; take the last one that it sent, or none")
    return tuple(position)


def _digest(wanted: Hashable) -> str:
    return hashlib.sha256(repr(wanted).encode()).hexdigest()[:8]
