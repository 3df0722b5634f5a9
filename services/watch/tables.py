"""What screens are drawn on, and the table of alerts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from services.watch import words
from services.watch.domain import Alert
from services.watch.words import Signs

GAP = "  "


@dataclass(frozen=True, slots=True)
class Paper:
    """What a screen is drawn on.

    Attributes:
        width: in columns.
        lines: how many there are; None for as many as it takes, as in a file.
        signs: those that the terminal can show.
    """

    width: int
    lines: int | None
    signs: Signs

    @property
    def level(self) -> int:
        """How wide the longest level is."""
        return max(cell_len(words.level(level, self.signs)) for level in self.signs.levels)

    def cell(self, text: str, width: int, *, is_right: bool = False) -> str:
        """Returns a text in exactly so many columns, of which a Korean sign takes two."""
        length = cell_len(text)
        if length <= width:
            space = " " * (width - length)
            return space + text if is_right else text + space
        return set_cell_size(text, max(0, width - len(self.signs.cut))) + self.signs.cut[:width]

    def cut(self, line: Text) -> Text:
        """Returns a line that is no wider than the screen, without blanks at its end."""
        line.rstrip()
        if line.cell_len <= self.width:
            return line
        line.truncate(self.width - len(self.signs.cut))
        return line.append(self.signs.cut)


def alert_lines(
    alerts: Sequence[Alert], now: datetime, zone: ZoneInfo, paper: Paper, *, is_live: bool
) -> Sequence[Text]:
    """Returns a line for each alert: its level, the place, what, since when, and who takes care."""
    if not alerts:
        return ()
    cells = [
        (
            " > ".join((*alert.where.above[-3:], alert.where.name)),
            alert.what if is_live else f"({alert.what})",
            words.moment(alert.since, now, zone),
            words.attention(alert, now, zone),
        )
        for alert in alerts
    ]
    # What is known of the alert itself has its room first; what is left is the place's.
    what, since, who = (max(cell_len(row[column]) for row in cells) for column in (1, 2, 3))
    what, who = min(what, paper.width // 4), min(who, paper.width // 3)
    place = max(10, paper.width - paper.level - what - since - who - 4 * len(GAP))
    lines = []
    for alert, row in zip(alerts, cells, strict=True):
        line = Text(paper.cell(words.level(alert.level, paper.signs), paper.level), no_wrap=True)
        line.stylize(words.STYLES[alert.level] if is_live else "dim")
        rest = zip(row, (place, what, since, who), strict=True)
        line.append(GAP + GAP.join(paper.cell(*each) for each in rest), style="" if is_live else "dim")
        lines.append(paper.cut(line))
    return lines
