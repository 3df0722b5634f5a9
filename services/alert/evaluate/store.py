"""The states of sensors and what became of alerts in PostgreSQL, over asyncpg's own connection in a transaction."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import numpy as np

from services.alert.domain import CLEARED
from services.alert.evaluate.journal import Episode, Journal
from services.alert.evaluate.table import Rows, Stored, Table
from services.alert.evaluate.watch import KEYS, dump, load
from services.alert.writer import Event, change_alerts, note_values, raise_alerts
from services.common.epoch import microseconds, moment_of
from services.common.errors import UnavailableError
from services.common.reading_log import shard_of
from services.heat.levels import METRICS

_MOMENT = "timestamptz 'epoch' + {} * interval '1 microsecond'"
_LOAD = """
SELECT sensor_id, loc_id, capture_time, receive_time, temperature, humidity, pcv_temperature, quality, machines::text
FROM alert.sensor_state WHERE shard = $1
"""
_NAMES = "sensor_id, loc_id, shard, capture_time, receive_time, temperature, humidity, pcv_temperature, quality"
_SAVE = f"""
INSERT INTO alert.sensor_state ({_NAMES}, machines)
SELECT s, l, h, {_MOMENT.format("c")}, {_MOMENT.format("r")}, t, u, nullif(p, 'NaN'), q, m::jsonb
FROM unnest($1::text[], $2::text[], $3::int2[], $4::int8[], $5::int8[], $6::float8[], $7::float8[], $8::float8[],
            $9::int2[], $10::text[]) AS x(s, l, h, c, r, t, u, p, q, m)
ON CONFLICT (sensor_id) DO UPDATE SET (loc_id, capture_time, receive_time, temperature, humidity, pcv_temperature,
    quality, machines) = (excluded.loc_id, excluded.capture_time, excluded.receive_time, excluded.temperature,
    excluded.humidity, excluded.pcv_temperature, excluded.quality, excluded.machines)
"""  # noqa: S608  our own words
_REVISIONS = "SELECT shard, rule_revision FROM alert.evaluation"
_BEAT = """
INSERT INTO alert.evaluation (shard, beat_time, rule_revision)
SELECT shard, clock_timestamp(), coalesce($2, 0) FROM unnest($1::int2[]) AS shard
ON CONFLICT (shard) DO UPDATE SET beat_time = excluded.beat_time,
    rule_revision = coalesce($2, evaluation.rule_revision)
"""
_UNSEEN = "SELECT alert_id, sensor_id, alert_type, threshold_type FROM alert.alert WHERE unseen"
# All that is changed, in one go: the README tells the order of locks.
_LOCK = "SELECT alert_id, state FROM alert.alert WHERE alert_id = ANY($1) ORDER BY alert_id FOR UPDATE"
_SEEN = "UPDATE alert.alert SET unseen = false WHERE alert_id = ANY($1)"


async def load_shard(connection: asyncpg.Connection, table: Table, shard: int) -> None:
    """Reads a shard's sensors into the table."""
    rows = await connection.fetch(_LOAD, shard)
    table.load(shard, [_stored(*row) for row in rows])


def _stored(sensor_id: str, loc_id: str, capture: datetime, receive: datetime, *rest: Any) -> Stored:  # noqa: ANN401  a row
    temperature, humidity, pcv, quality, machines = rest
    values = (temperature, humidity, np.nan if pcv is None else pcv)
    watch = None if machines is None else load(machines)
    return Stored(sensor_id, loc_id, microseconds(capture), microseconds(receive), values, quality, watch)


async def save(connection: asyncpg.Connection, table: Table, rows: Rows) -> None:
    """Writes sensors as they are in the table."""
    places = rows.tolist()
    names = [table.names[row] for row in places]
    watches = [table.watches.get(name) for name in names]
    numbers = [table.columns[name][rows].tolist() for name in ("shard", "capture", "receive", *METRICS, "quality")]
    machines = [None if watch is None else dump(watch) for watch in watches]
    await connection.execute(_SAVE, names, [table.loc_ids[row] for row in places], *numbers, machines)


async def revisions(connection: asyncpg.Connection) -> Mapping[int, int]:
    """Returns by which revision of the rules each shard was judged last."""
    return dict(await connection.fetch(_REVISIONS))


async def beat(connection: asyncpg.Connection, shards: Collection[int], revision: int | None) -> None:
    """Says that shards are judged; None where no rules have been seen."""
    await connection.execute(_BEAT, sorted(shards), revision)


async def see(connection: asyncpg.Connection, table: Table) -> tuple[list[str], list[int]]:
    """Forgets the dangers whose alerts somebody has ended by hand; returns whose they were, and those alerts.

    The alerts are not locked here, since `write` locks others: it marks them, too.
    """
    ended = [row for row in await connection.fetch(_UNSEEN) if shard_of(row["sensor_id"]) in table.shards]
    names = []
    for row in ended:
        watch = table.watches.get(row["sensor_id"])
        key = row["alert_type"] if row["alert_type"] in KEYS else row["threshold_type"]
        if watch is not None and key in watch.alerts and watch.alerts[key].alert_id == row["alert_id"]:
            watch.forget(key)
            table.keep(row["sensor_id"], watch)
            names.append(row["sensor_id"])
    return names, [row["alert_id"] for row in ended]


async def write(
    connection: asyncpg.Connection, journal: Journal, table: Table, revision: int, seen: Sequence[int]
) -> list[str]:
    """Writes what happened to alerts, judged by a revision of the rules, and which ends by hand have been seen.

    Returns the sensors of those that somebody has ended by hand meanwhile.
    """
    known = {episode.alert.alert_id for episode in journal.episodes} - {None}
    cleared = set()
    if known or seen:
        states = dict(await connection.fetch(_LOCK, [*known, *seen]))
        if not known <= states.keys():
            raise UnavailableError("alerts that are known here are not stored: what is stored is read anew", "OUTDATED")
        cleared = {alert_id for alert_id in known if states[alert_id] == CLEARED}
    ended = [episode for episode in journal.episodes if episode.alert.alert_id in cleared]
    if ended or seen:
        await connection.execute(_SEEN, [*cleared, *seen])
    waiting = [episode for episode in journal.episodes if episode.alert.alert_id not in cleared]
    while waiting:
        # One danger has one open alert: what comes after it waits until it is cleared.
        turn = {(e.sensor_id, e.key): e for e in reversed(waiting)}
        await _write_some(connection, list(turn.values()), revision)
        waiting = [e for e in waiting if turn[e.sensor_id, e.key] is not e]
    names = []
    for episode in ended:
        watch = table.watches.get(episode.sensor_id)
        if watch is not None and watch.alerts.get(episode.key) is episode.alert:
            watch.forget(episode.key)
            table.keep(episode.sensor_id, watch)
        names.append(episode.sensor_id)
    return names


async def _write_some(connection: asyncpg.Connection, episodes: Sequence[Episode], revision: int) -> None:
    new = [episode for episode in episodes if episode.raised is not None]
    if new:
        raised = [episode.raised for episode in new if episode.raised is not None]
        for episode, alert in zip(new, await raise_alerts(connection, raised), strict=True):
            episode.alert.alert_id = alert.alert_id
    groups: defaultdict[tuple[str, ...], list[Mapping[str, Any]]] = defaultdict(list)
    values, events = [], []
    for episode in episodes:
        number = episode.alert.alert_id
        if number is None:
            raise AssertionError("every alert has been stored")
        if episode.values is not None:
            measured, is_good = episode.values
            values.append((number, measured, episode.alert.peak, not is_good))
        if episode.fields:
            groups[tuple(sorted(episode.fields))].append(episode.fields | {"alert_id": number})
        events += [
            Event(number, t.event_type, moment_of(t.time), t.measured_value, None, t.note, t.state, t.level)
            for t in episode.told
        ]
    await note_values(connection, values, revision)
    for names, changes in groups.items():
        await change_alerts(connection, names, changes)
    await change_alerts(connection, (), (), events)
