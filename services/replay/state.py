"""How far the replay is, in a small file that is always whole."""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

FILE_NAME = "replay.json"
LEADER_FILE_NAME = "replay-leader.json"

_T = TypeVar("_T")


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


@dataclass(frozen=True, slots=True)
class Leader:
    """Who is told of the replay.

    Attributes:
        subscription_id: the subscription that the replay made.
        recipient: the address that the replay gave it.
        is_resting: whether the replay itself disabled it, since it ended.
    """

    subscription_id: int
    recipient: str
    is_resting: bool


def read(path: Path) -> State | None:
    """Returns what was saved last, or None before the first time."""
    return _read(path, _state, "the replay begins anew")


def read_leader(path: Path) -> Leader | None:
    """Returns what was saved last, or None before the first time."""
    return _read(path, _leader, "the replay looks for its subscription, or makes it anew")


def save(path: Path, state: State) -> None:
    """Replaces the file as a whole, so that a crash leaves the old one or the new one."""
    words = {
        "history_end": state.history_end.isoformat(),
        "imported": state.imported,
        "total": state.total,
        "position": state.position.isoformat(),
    }
    _save(path, words)


def save_leader(path: Path, leader: Leader) -> None:
    """The same of who is told."""
    _save(path, asdict(leader))


def _state(saved: Mapping[str, Any]) -> State:
    return State(
        history_end=datetime.fromisoformat(saved["history_end"]),
        imported=int(saved["imported"]),
        total=int(saved["total"]),
        position=datetime.fromisoformat(saved["position"]),
    )


def _leader(saved: Mapping[str, Any]) -> Leader:
    return Leader(int(saved["subscription_id"]), str(saved["recipient"]), is_resting=bool(saved["is_resting"]))


def _read(path: Path, of: Callable[[Mapping[str, Any]], _T], remedy: str) -> _T | None:
    try:
        return of(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise StateError(f"{path} cannot be read ({error}): remove it, and {remedy}") from error


def _save(path: Path, words: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    side = path.with_suffix(".new")
    with side.open("w", encoding="utf-8") as file:
        json.dump(words, file)
        file.flush()
        os.fsync(file.fileno())
    side.replace(path)
