"""The states of sensors and what became of alerts in PostgreSQL, over asyncpg's own connection in a transaction."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import asyncpg
import numpy as np

from services.alert.domain import CLEARED
from services.alert.evaluate.journal import Episode, Journal
from services.alert.evaluate.resting import MARKS
from services.alert.evaluate.table import Rows, Stored, Table
from services.alert.evaluate.watch import KEYS, OpenAlert, Shown, dump, load
from services.alert.writer import Event, change_alerts, note_values, raise_alerts
from services.common.epoch import microseconds, moment_of
from services.common.errors import UnavailableError
from services.common.reading_log import shard_of
from services.heat.levels import METRICS

_MARKS = ("temperature_anchor", "temperature_peak", "humidity_anchor", "humidity_peak", "pcv_anchor", "pcv_peak")
_LOAD = f"""
SELECT sensor_id, loc_id, capture_time, receive_time, temperature, humidity, pcv_temperature, quality, machines::text,
    {", ".join(_MARKS)}
FROM alert.sensor_state WHERE shard = $1
"""  # noqa: S608  our own words
_MOMENT = "timestamptz 'epoch' + {} * interval '1 microsecond'"
# What is stored of a sensor, as it is sent and as it is written: the reading, what goes with each reading of one in
# danger, and the rest.
_READING = {
    "loc_id": ("text", "{}"),
    "capture_time": ("int8", _MOMENT),
    "receive_time": ("int8", _MOMENT),
    "temperature": ("float8", "{}"),
    "humidity": ("float8", "{}"),
    "pcv_temperature": ("float8", "nullif({}, 'NaN')"),
    "quality": ("int2", "{}"),
}
_FOLLOWED = _READING | dict.fromkeys(_MARKS, ("float8", "nullif({}, 'NaN')"))
_WHOLE = _FOLLOWED | {"shard": ("int2", "{}"), "machines": ("text", "{}::jsonb")}


def _sent(columns: Mapping[str, tuple[str, str]]) -> tuple[str, str, str]:
    """Returns the names of columns, what is written to each, and the rows that are sent."""
    arrays = ", ".join(f"${n}::{kind}[]" for n, (kind, _) in enumerate(columns.values(), 2))
    values = ", ".join(written.format(f"x.{name}") for name, (_, written) in columns.items())
    return ", ".join(columns), values, f"unnest($1::text[], {arrays}) AS x(sensor_id, {', '.join(columns)})"


def _update(columns: Mapping[str, tuple[str, str]], where: str) -> str:
    names, values, rows = _sent(columns)
    return f"""
    UPDATE alert.sensor_state s SET ({names}) = ROW({values}) FROM {rows} WHERE s.sensor_id = x.sensor_id AND {where}
    """  # noqa: S608  our own words


def _upsert(columns: Mapping[str, tuple[str, str]]) -> str:
    names, values, rows = _sent(columns)
    given = ", ".join(f"excluded.{name}" for name in columns)
    return f"""
    INSERT INTO alert.sensor_state (sensor_id, {names}) SELECT x.sensor_id, {values} FROM {rows}
    ON CONFLICT (sensor_id) DO UPDATE SET ({names}) = ROW({given})
    """  # noqa: S608  our own words


# What is not written is as it is known to be, or what is known is not what is stored.
_SAVE_READING = _update(_READING, "s.machines IS NULL")
_SAVE_FOLLOWED = _update(_FOLLOWED, "s.machines IS NOT NULL")
_SAVE_WHOLE = _upsert(_WHOLE)
_STANDINGS = """
SELECT shard, rule_revision, CASE WHEN beat_time > clock_timestamp() - $1::interval THEN followed_since END
FROM alert.evaluation
"""
_BEAT = """
INSERT INTO alert.evaluation (shard, beat_time, rule_revision, followed_since)
SELECT shard, clock_timestamp(), coalesce($2, 0), $3 FROM unnest($1::int2[]) AS shard
ON CONFLICT (shard) DO UPDATE SET beat_time = excluded.beat_time,
    rule_revision = coalesce($2, evaluation.rule_revision),
    followed_since = CASE WHEN evaluation.beat_time > excluded.beat_time - $4::interval
        THEN evaluation.followed_since ELSE excluded.followed_since END
"""
_UNSEEN = "SELECT alert_id, sensor_id, alert_type, threshold_type FROM alert.alert WHERE unseen"
# All that is changed, in one go: the README tells the order of locks.
_LOCK = "SELECT alert_id, state FROM alert.alert WHERE alert_id = ANY($1) ORDER BY alert_id FOR UPDATE"
_SEEN = "UPDATE alert.alert SET unseen = false WHERE alert_id = ANY($1)"


class Standing(NamedTuple):
    """By which revision of the rules a shard was judged last, and since when it has been; None after a break."""

    revision: int
    since: int | None


async def load_shard(connection: asyncpg.Connection, table: Table, shard: int) -> None:
    """Reads a shard's sensors into the table."""
    rows = await connection.fetch(_LOAD, shard)
    table.load(shard, [_stored(*row) for row in rows])


def _stored(sensor_id: str, loc_id: str, capture: datetime, receive: datetime, *rest: Any) -> Stored:  # noqa: ANN401  a row
    temperature, humidity, pcv, quality, machines, *marks = rest
    values = (temperature, humidity, np.nan if pcv is None else pcv)
    watch = None if machines is None else load(machines)
    numbers = [np.nan if mark is None else mark for mark in marks]
    return Stored(sensor_id, loc_id, microseconds(capture), microseconds(receive), values, quality, watch, numbers)


async def save(connection: asyncpg.Connection, table: Table, rows: Rows) -> None:
    """Writes sensors as they are in the table: of those that are stored only what can have changed."""
    is_whole = table.columns["is_changed"][rows] | ~table.columns["is_stored"][rows]
    is_followed = table.columns["is_watched"][rows] & ~is_whole
    known = [(_SAVE_READING, rows[~is_whole & ~is_followed], ()), (_SAVE_FOLLOWED, rows[is_followed], MARKS)]
    for statement, some, marks in known:
        if len(some):
            status = await connection.execute(statement, *_columns(table, some, marks))
            if status != f"UPDATE {len(some)}":
                raise _outdated("sensors")
    whole = rows[is_whole]
    if len(whole):
        names = [table.names[row] for row in whole.tolist()]
        watches = [table.watch(name) for name in names]
        machines = [None if watch.is_over else dump(watch) for watch in watches]
        await connection.execute(_SAVE_WHOLE, *_columns(table, whole, (*MARKS, "shard")), machines)
        table.columns["is_stored"][whole], table.columns["is_changed"][whole] = True, False


def _outdated(what: str) -> UnavailableError:
    return UnavailableError(f"{what} that are known here are not stored: what is stored is read anew", "OUTDATED")


def _columns(table: Table, rows: Rows, more: Sequence[str]) -> Sequence[Sequence[Any]]:
    """Returns names, places, readings, and more of some sensors."""
    places = rows.tolist()
    names, loc_ids = [table.names[row] for row in places], [table.loc_ids[row] for row in places]
    numbers = [table.columns[name][rows].tolist() for name in ("capture", "receive", *METRICS, "quality", *more)]
    return names, loc_ids, *numbers


async def standings(connection: asyncpg.Connection, brief: int) -> Mapping[int, Standing]:
    """Returns how each shard stands that was ever judged; breaks of up to `brief` microseconds do not count."""
    rows = await connection.fetch(_STANDINGS, timedelta(microseconds=brief))
    return {shard: Standing(revision, since and microseconds(since)) for shard, revision, since in rows}


async def beat(
    connection: asyncpg.Connection, shards: Collection[int], revision: int | None, now: int, brief: int
) -> None:
    """Says that shards are judged now, as they have been without a longer break; None where no rules have been seen."""
    await connection.execute(_BEAT, sorted(shards), revision, moment_of(now), timedelta(microseconds=brief))


async def see(connection: asyncpg.Connection, table: Table) -> tuple[list[str], list[int]]:
    """Forgets the dangers whose alerts somebody has ended by hand; returns whose they were, and those alerts.

    The alerts are not locked here, since `write` locks others: it marks them, too.
    """
    ended = [row for row in await connection.fetch(_UNSEEN) if shard_of(row["sensor_id"]) in table.shards]
    names = []
    for row in ended:
        key = row["alert_type"] if row["alert_type"] in KEYS else row["threshold_type"]
        if _forget(table, row["sensor_id"], key, row["alert_id"]):
            names.append(row["sensor_id"])
    return names, [row["alert_id"] for row in ended]


async def write(
    connection: asyncpg.Connection,
    journal: Journal,
    table: Table,
    revision: int,
    *,
    shown: Sequence[Shown],
    seen: Sequence[int],
) -> list[str]:
    """Writes what happened to alerts, what some of them show, and which ends by hand have been seen.

    `revision` is that of the rules by which was judged. Returns the sensors of those alerts that somebody has ended by
    hand meanwhile.
    """
    known = {episode.alert.alert_id for episode in journal.episodes} | {s.alert.alert_id for s in shown}
    cleared = await _lock(connection, known - {None}, seen)
    # Who has been ended by hand, and only shows something, is seen to before the next readings.
    ended = [episode for episode in journal.episodes if episode.alert.alert_id in cleared]
    if ended or seen:
        await connection.execute(_SEEN, [*{episode.alert.alert_id for episode in ended}, *seen])
    waiting = [episode for episode in journal.episodes if episode.alert.alert_id not in cleared]
    while waiting:
        # One danger has one open alert: what comes after it waits until it is cleared.
        turn = {(e.sensor_id, e.key): e for e in reversed(waiting)}
        await _write_some(connection, list(turn.values()))
        waiting = [e for e in waiting if turn[e.sensor_id, e.key] is not e]
    values = [(_number(s.alert), *s[1:]) for s in shown if s.alert.alert_id not in cleared]
    await note_values(connection, values, revision)
    for episode in ended:
        _forget(table, episode.sensor_id, episode.key, _number(episode.alert))
    return [episode.sensor_id for episode in ended]


async def _lock(connection: asyncpg.Connection, known: Collection[int | None], seen: Sequence[int]) -> set[int | None]:
    """Locks all that will be changed; returns those of the known alerts that somebody has ended by hand."""
    if not known and not seen:
        return set()
    states = dict(await connection.fetch(_LOCK, [*known, *seen]))
    if any(alert_id not in states for alert_id in known):
        raise _outdated("alerts")
    return {alert_id for alert_id in known if states[alert_id] == CLEARED}


def _forget(table: Table, sensor_id: str, key: str, alert_id: int) -> bool:
    """Forgets a danger whose alert somebody has ended by hand; tells whether it was known."""
    watch = table.watch(sensor_id)
    alert = watch.alerts.get(key)
    if alert is None or alert.alert_id != alert_id:
        return False
    watch.forget(key)
    table.keep(sensor_id, watch)
    return True


async def _write_some(connection: asyncpg.Connection, episodes: Sequence[Episode]) -> None:
    new = [episode for episode in episodes if episode.raised is not None]
    if new:
        raised = [episode.raised for episode in new if episode.raised is not None]
        traces = [episode.traceparent for episode in new]
        for episode, alert in zip(new, await raise_alerts(connection, raised, traces=traces), strict=True):
            episode.alert.alert_id = alert.alert_id
    groups: defaultdict[tuple[str, ...], list[Mapping[str, Any]]] = defaultdict(list)
    events = []
    for episode in episodes:
        number = _number(episode.alert)
        if episode.fields:
            groups[tuple(sorted(episode.fields))].append(episode.fields | {"alert_id": number})
        events += [
            Event(
                *(number, t.event_type, moment_of(t.time), t.measured_value, None, t.note, t.state, t.level),
                traceparent=t.traceparent,
            )
            for t in episode.told
        ]
    for names, changes in groups.items():
        await change_alerts(connection, names, changes)
    await change_alerts(connection, (), (), events)


def _number(alert: OpenAlert) -> int:
    if alert.alert_id is None:
        raise AssertionError("every alert has been stored")
    return alert.alert_id
