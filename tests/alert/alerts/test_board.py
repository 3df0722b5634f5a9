"""The board: what is shown, what changes, and what somebody is told who comes back to any replica. Without a server."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.alert.alerts import board as boards
from services.alert.alerts.board import Board, Look
from services.alert.alerts.convert import alert_to_proto
from services.alert.alerts.domain import WatchFilter
from services.alert.domain import Alert
from services.heat.levels import LEVELS, severity
from tests.support.alerts import threshold_alert

NOON = datetime(2026, 7, 15, 12, tzinfo=UTC)
EVERYTHING = WatchFilter()
FILTERS = [
    EVERYTHING, WatchFilter(factory="F1"), WatchFilter(level="red"), WatchFilter(loc_id="A-1", level="orange"),
]  # fmt: skip
# What can happen, how often, and by what it is told from others of its kind.
ACTIONS = {
    "raise_alert": (2, lambda chance: (chance.choice(LEVELS[1:]), chance.choice(["F1", "F2"]))),
    "set_level": (3, lambda chance: (chance.randint(0, 9), chance.choice(LEVELS[1:]))),
    "note": (3, lambda chance: (chance.randint(0, 9), chance.randint(0, 99))),
    "clear": (2, lambda chance: (chance.randint(0, 9),)),
    "commit": (6, lambda chance: (chance.randint(0, 9),)),
    "look": (6, lambda chance: (chance.randint(0, 1), chance.randint(0, 8), chance.randint(0, 8))),
    "load": (2, lambda chance: (chance.randint(0, 1), chance.randint(0, 8), chance.randint(0, 8))),
    "read": (4, lambda chance: (chance.randint(0, 7),)),
    "move": (6, lambda chance: (chance.randint(0, 7),)),
}
SEEDS = 60


def micros(moment):
    return (moment - NOON) // timedelta(microseconds=1)


def alert_of(number, level="orange", factory="F1", state="ACTIVE"):
    fields = threshold_alert(f"S-{number}", level, alert_time=NOON, factory=factory, state=state)
    blank: dict[str, Any] = dict.fromkeys(Alert.__slots__)
    given = {"alert_id": number, "event_seq": 1, "update_time": NOON, "suspect": False, "silenced": False}
    return Alert(**blank | fields | given)


def board_of_alerts():
    """A board that hands out alerts instead of their bytes."""
    render: Any = lambda alert: alert  # noqa: E731
    return Board(render)


class World:
    """A database, whose changes are visible when they are committed, in whatever order; replicas; and their readers."""

    def __init__(self):
        self.now = 1_000_000_000
        self.stored = {}
        self._open = {}  # what is not committed: at most one change of each alert, as their locks have it
        self._made = 0
        self.replicas = [board_of_alerts(), board_of_alerts()]
        for number in (0, 1):
            self.load(number)
        self.clients = [Client(board, wanted) for board in self.replicas for wanted in FILTERS]

    def raise_alert(self, level, factory):
        self._made += 1
        self._open[self._made] = alert_of(self._made, level, factory)

    def set_level(self, which, level):
        self._change(which, level)

    def note(self, which, value):
        """A reading that is no event."""
        self._change(which, None, events=0, measured_value=value)

    def clear(self, which):
        self._change(which, None, state="CLEARED")

    def commit(self, which):
        if self._open:
            number = list(self._open)[which % len(self._open)]
            self.stored[number] = self._open.pop(number)

    def look(self, replica, early=0, late=0):
        """A replica asks what it does not know; its clock is read a little before and a little after the snapshot."""
        board = self.replicas[replica]
        known = {i: (s, t) for i, s, t in zip(*board.known(), strict=True)}
        news = [
            alert
            for alert in self.stored.values()
            if (alert.is_open and known.get(alert.alert_id) != (alert.event_seq, alert.update_time))
            or (not alert.is_open and (alert.alert_id in known or micros(alert.update_time) > board.position))
        ]
        board.apply(Look(self.now - early, self.now + late, news))

    def load(self, replica, early=0, late=0):
        everything = [alert for alert in self.stored.values() if alert.is_open]
        self.replicas[replica].load(Look(self.now - early, self.now + late, everything))

    def read(self, reader):
        self.clients[reader].read()

    def move(self, reader):
        """A reader comes back to the other replica."""
        client = self.clients[reader]
        first, second = self.replicas
        client.begin(second if client.board is first else first, client.position)

    def _change(self, which, level, events=1, **fields):
        free = [n for n, alert in self.stored.items() if n not in self._open and alert.is_open]
        if free:
            old = self.stored[free[which % len(free)]]
            level = level or old.alert_level
            highest = max(level, old.highest_level, key=severity)
            moment = NOON + timedelta(microseconds=self.now)
            fields |= {"alert_level": level, "highest_level": highest, "update_time": moment}
            self._open[old.alert_id] = replace(old, event_seq=old.event_seq + events, **fields)

    def wanted(self, wanted):
        """What of the open alerts somebody wants to see."""
        return {
            i: a for i, a in self.stored.items()
            if a.is_open and severity(a.alert_level) >= severity(wanted.level or "green")
            and wanted.factory in {None, a.factory} and wanted.loc_id in {None, a.loc_id}
        }  # fmt: skip


class Client:
    """One who watches one replica or the other, and keeps what it is told."""

    def __init__(self, board, wanted):
        self.wanted = wanted
        self.shown = {}
        self.begin(board, None)

    def begin(self, board, position):
        """As watch.py begins a stream."""
        self.board = board
        if position is None or not board.can_tell(position):
            self.shown = {}
            self._take(board.snapshot(self.wanted))
        else:
            self._take(board.changes(position, self.wanted))
        self._note()

    def read(self):
        """As watch.py goes on with it."""
        if self.version < self.board.whole_from:
            self.shown = {}
            self._take(self.board.snapshot(self.wanted))
        else:
            alerts = self.board.changes(self.version, self.wanted)
            woken = self.board.last_change(self.version, self.wanted) > self.version
            assert woken or not alerts, "nobody would have been woken"
            self._take(alerts)
        self._note()

    def _note(self):
        self.version, self.position = self.board.version, self.board.position

    def _take(self, alerts):
        self.shown |= {alert.alert_id: alert for alert in alerts}

    def visible(self):
        """What a page that shows what is wanted has now."""
        least = severity(self.wanted.level or "green")
        return {i: a for i, a in self.shown.items() if a.is_open and severity(a.alert_level) >= least}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whoever_reads_moves_and_comes_back_has_what_is_stored(seed, monkeypatch):
    chance = random.Random(seed)
    monkeypatch.setattr(boards, "MOST_KEPT", chance.randint(1, 6))
    world = World()
    weights = [weight for weight, _ in ACTIONS.values()]
    for _ in range(15):
        for name in chance.choices(list(ACTIONS), weights, k=40):
            world.now += 1
            getattr(world, name)(*ACTIONS[name][1](chance))
        world.now += 1
        for replica in (0, 1):
            world.look(replica)
        for client in world.clients:
            client.read()
            assert client.visible() == world.wanted(client.wanted)


def test_an_alert_that_is_no_longer_so_grave_is_told_a_last_time():
    board = board_of_alerts()
    board.load(Look(100, 102, [alert_of(1, "red"), alert_of(2, "orange")]))
    version = board.version
    board.apply(
        Look(110, 112, [replace(alert_of(1, "yellow"), event_seq=2), replace(alert_of(2, "yellow"), event_seq=2)])
    )
    told = board.changes(version, WatchFilter(level="red"))
    assert [(alert.alert_id, alert.alert_level) for alert in told] == [(1, "yellow")]
    board.apply(Look(120, 122, [replace(alert_of(1, "orange"), event_seq=3)]))
    assert board.changes(board.version - 1, WatchFilter(level="red")) == []
    assert board.last_change(112, WatchFilter(level="red")) == 112


def test_a_new_value_is_told_to_those_who_watch_its_level_alone():
    board = board_of_alerts()
    fallen = replace(alert_of(1, "orange"), highest_level="red", event_seq=2)
    board.load(Look(100, 102, [fallen]))
    version = board.version
    board.apply(Look(110, 112, [replace(fallen, measured_value=34.4, update_time=NOON + timedelta(seconds=1))]))
    assert [alert.measured_value for alert in board.changes(version, WatchFilter(level="orange"))] == [34.4]
    assert board.changes(version, WatchFilter(level="red")) == []


def test_what_was_cleared_is_kept_for_a_while_and_then_cannot_be_told():
    board = board_of_alerts()
    board.load(Look(100, 102, [alert_of(1)]))
    board.apply(Look(110, 112, [replace(alert_of(1, state="CLEARED"), event_seq=2)]))
    assert [alert.state for alert in board.changes(105, EVERYTHING)] == ["CLEARED"]
    later = 112 + boards.KEPT_US
    board.apply(Look(later - 2, later, []))
    assert board.can_tell(105)
    board.apply(Look(later - 1, later + 1, []))
    assert not board.can_tell(105)
    assert board.can_tell(112)
    assert board.changes(112, EVERYTHING) == []


def test_a_note_is_news_once():
    board = board_of_alerts()
    board.load(Look(100, 102, []))
    version = board.version
    assert board.set_notes(["LOCATION_STALE"])
    assert board.last_change(version, EVERYTHING) == board.version > version
    assert not board.set_notes(["LOCATION_STALE"])


def test_an_alert_is_rendered_once_until_it_changes():
    rendered = []

    def render(alert):
        rendered.append(alert.alert_id)
        return alert_to_proto(alert).SerializeToString()

    board = Board(render)
    board.load(Look(100, 102, [alert_of(1), alert_of(2)]))
    for wanted in FILTERS:
        board.snapshot(wanted)
    board.apply(Look(110, 112, [replace(alert_of(1), event_seq=2)]))
    board.snapshot(EVERYTHING)
    assert rendered == [2, 1, 1]
