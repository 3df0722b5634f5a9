"""What a page out of millions of events costs beside bare SQL over the same index.

Pages of a thousand are judged by that. Of pages of a hundred, Envoy and gRPC take longer than the database does: an
empty call alone takes two to four times as long as their SQL. So they are judged by the second row of each, which puts
such a call to the bare SQL: an empty page, less what its own SQL takes.
"""

import json
import statistics
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

import asyncpg

from tests.bench.load import fetch, run_load

PATH = "/api/v1/alert-history"
EVENTS, OF_EACH = 5_000_000, 5
ROUNDS = 5
# How many requests each round makes, at how many events a page.
SIZES = {100: 40, 1_000: 15}
MOST_RATIO = 3.0
MOST_RATIO_WITH_CALL = 2.0
START, END = datetime(2023, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)

_MONTHS = "SELECT alert_history.ensure_months(ARRAY(SELECT generate_series($1, $2, interval '1 month')))"
_KINDS = """
INSERT INTO alert_history.kind (event_type, state, level, alert_type)
SELECT t.event_type, t.state, l.level, a.alert_type
FROM (VALUES ('raised', 'active'), ('acknowledged', 'active'), ('level_up', 'active'), ('recovering', 'recovering'),
    ('cleared', 'cleared')) t(event_type, state),
    unnest(ARRAY['green', 'yellow', 'orange', 'red', 'critical']) l(level),
    unnest(ARRAY['threshold', 'no_data']) a(alert_type)
ON CONFLICT DO NOTHING
"""
# Alerts one after the other over two years, each with five events minutes apart, of a thousand sensors at a hundred
# places of five factories; every thousandth is critical.
_ALERTS = """
SELECT n, $1::timestamptz + n * ($2::timestamptz - $1) / {alerts} AS raised, n % 1000 AS sensor, n % 100 AS place,
    CASE WHEN n % 1000 = 7 THEN 'critical' ELSE (ARRAY['yellow', 'orange', 'orange', 'red'])[n % 7 % 4 + 1] END
        AS level,
    CASE WHEN n % 11 = 0 THEN 'no_data' ELSE 'threshold' END AS alert_type
FROM generate_series(1, {alerts}) n
"""
_EVENTS = """
INSERT INTO alert_history.event (event_id, alert_id, event_seq, event_time, kind_id, sensor_id, loc_id, threshold_type,
    measured_value, plant, factory, building, floor, area, append_time)
SELECT gen_random_uuid(), a.n, seq, a.raised + seq * interval '7 minutes', k.kind_id, 'bench-' || a.sensor,
    'place-' || a.place, 'pcv_temperature', 30 + a.n % 100 / 10.0, '울산', '제' || a.place % 5 || ' 공장', 'B1', 2, 'A',
    a.raised + seq * interval '7 minutes'
FROM ({alerts}) a, generate_series(1, {of_each}) seq
JOIN alert_history.kind k ON k.event_type =
    (ARRAY['raised', 'acknowledged', 'level_up', 'recovering', 'cleared'])[seq]
WHERE k.alert_type = a.alert_type AND k.level = CASE WHEN seq = 5 THEN 'green' ELSE a.level END
"""
_SUMMARIES = """
INSERT INTO alert_history.alert (alert_id, last_event_seq, state, highest_level, alert_type, loc_id, factory,
    raise_time, acknowledge_time, clear_time, first_event_time, last_event_time)
SELECT n, 5, 'cleared', level, alert_type, 'place-' || place, '제' || place % 5 || ' 공장', raised,
    raised + interval '14 minutes', raised + interval '35 minutes', raised, raised + interval '35 minutes'
FROM ({alerts}) a
"""
_BARE = """
SELECT e.event_id, e.alert_id, e.event_seq, e.event_time, k.event_type, k.state, k.level, k.alert_type, e.sensor_id,
    e.loc_id, e.threshold_type, e.measured_value, e.actor, e.note, e.plant, e.factory, e.building, e.floor, e.area,
    e.append_time
FROM {events} WHERE {where} ORDER BY event_time DESC, alert_id DESC, event_seq DESC LIMIT {limit}
"""
_ALL = "alert_history.event e JOIN alert_history.kind k USING (kind_id)"
# Left to itself, PostgreSQL walks through all events for the few of a rare level, which is no limit to be proud of.
_OF_EACH_KIND = """
alert_history.kind k CROSS JOIN LATERAL (
    SELECT * FROM alert_history.event WHERE kind_id = k.kind_id
    ORDER BY event_time DESC, alert_id DESC, event_seq DESC LIMIT {limit}
) e
"""
_RANGE = "start_time={}T00:00:00Z&end_time={}T00:00:00Z"
_KIND_IDS = "SELECT array_agg(kind_id) FROM alert_history.kind WHERE $1 IN (level, state)"

# Where no event is.
_EMPTY = f"{PATH}?{_RANGE.format('2098-01-01', '2098-01-02')}"
_EMPTY_RANGE = datetime(2098, 1, 1, tzinfo=UTC), datetime(2098, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """What is asked over REST, and of bare SQL."""

    query: str
    where: str
    arguments: tuple[object, ...]
    events: str = _ALL


def _asked(red, active):
    """What is asked, by its name; of red and of active events it is the kinds that are given."""
    year = datetime(2024, 1, 1, tzinfo=UTC), END
    month = datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC)
    of_range = "event_time >= $1 AND event_time < $2"
    in_year, in_may = _RANGE.format("2024-01-01", "2025-01-01"), _RANGE.format("2024-05-01", "2024-06-01")
    factory = "제1 공장"
    of_factory = f"factory={quote(factory)}&level=red&{in_may}"
    red_there = f"{of_range} AND factory = $3 AND kind_id = ANY($4::int2[])"
    return {
        "a sensor, ever": Asked("sensor_id=bench-77", "sensor_id = $1", ("bench-77",)),
        "a sensor in a year": Asked(
            f"sensor_id=bench-77&{in_year}", f"{of_range} AND sensor_id = $3", (*year, "bench-77")
        ),
        "a place in a month": Asked(f"loc_id=place-42&{in_may}", f"{of_range} AND loc_id = $3", (*month, "place-42")),
        "red at a factory in a month": Asked(of_factory, red_there, (*month, factory, red)),
        "critical, ever": Asked("level=critical", "k.level = $1", ("critical",), _OF_EACH_KIND),
        "active, ever": Asked("state=active", "kind_id = ANY($1::int2[])", (active,)),
        "a month": Asked(in_may, of_range, month),
        "everything": Asked("", "true", ()),
    }


async def _seed(connection):
    await connection.execute(_MONTHS, START, END)
    await connection.execute(_KINDS)
    alerts = _ALERTS.format(alerts=EVENTS // OF_EACH)
    await connection.execute(_EVENTS.format(alerts=alerts, of_each=OF_EACH), START, END, timeout=600)
    await connection.execute(_SUMMARIES.format(alerts=alerts), START, END, timeout=600)
    await connection.execute("VACUUM ANALYZE alert_history.event, alert_history.alert, alert_history.kind", timeout=600)


async def measure_history(mesh, table):
    """Adds the rows of the history."""
    connection = await asyncpg.connect(mesh.admin_url)
    try:
        await _seed(connection)
        kinds = [await connection.fetchval(_KIND_IDS, word) for word in ("red", "active")]
        for name, asked in _asked(*kinds).items():
            for limit in SIZES:
                await _measure(connection, mesh.rest_port("alert_history"), table, name, asked, limit)
    finally:
        await connection.close()


async def _measure(connection, port, table, name, asked, limit):
    events = asked.events.format(limit=limit)
    bare = await connection.prepare(_BARE.format(events=events, where=asked.where, limit=limit))
    in_range = "event_time >= $1 AND event_time < $2"
    nothing = await connection.prepare(_BARE.format(events=_ALL, where=in_range, limit=limit))
    path, arguments = f"{PATH}?limit={limit}&{asked.query}", asked.arguments
    assert len(json.loads(fetch(port, path)[1])) == len(await bare.fetch(*arguments)) == limit, name
    assert json.loads(fetch(port, _EMPTY)[1]) == await nothing.fetch(*_EMPTY_RANGE) == []
    times: dict[str, list[float]] = {"page": [], "bare": [], "empty": [], "nothing": []}
    count = SIZES[limit]
    for _ in range(ROUNDS):
        times["bare"].append(await _p50(bare, arguments, count))
        times["page"].append(run_load(port, path, connections=1, seconds=60, most=count).p50)
        times["nothing"].append(await _p50(nothing, _EMPTY_RANGE, count))
        times["empty"].append(run_load(port, _EMPTY, connections=1, seconds=60, most=count).p50)
    page, lower, empty, nothing_ms = map(statistics.median, times.values())
    with_call = lower + empty - nothing_ms
    rows = [
        (f"GET alert-history/, {limit:,} out of {EVENTS:,} events, {name}, p50", lower, MOST_RATIO),
        ("  beside bare SQL and an empty call", with_call, MOST_RATIO_WITH_CALL),
    ]
    judged = 0 if limit == max(SIZES) else 1
    for index, (row, least, most) in enumerate(rows):
        ratio = page / least
        target = {"target": f"<= {most:g}", "met": ratio <= most} if index == judged else {}
        table.add(row, f"{page:.1f} ms", f"{least:.1f} ms", ratio, **target)


async def _p50(statement, arguments, count):
    """The median of some runs of a statement, in milliseconds."""
    times = []
    for _ in range(count):
        began = time.perf_counter()
        await statement.fetch(*arguments)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)
