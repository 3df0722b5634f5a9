"""What the replay remembers between starts, in a file that is never half written."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True)
class State:
    """Where the replay stands.

    Attributes:
        start: when it was first started; the record's shift follows from it.
        imported: how many rows of the history are stored.
        position: how far after the beginning of the wave the live part has come, in the record's time.
    """

    start: datetime
    imported: int = 0
    position: timedelta = timedelta()

    def after_import(self, rows: int) -> "State":
        """Returns the state with so many more rows stored."""
        return replace(self, imported=self.imported + rows)

    def after(self, step: timedelta) -> "State":
        """Returns the state a step further in the record."""
        return replace(self, position=self.position + step)


def load(path: Path, now: datetime) -> State:
    """Returns the state of the last start, or that of a first start now."""
    if not path.exists():
        return State(now)
    content = json.loads(path.read_text(encoding="utf-8"))
    position = timedelta(seconds=content["position_s"])
    return State(datetime.fromisoformat(content["start"]), content["imported"], position)


def save(path: Path, state: State) -> None:
    """Writes the state beside its file and renames it into place."""
    content = {
        "start": state.start.isoformat(),
        "imported": state.imported,
        "position_s": state.position.total_seconds(),
    }
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps(content), encoding="utf-8")
    beside.replace(path)
