"""Resume tokens of the live view, in terms that hold for every worker and after a restart. Pure."""

import hashlib
from dataclasses import dataclass

from services.common.watching import tokens
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
    return tokens.encode(wanted, position.state, position.seq, position.moment)


def decode(token: str, wanted: PlaceFilter) -> Position | None:
    """Returns the position, or None without a token; one of another stream is InvalidInputError."""
    values = tokens.decode(token, wanted, (str, int, int))
    return None if values is None else Position(*values)


def state_of(*parts: str) -> str:
    """Returns a digest of what a position depends on."""
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:12]
