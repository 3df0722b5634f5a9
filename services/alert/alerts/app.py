"""Wires what can be asked of alerts."""

from dataclasses import dataclass

from services.alert.alerts import convert
from services.alert.alerts.board import Board
from services.alert.alerts.domain import WatchFilter
from services.alert.alerts.feed import BoardFeed
from services.alert.alerts.figures import AlertFigures
from services.alert.alerts.handler import AlertHandler
from services.alert.alerts.repository import SqlAlerts
from services.alert.alerts.service import AlertUseCases, EvaluationView
from services.alert.alerts.watch import WatchUseCases
from services.common.clock import system_clock
from services.common.neighbours import Follower
from services.common.server import Context
from services.common.watching.audience import Audience
from services.directory.domain import Directory


@dataclass(frozen=True, slots=True)
class Alerts:
    """What serves alerts: the servicer, what has to run for it, and what tells that something happened to an alert."""

    handler: AlertHandler
    watching: WatchUseCases
    feed: BoardFeed


def alerts(context: Context, directory: Follower[Directory], evaluation: EvaluationView) -> Alerts:
    """Returns what serves alerts; figures tell of those that are open."""
    board = Board(convert.render)
    audience: Audience[WatchFilter] = Audience(board)

    url = context.settings.database_url
    feed = BoardFeed(
        board,
        url,
        notes=evaluation.problems,
        clock=system_clock,
        tell=audience.tell,
        is_watched=lambda: audience.is_there,
    )
    context.add_sampler(AlertFigures(feed, lambda: directory.value).sample)
    watching = WatchUseCases(feed, audience, convert.watch_message, directory)
    zone = context.environment.zone("SITE_TZ", "Asia/Seoul")
    store = SqlAlerts(context.database)
    use_cases = AlertUseCases(store, directory, evaluation, clock=system_clock, zone=zone)
    return Alerts(AlertHandler(use_cases, watching), watching, feed)
