"""Measurements and alerts that tests of `montrg watch` show, and what a console then has on it."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from rich.console import Console

from services.watch.board import Alerted, Board, Measured
from services.watch.domain import Alert, Seen, Wanted, Where
from services.watch.link import Link
from services.watch.screen import Shown, draw
from services.watch.tree import WORST
from services.watch.view import paper

NOW = datetime(2026, 7, 15, 5, 0, 30, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Seoul")
HOUR = "2026071514"
LIVE = Link("realtime", None, NOW), Link("alert", None, NOW)


def seen(loc_id, felt=30.0, level="green", *, factory="Press", building="B1", floor=1, area=None, **fields):
    where = Where(loc_id, "Ulsan", factory, building, floor, area)
    sensor = Seen(f"S-{loc_id}", where, NOW - timedelta(seconds=12), felt=felt, level=level, temperature=31.5)
    return replace(sensor, humidity=55.0, **fields)


def alert(alert_id, level="red", minutes=10, **fields):
    where = Where("A-1", "Ulsan", "Press", "B1", 1, "Line 1")
    made = Alert(alert_id, level, NOW - timedelta(minutes=minutes), where, f"felt 3{alert_id}.0 °C")
    return replace(made, **fields)


def board(*sensors, alerts=(), degraded=(), hour=HOUR, wanted=None):
    made = Board(wanted or Wanted())
    made.measured(Measured(True, sensors, [], degraded, hour))
    made.alerted(Alerted(True, alerts, [], ()))
    return made


def drawn(
    known, *, width=120, height=None, links=LIVE, order=WORST, encoding="utf-8", now=NOW, colours=None, no_color=False
):
    """What a console shows: a file, or a terminal of a height."""
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    console = Console(
        file=file, width=width, height=height, force_terminal=colours is not None, color_system=colours,
        no_color=no_color, legacy_windows=False,
    )  # fmt: skip
    measurements, alerts = links
    shown = Shown(known, measurements, alerts, ZONE, order)
    console.print(draw(shown, now, paper(console, is_cut=height is not None)), highlight=False)
    file.flush()
    return raw.getvalue().decode(encoding)
