"""Whatever is killed, and whenever: each danger is one alert, told once by its key, with its whole story."""

import asyncio
import random
import time
from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from tests.chaos.alerting import SECRET, Alerting, Writer, alerting_variables
from tests.support.episodes import LEVELS, Story
from tests.support.soak import SEED, kills
from tests.support.up import running_up

PROGRAMS = ("alert", "alert-2", "alert_history", "realtime", "postgres", "receiver")
ROUNDS = -(-kills(usual=len(PROGRAMS), share=0.25) // len(PROGRAMS))
IS_LONG = ROUNDS >= 4
READINGS = 200_000 if IS_LONG else 15_000
WRITERS, SENSORS, FLOORS = 4, 10, 8
# A message that was claimed by who was killed waits for the end of the claim, 30 s.
SETTLED_S = 180
TOLD = ("raised", "level_up", "level_down", "cleared")
# One hears of everything, and takes so few messages a minute that it is sent digests.
ALL, MOST_OF_ALL = "/all", 4
# Of a mapped sensor, for how long a level must last; readings of an interval of 1 s stand for that second.
DURATION_S, INTERVAL_S = 2, 1

_EVENTS = """
SELECT alert_id, event_seq, event_id::text, event_type, state, level, event_time
FROM alert.alert_event ORDER BY alert_id, event_seq
"""
_NOTIFICATIONS = """
SELECT n.recipient LIKE '%/all' AS is_of_all, n.alert_id, n.event_seq, n.cause,
    coalesce(d.idempotency_key, n.idempotency_key) AS key, coalesce(d.state, n.state) AS state,
    d.notification_id IS NOT NULL AS is_in_digest
FROM alert.notification n LEFT JOIN alert.notification d ON d.notification_id = n.digest_id
WHERE n.cause <> 'digest' ORDER BY n.alert_id, n.event_seq
"""


@pytest.fixture
def alerting(tmp_path):
    settings, variables = alerting_variables()
    with running_up(**variables) as up:
        alerting = Alerting(up, settings, tmp_path)
        try:
            yield alerting
        finally:
            alerting.close()


def register(alerting):
    """Makes places, sensors and subscriptions; returns the sensors' stories. Every second one has rules of its own."""
    rules = [t["threshold_id"] for t in alerting.rest("GET", "thresholds", "thresholds/").json()]
    for floor in range(FLOORS):
        place = {"loc_id": f"K-{floor}", "plant": "", "factory": "Kills", "building": "K", "floor": floor, "area": "A"}
        alerting.rest("POST", "location", "locations/", json=place)
        address = {"channel": "webhook", "recipient": f"{alerting.webhook}/{floor}", "secret": SECRET}
        subscription = address | {"floor": floor, "max_per_minute": 600, "format": "json"}
        alerting.rest("POST", "alert", "subscriptions/", json=subscription)
    everything = {"channel": "webhook", "recipient": alerting.webhook + ALL, "secret": SECRET, "factory": "Kills"}
    alerting.rest("POST", "alert", "subscriptions/", json=everything | {"max_per_minute": MOST_OF_ALL})
    stories = []
    for number in range(WRITERS * SENSORS):
        name, is_mapped = f"k-{number}", number % 2 == 1
        sensor = {"sensor_id": name, "loc_id": f"K-{number % FLOORS}"}
        alerting.rest("POST", "location", "sensors/", json=sensor | ({"interval_s": INTERVAL_S} if is_mapped else {}))
        for rule in rules if is_mapped else []:
            mapping = {"sensor_id": name, "threshold_id": rule, "duration_seconds": DURATION_S}
            alerting.rest("POST", "thresholds", "mappings/", json=mapping)
        wait_ms = (DURATION_S - INTERVAL_S) * 1000 if is_mapped else 0
        stories.append(Story(name, random.Random(f"{SEED} {name}"), wait_ms))
    return stories


async def kill_all(alerting, writers):
    """Kills every program in each round, in an order by chance; returns how often each was."""
    chance = random.Random(SEED)
    killed: Counter[str] = Counter()
    for turn in range(ROUNDS):
        for name in chance.sample(PROGRAMS, len(PROGRAMS)):
            # In a long run the readings last for as long as the kills.
            share = READINGS * (killed.total() + 1) / (ROUNDS * len(PROGRAMS)) if IS_LONG or turn else 0
            await asyncio.sleep(chance.uniform(0.5, 3.0))
            while sum(writer.written for writer in writers) < share:
                await asyncio.sleep(0.1)
            await alerting.kill(name, chance)
            await alerting.minute_passes()
            killed[name] += 1
    while sum(writer.written for writer in writers) < READINGS:
        await asyncio.sleep(0.1)
    return killed


@pytest.mark.timeout(1_800 if IS_LONG else 300)
async def test_whatever_is_killed_each_danger_is_alerted_told_and_kept_once(alerting):
    print(f"SEED={SEED} ROUNDS={ROUNDS}")
    alerting.receive()
    stories = register(alerting)
    await alerting.know_the_rules()
    url = alerting.url("realtime", "realtime/readings")
    writers = [Writer(url, stories[n::WRITERS], SEED + n) for n in range(WRITERS)]
    began = time.monotonic()
    for writer in writers:
        writer.start()
    killed = await kill_all(alerting, writers)
    for writer in writers:
        writer.over.set()
    for writer in writers:
        await asyncio.to_thread(writer.join, 60)
        assert not writer.is_alive()
    await alerting.settle(SETTLED_S)
    written = sum(writer.written for writer in writers)
    seconds = time.monotonic() - began
    print(f"{written} readings in {seconds:.0f} s; killed {dict(killed)}, {alerting.caught} in a transaction")
    assert sum(writer.failures for writer in writers) > 0, "the kills touched nobody: the test shows nothing"
    assert alerting.caught >= 4 * ROUNDS // 2, "too few were killed in a transaction: the test shows little"
    expected = {(e.sensor_id, e.begin): e for story in stories for e in story.expected()}
    assert len(expected) > len(stories) // 2
    numbered = alerts_are_right(alerting, expected)
    events = await events_are_right(alerting, numbered)
    history_is_right(alerting, events)
    await notifications_are_right(alerting, numbered, events)


def time_of(text):
    return datetime.fromisoformat(text)


def alerts_are_right(alerting, expected):
    """Every alert is there once, and none besides; returns by alert_id what was expected of it."""
    alerts = alerting.pages("alert", "alerts/")
    found = sorted((a["sensor_id"], time_of(a["alert_time"]), a["alert_type"]) for a in alerts)
    assert found == sorted((*key, "threshold") for key in expected)
    numbered = {a["alert_id"]: expected[a["sensor_id"], time_of(a["alert_time"])] for a in alerts}
    for alert in alerts:
        own = numbered[alert["alert_id"]]
        fields = (alert["state"], alert["highest_level"], time_of(alert["clear_time"]), alert["clear_reason"])
        assert fields == ("CLEARED", own.highest, own.end, "normal")
    return numbered


async def events_are_right(alerting, numbered):
    """What happened to each alert is what was expected, in order and without gaps; returns the events of each."""
    events: dict[int, list[Any]] = {}
    for row in await alerting.fetch(_EVENTS):
        events.setdefault(row["alert_id"], []).append(row)
    assert events.keys() == numbered.keys()
    for alert_id, own in events.items():
        assert [e["event_seq"] for e in own] == list(range(1, len(own) + 1))
        judged = tuple((e["event_type"], e["level"], e["event_time"]) for e in own if e["event_type"] != "notified")
        assert judged == numbered[alert_id].events
    return events


def history_is_right(alerting, events):
    """The history tells of each alert what the alert service wrote, complete and in order."""
    for alert_id, own in events.items():
        story = alerting.rest("GET", "alert_history", f"alert-history/{alert_id}").json()
        told = [
            (e["event_seq"], e["event_id"], e["event_type"], e["state"], e["level"], time_of(e["event_time"]))
            for e in story["events"]
        ]
        assert told == [
            (e["event_seq"], e["event_id"], e["event_type"], e["state"].lower(), e["level"], e["event_time"])
            for e in own
        ]
        assert (story["state"], story["highest_level"]) == ("cleared", max_level(own))


def max_level(events):
    return max((e["level"] for e in events), key=LEVELS.index)


async def notifications_are_right(alerting, numbered, events):
    """Everything was told, under one key each; what came twice came under the same key, with the same words."""
    messages = alerting.received()
    first: dict[str, Any] = {}
    for message in messages:
        assert message == first.setdefault(message["key"], message)
        assert message["signed"]
    rows = await alerting.fetch(_NOTIFICATIONS)
    print(f"{len(numbered)} alerts, {len(rows)} notifications, {len(messages) - len(first)} deliveries repeated, "
          f"{sum(row['is_in_digest'] for row in rows)} in digests")  # fmt: skip
    wanted = [(e["alert_id"], e["event_seq"], e["event_type"]) for own in events.values() for e in own
              if e["event_type"] in TOLD]  # fmt: skip
    for of_all in (False, True):
        own = [(r["alert_id"], r["event_seq"], r["cause"]) for r in rows if r["is_of_all"] is of_all]
        assert own == sorted(wanted)
    assert {row["state"] for row in rows} == {"SENT"}
    assert {row["key"] for row in rows} == first.keys()
    each_heard_every_change(list(first.values()), numbered)
    all_was_heard_in_order(list(first.values()), numbered)


def each_heard_every_change(messages, numbered):
    """The same from the receivers' side alone: of each alert its floor heard every change once, in order."""
    heard: dict[int, list[tuple[str, str]]] = {}
    for message in messages:
        if message["path"] != ALL:
            body = message["body"]
            heard.setdefault(body["alerts"][0]["alert_id"], []).append((body["cause"], body["level"]))
    assert heard == {n: [(what, level) for what, level, _ in own.events] for n, own in numbered.items()}


def all_was_heard_in_order(messages, numbered):
    """Who was sent digests heard of each alert, of its end last, and of that never by a message that comes first."""
    heard: dict[int, list[tuple[str, str]]] = {}
    bodies = [message["body"] for message in messages if message["path"] == ALL]
    for body in bodies:
        assert body["count"] == len(body["alerts"]), "too long a digest for this test to see everything"
        for alert in body["alerts"]:
            heard.setdefault(alert["alert_id"], []).append((body["cause"], alert["state"]))
    digests = sum(body["cause"] == "digest" for body in bodies)
    print(f"{digests} digests among {len(bodies)} messages to the one who takes {MOST_OF_ALL} a minute")
    assert digests >= 2, "there was no storm: the test shows little"
    assert heard.keys() == numbered.keys()
    for told in heard.values():
        assert told[0][0] != "cleared"
        assert [state for _, state in told].index("CLEARED") == len(told) - 1
