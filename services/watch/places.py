"""The table of places."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len
from rich.console import Group as Lines
from rich.text import Text

from services.watch import words
from services.watch.board import Board
from services.watch.domain import FELT
from services.watch.tables import GAP, Paper
from services.watch.tree import Group, Row, Spot
from services.watch.trend import bars

_FELT, _AGE = 7, 4
_AIR, _HUMIDITY = 6, 5
_INDENT = "  "
# Below the one the air's temperature and humidity are left out, above the other there is room for bars and reasons.
_TIGHT, _WIDE = 76, 100


@dataclass(frozen=True, slots=True)
class _Columns:
    """How wide each column is; those of 0 are left out."""

    place: int
    level: int
    trend: int
    air: int
    humidity: int
    quality: int

    def line(self, paper: Paper, cells: Sequence[str]) -> tuple[str, str, str, str]:
        """Returns a row's cells as four texts, each of one style: place, felt, level, and all others."""
        place, felt, level, trend, air, humidity, quality, age = cells
        rest = (
            (trend, self.trend, False),
            (air, self.air, True),
            (humidity, self.humidity, True),
            (quality, self.quality, False),
            (age, _AGE, True),
        )
        return (
            paper.cell(place, self.place),
            paper.cell(felt, _FELT, is_right=True),
            paper.cell(level, self.level),
            GAP.join(paper.cell(text, width, is_right=is_right) for text, width, is_right in rest if width),
        )


def places(rows: Sequence[Row], board: Board, now: datetime, paper: Paper, *, is_live: bool) -> Lines:
    """Returns the table: groups with the worst in them, places with the sensor that stands for each."""
    degree = paper.signs.degree
    titles = (
        "place",
        f"felt {degree}",
        "level",
        "trend" if _bars(paper) else "",
        f"air {degree}",
        "hum %",
        "quality",
        "age",
    )
    cells = [
        (row, [_INDENT * len(row.above) + row.node.name, *_cells(row.node, board, now, paper, is_live=is_live)])
        for row in rows
    ]
    longest, level = (max((cell_len(each[column]) for _, each in cells), default=0) for column in (0, 2))
    # What has a level needs room only where it is told.
    columns = _columns(paper, longest, max(level, paper.level))
    head = Text(GAP.join(columns.line(paper, titles)), style="underline")
    return Lines(
        paper.cut(head), *(_line(row, columns.line(paper, each), paper, is_live=is_live) for row, each in cells)
    )


def _columns(paper: Paper, longest: int, level: int) -> _Columns:
    is_wide, is_tight = paper.width >= _WIDE, paper.width < _TIGHT
    air, humidity = (0, 0) if is_tight else (_AIR, _HUMIDITY)
    trend, quality = (2 + _bars(paper), 20) if is_wide else (1, 9)
    widths = [_FELT, level, trend, air, humidity, quality, _AGE]
    left = paper.width - sum(width + len(GAP) for width in widths if width)
    return _Columns(max(10, min(left, max(longest, 20))), level, trend, air, humidity, quality)


def _bars(paper: Paper) -> int:
    return 8 if paper.width >= _WIDE else 0


def _cells(node: Spot | Group, board: Board, now: datetime, paper: Paper, *, is_live: bool) -> Sequence[str]:
    """Returns what stands beside a name."""
    level = words.level(node.level, paper.signs, node.by)
    if isinstance(node, Group):
        return words.number(node.felt, 1, is_fresh=is_live), level, "", "", "", words.count(node.places, "place"), ""
    first = node.sensors[0]
    is_fresh = is_live and not first.is_stale
    trend = board.trend(first.sensor_id)
    drawn = f"{paper.signs.directions[trend.direction]} {bars(trend.values, _bars(paper), paper.signs.bars)}"
    return (
        words.number(node.felt, 1, is_fresh=is_fresh),
        level,
        drawn.strip() if trend.values else "",
        words.number(first.temperature, 1, is_fresh=is_fresh),
        words.number(first.humidity, 0, is_fresh=is_fresh),
        words.quality(node.sensors),
        words.age(now - first.capture_time),
    )


def _line(row: Row, cells: Sequence[str], paper: Paper, *, is_live: bool) -> Text:
    node = row.node
    place, felt, level, rest = cells
    name = "bold" if isinstance(node, Group) else ""
    if not is_live or (isinstance(node, Spot) and node.sensors[0].is_stale):
        return paper.cut(Text.assemble((place, name), GAP, (GAP.join((felt, level, rest)), "dim"), no_wrap=True))
    style = words.STYLES[node.level]
    heat = f"bold {style}" if node.by == FELT else "bold"  # what is not to blame has not the level's colour
    # The blanks around a level have no colour of their own.
    word = (level.rstrip(), style), " " * (len(level) - len(level.rstrip()))
    return paper.cut(Text.assemble((place, name), GAP, (felt, heat), GAP, *word, GAP, rest, no_wrap=True))
