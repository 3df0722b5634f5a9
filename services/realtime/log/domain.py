"""What a place in the reading log is, and when it holds no more. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.common.errors import OutOfRangeError


@dataclass(frozen=True, slots=True)
class Entry:
    """One batch of the log; `payload` is a serialised ReadingBatch without its place."""

    seq: int
    append_time: datetime
    readings: int
    payload: bytes
    generation: str


@dataclass(frozen=True, slots=True)
class Generation:
    """A stretch of the log's life on one server; places of it hold up to the `start_seq` of the next one."""

    name: str
    start_seq: int


@dataclass(frozen=True, slots=True)
class Mark:
    """What a follower is told between the batches: the generation of those that come next, and the log's extent."""

    generation: str
    trimmed_seq: int
    last_seq: int


@dataclass(frozen=True, slots=True)
class Head:
    """What the log holds: the batches after `trimmed_seq`, up to `last_seq`; generations from the oldest on."""

    trimmed_seq: int
    last_seq: int
    generations: Sequence[Generation]

    @property
    def generation(self) -> str:
        """The name that places are given in now."""
        return self.generations[-1].name

    def mark(self, generation: str = "") -> Mark:
        """Returns the log's extent, for one who stands in a generation; without one, in the newest."""
        return Mark(generation or self.generation, self.trimmed_seq, self.last_seq)

    def generation_of(self, seq: int) -> str:
        """Returns the name of the generation that a number was given in; 0 is where the first one began."""
        begun = [g.name for g in self.generations if g.start_seq < seq]
        return begun[-1] if begun else self.generations[0].name

    def check(self, generation: str, seq: int) -> None:
        """Raises OutOfRangeError unless everything after a place can still be read."""
        if not generation and not seq:
            return
        names = [g.name for g in self.generations]
        if generation not in names:
            raise OutOfRangeError("this is another log: rebuild, and start from its end", "LOG_REPLACED")
        following = self.generations[names.index(generation) + 1 :]
        most = following[0].start_seq if following else self.last_seq
        if seq > most:
            message = f"the log was restored to an older state, {most}, than {seq}: rebuild, and start from its end"
            raise OutOfRangeError(message, "CURSOR_AHEAD", {"last_seq": str(most)})
        if seq < self.trimmed_seq:
            message = f"what came after {seq} was dropped up to {self.trimmed_seq}: rebuild, and start from the end"
            raise OutOfRangeError(message, "CURSOR_EXPIRED", {"trimmed_seq": str(self.trimmed_seq)})


@dataclass(frozen=True, slots=True)
class Consumer:
    """How far a consumer is, and what waits for it."""

    name: str
    seq: int
    report_time: datetime
    lag_batches: int
    lag_readings: int
    lag_s: float
