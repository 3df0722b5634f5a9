"""Writes the dashboards and the alert rules' links to runbooks, or with `--check` only says what is out of date."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from services.dashboards import alerting, overview, readings, service, sites
from services.dashboards.boards import to_json
from services.local.monitoring import DASHBOARDS, RULES, SOURCE
from services.runbooks import linked_files

BOARDS = (overview.BOARD, service.BOARD, readings.BOARD, alerting.BOARD, sites.BOARD)


def render() -> Mapping[Path, str]:
    """Returns the text of every file."""
    boards = {
        DASHBOARDS / f"{board.uid.removeprefix('montrg-')}.json": json.dumps(to_json(board), indent=1) + "\n"
        for board in BOARDS
    }
    return boards | linked_files(RULES)


def stale() -> list[str]:
    """Returns the names of files that are not as they are on disk."""
    return [
        file.name for file, text in render().items() if not file.exists() or file.read_text(encoding="utf-8") != text
    ]


def main() -> None:
    """Writes or checks."""
    if "--check" not in sys.argv[1:]:
        DASHBOARDS.mkdir(parents=True, exist_ok=True)
        for file, text in render().items():
            file.write_text(text, encoding="utf-8")
    elif found := stale():
        raise SystemExit(f"{SOURCE} is out of date: make generate writes {', '.join(found)}")


if __name__ == "__main__":
    main()
