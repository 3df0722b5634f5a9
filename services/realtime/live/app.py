"""Wires the live view."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from services.common.clock import system_clock
from services.common.database import Database
from services.common.interceptors import database_is_away
from services.common.neighbours import Follower
from services.common.telemetry.samples import Sampler
from services.common.watching.audience import Audience
from services.directory.domain import Directory, PlaceFilter
from services.heat.judging import Rules
from services.realtime.live import convert
from services.realtime.live.board import Board
from services.realtime.live.evaluation import EvaluationWatch
from services.realtime.live.figures import LiveFigures
from services.realtime.live.repository import SqlLatest
from services.realtime.live.service import LiveUseCases
from services.realtime.live.view import View
from services.realtime.log.feed import LogFeed
from services.realtime.log.repository import SqlLog


def live_view(
    database: Database,
    *,
    feed: LogFeed,
    log: SqlLog,
    directory: Follower[Directory],
    rules: Follower[Rules],
    zone: ZoneInfo,
    evaluation: EvaluationWatch,
    add_sampler: Callable[[Sampler], None],
) -> LiveUseCases:
    """Returns the use cases of the live view; their `run` keeps it current, and figures tell of it."""
    board = Board(convert.render)
    audience: Audience[PlaceFilter] = Audience(board)
    view = View(
        board,
        feed=feed,
        store=SqlLatest(database),
        stored_log=log,
        batches=convert,
        directory=directory,
        rules=rules,
        clock=system_clock,
        is_away=database_is_away,
        tell=audience.tell,
        evaluation=lambda: evaluation.note,
    )
    add_sampler(LiveFigures(view).sample)
    return LiveUseCases(view, audience, convert, system_clock, zone)
