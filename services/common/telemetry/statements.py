"""Times what a process asks of its database, over SQLAlchemy and over asyncpg's own connections."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import asyncpg
from prometheus_client import Counter, Histogram
from sqlalchemy import event

from services.common.database import Database
from services.common.telemetry.exemplars import exemplar
from services.common.telemetry.registry import REGISTRY

KINDS = ("select", "insert", "update", "delete", "copy")
OTHER = "other"  # such as COMMIT

_SECONDS = Histogram(
    "montrg_database_query_seconds",
    "Time from a statement's beginning to its last row",
    ("kind",),
    registry=REGISTRY,
    buckets=(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0),
)
_ERRORS = Counter(
    "montrg_database_errors",
    "Statements that failed: since the database is away, or for another reason than what a caller sent",
    ("kind",),
    registry=REGISTRY,
)
_BY_KIND = {kind: _SECONDS.labels(kind) for kind in (*KINDS, OTHER)}
_AWAY, _OTHER = _ERRORS.labels("away"), _ERRORS.labels("other")
_WORD = re.compile(r"[a-z]+")
_CHANGES = re.compile(r"\b(insert|update|delete)\b")
# Two rows with one key, a reference to nothing: what callers send, and hear of.
_OF_CALLERS = "23"
# Of what else goes wrong while a connection is lent the database knows nothing.
_OF_DATABASE = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)


@lru_cache(1024)
def kind_of(statement: str) -> str:
    """Returns what a statement does; of one that begins with WITH, what it changes."""
    lower = statement.lower()
    first = _WORD.search(lower)
    word = first[0] if first else OTHER
    if word == "with":
        change = _CHANGES.search(lower)
        return change[1] if change else "select"
    return word if word in KINDS else OTHER


@contextmanager
def copying() -> Iterator[None]:
    """Times a COPY, which asyncpg tells nobody of."""
    start = time.perf_counter()
    yield
    _BY_KIND["copy"].observe(time.perf_counter() - start, exemplar())


def watch(database: Database, is_away: Callable[[BaseException], bool]) -> None:
    """Has its statements timed from now on; `is_away` tells whether an error means that there is no database.

    Statements over SQLAlchemy are prepared ones, of which asyncpg's loggers hear nothing; all others go past it.
    """

    def failed(error: BaseException) -> None:
        if not _is_of_callers(error):
            (_AWAY if is_away(error) else _OTHER).inc()

    def logged(query: Any) -> None:  # noqa: ANN401  asyncpg's LoggedQuery
        if query.exception is None:
            _BY_KIND[kind_of(query.query)].observe(query.elapsed, exemplar())

    def connected(connection: Any, _record: object) -> None:  # noqa: ANN401
        connection.driver_connection.add_query_logger(logged)

    # Not by that logger: a connection that breaks forgets it before it tells anybody.
    database.on_error = lambda error: failed(error) if isinstance(error, _OF_DATABASE) else None
    engine = database.engine.sync_engine
    event.listen(engine, "connect", connected)
    event.listen(engine, "before_cursor_execute", _begins)
    event.listen(engine, "after_cursor_execute", _ended)
    event.listen(engine, "handle_error", lambda context: failed(context.original_exception))


def _begins(_connection: object, _cursor: object, _statement: str, _parameters: object, context: Any, _: Any) -> None:  # noqa: ANN401
    context.montrg_began = time.perf_counter()


def _ended(_connection: object, _cursor: object, statement: str, _parameters: object, context: Any, _: Any) -> None:  # noqa: ANN401
    _BY_KIND[kind_of(statement)].observe(time.perf_counter() - context.montrg_began, exemplar())


def _is_of_callers(error: BaseException) -> bool:
    return str(getattr(error, "sqlstate", None) or "").startswith(_OF_CALLERS)
