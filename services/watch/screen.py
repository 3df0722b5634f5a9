"""Draws what is known: how the streams are, the places, the open alerts; as many lines as there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.text import Text

from services.watch import words
from services.watch.board import Board
from services.watch.link import SILENCE, Link, State, worst
from services.watch.places import places
from services.watch.tables import Paper, alert_lines
from services.watch.tree import Row, Spot, fitting, tree

_STYLES = {State.LIVE: "bold green", State.RECONNECTING: "bold yellow", State.STALE: "bold white on red"}
# Around the places: a line between them and the head, their titles, a line below, the title of the alerts.
_AROUND = 4
_MOST_DEGRADED = 3
_SLACK = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a screen is made of.

    Attributes:
        board: what is known; it changes.
        measurements: the stream that tells of places.
        alerts: the stream that tells of alerts.
        zone: the site's.
        order: one of ORDERS.
        silence: how long a stream may say nothing.
    """

    board: Board
    measurements: Link
    alerts: Link
    zone: ZoneInfo
    order: str
    silence: timedelta = SILENCE


def draw(shown: Shown, now: datetime, paper: Paper) -> RenderableType:
    """Returns the screen of a moment."""
    board = shown.board
    is_live = shown.measurements.is_live(now, shown.silence)
    nodes, alerts = tree(board.seen, shown.order), board.alerts
    everything, _ = fitting(nodes, None)
    head = _head(shown, everything, now, paper)
    for_places, for_alerts = _shares(len(everything), len(alerts), len(head), paper.lines)
    rows, hidden = fitting(nodes, for_places)
    below: list[RenderableType] = [places(rows, board, now, paper, is_live=is_live)]
    if hidden:
        below.append(Text(f"... {words.count(hidden, 'more place')}; the worst are shown", style="italic"))
    elif not everything and shown.measurements.heard is not None:
        below.append(Text("no sensor here has measured anything yet"))
    return Group(
        *head,
        "",
        *below,
        "",
        _title(shown, len(alerts), now),
        *alert_lines(alerts[:for_alerts], now, shown.zone, paper, is_live=shown.alerts.is_live(now, shown.silence)),
        *_left_out(len(alerts), for_alerts),
    )


def _left_out(alerts: int, shown: int | None) -> Sequence[Text]:
    if shown is None or alerts <= shown:
        return ()
    return (Text(f"... {words.count(alerts - shown, 'more alert')}; the worst are shown", style="italic"),)


def _shares(places: int, alerts: int, head: int, lines: int | None) -> tuple[int | None, int | None]:
    """Returns how many lines places get with what is said of the rest, and how many alerts are shown."""
    if lines is None:
        return None, None
    left = max(0, lines - head - _AROUND)
    for_alerts = min(alerts, max(left // 3, left - places))
    shown = for_alerts if for_alerts == alerts else max(0, for_alerts - 1)
    return left - for_alerts, shown


def _head(shown: Shown, everything: Sequence[Row], now: datetime, paper: Paper) -> list[Text]:
    link = worst((shown.measurements, shown.alerts), now, shown.silence)
    state = link.state(now, shown.silence)
    spots = [row.node for row in everything if isinstance(row.node, Spot)]
    sensors = sum(len(spot.sensors) for spot in spots)
    first = Text.assemble(
        (f"{paper.signs.live} {_state(link, state, now, shown.zone)}", _STYLES[state]),
        f"  {now.astimezone(shown.zone):%Y-%m-%d %H:%M:%S} {shown.zone.key}",
        f"  {words.count(len(spots), 'place')}, {words.count(sensors, 'sensor')}",
    )
    told = [words.degraded(each, now, shown.zone) for each in shown.board.degraded]
    told += _doubt(shown)
    lines = [first, *(Text(f"! {each}", style="yellow") for each in told[:_MOST_DEGRADED])]
    if state is not State.LIVE and link.cause:
        lines.append(Text(f"! {link.name}: {link.cause}", style="yellow"))
    return [paper.cut(line) for line in lines]


def _state(link: Link, state: State, now: datetime, zone: ZoneInfo) -> str:
    if state is State.STALE and link.heard is not None:
        return f"stale since {link.heard.astimezone(zone):%H:%M:%S} ({link.name})"
    if link.lost is not None:
        verb = "connecting" if link.heard is None else "reconnecting"
        return f"{verb} ({max(0, int((now - link.lost).total_seconds()))} s, {link.name})"
    return "live"


def _doubt(shown: Shown) -> Sequence[str]:
    """Returns words where the site's hour, as it was told, is not that of the zone that is shown."""
    heard, hour = shown.measurements.heard, shown.board.hour
    if heard is None or not hour:
        return ()
    there = heard.astimezone(shown.zone)
    if hour in {f"{at:%Y%m%d%H}" for at in (there - _SLACK, there, there + _SLACK)}:
        return ()
    # A heartbeat tells it every 15 s, so an hour that is another one is another zone's.
    told = f"{hour[:4]}-{hour[4:6]}-{hour[6:8]} {hour[8:]}h"
    return (f"at the site it is {told}, not as in {shown.zone.key}; set MONTRG_SITE_TZ as its services have it",)


def _title(shown: Shown, count: int, now: datetime) -> Text:
    title = Text(words.count(count, "open alert") if count else "no open alerts", style="bold")
    link = shown.alerts
    if link.heard is None:
        return Text("alerts are not known yet", style="bold")
    if not link.is_live(now, shown.silence):
        title.append(f" as of {link.heard.astimezone(shown.zone):%H:%M:%S}", style="bold yellow")
    return title
