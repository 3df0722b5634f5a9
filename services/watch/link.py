"""Whether a stream is live, and since when it is not. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Self

# A heartbeat comes after 15 s: a stream that is silent for longer than this may be anything.
SILENCE = timedelta(seconds=20)


class State(Enum):
    """How what a stream has told is to be taken."""

    LIVE = "live"
    RECONNECTING = "reconnecting"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Link:
    """A stream, as it was seen so far.

    Attributes:
        name: what it brings.
        lost: since when there is no connection; None while there is one.
        heard: when it told something last; None for never.
        cause: why there is none, in words.
    """

    name: str
    lost: datetime | None
    heard: datetime | None = None
    cause: str = ""

    def hear(self, now: datetime) -> Self:
        """Returns it after a message, a heartbeat among them."""
        return replace(self, heard=now, lost=None, cause="")

    def lose(self, now: datetime, cause: str) -> Self:
        """Returns it after its connection broke, or could not be made."""
        return replace(self, lost=self.lost or now, cause=cause)

    def state(self, now: datetime, silence: timedelta = SILENCE) -> State:
        """Tells how what it told is to be taken."""
        if self.heard is not None and now - self.heard >= silence:
            return State.STALE
        return State.LIVE if self.lost is None else State.RECONNECTING

    def is_live(self, now: datetime, silence: timedelta = SILENCE) -> bool:
        """Tells whether what it told holds now."""
        return self.state(now, silence) is State.LIVE


def worst(links: tuple[Link, ...], now: datetime, silence: timedelta) -> Link:
    """Returns the link that holds least."""
    return max(links, key=lambda link: list(State).index(link.state(now, silence)))
