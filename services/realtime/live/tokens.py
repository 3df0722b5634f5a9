"""Resume tokens: where a stream of changes ended, in terms that hold for every worker and after a restart. Pure."""

import hashlib
from dataclasses import dataclass

from services.common import tokens
from services.common.errors import invalid
from services.directory.domain import PlaceFilter


@dataclass(frozen=True, slots=True)
class Position:
    """What somebody has seen.

    Attributes:
        state: a digest of the log's generation and of the directory and the rules by which it was shown.
        seq: the last batch of the log that was in it.
        moment: when staleness was judged last, in microseconds since 1970.
    """

    state: str
    seq: int
    moment: int


def encode(position: Position, wanted: PlaceFilter) -> str:
    """Returns the token of a position in what is wanted."""
    return tokens.encode([_digest(wanted), position.state, position.seq, position.moment])


def decode(token: str, wanted: PlaceFilter) -> Position | None:
    """Returns the position, or None without a token; one of another stream is InvalidInputError."""
    if not token:
        return None
    try:
        stream, state, seq, moment = tokens.decode(token, (str, str, int, int))
    except ValueError:
        stream, state, seq, moment = "", "", 0, 0
    if stream != _digest(wanted):
        raise invalid("resume_token", "is not a token of this stream; take the last one that it sent, or none")
    return Position(state, seq, moment)


def state_of(*parts: str) -> str:
    """Returns a digest of what a position depends on."""
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:12]


def _digest(wanted: PlaceFilter) -> str:
    return hashlib.sha256(repr(wanted).encode()).hexdigest()[:8]
