"""How far the replay is, in a small file that is always whole."""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FILE_NAME = "replay.json"


class StateError(Exception):
    """The file cannot be read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class State:
    """How far the replay is.

    Attributes:
        history_end: the moment that stands for the record's WAVE; it fixes the shift of the whole history.
        imported: rows of the history that are stored, of `total`.
        total: rows that the history has; 0 where none is imported.
        position: the moment of the record that the next live reading shows.
    """

    history_end: datetime
    imported: int
    total: int
    position: datetime


def read(path: Path) -> State | None:
    """Returns what was saved last, or None before the first time."""
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        return State(
            history_end=datetime.fromisoformat(saved["history_end"]),
            imported=int(saved["imported"]),
            total=int(saved["total"]),
            position=datetime.fromisoformat(saved["position"]),
        )
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise StateError(f"{path} cannot be read ({error}): remove it, and the replay begins anew") from error


def save(path: Path, state: State) -> None:
    """Replaces the file as a whole, so that a crash leaves the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    side = path.with_suffix(".new")
    words = {
        "history_end": state.history_end.isoformat(),
        "imported": state.imported,
        "total": state.total,
        "position": state.position.isoformat(),
    }
    with side.open("w", encoding="utf-8") as file:
        json.dump(words, file)
        file.flush()
        os.fsync(file.fileno())
    side.replace(path)
