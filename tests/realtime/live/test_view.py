"""What keeps the board current, with a feed and a store in memory that a test moves by hand."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from services.common.errors import UnavailableError
from services.realtime.live.board import Board
from services.realtime.live.domain import Loaded
from services.realtime.live.view import View
from services.realtime.log.domain import Entry, Generation, Head
from tests.realtime.live.boards import EVERYWHERE, directory, reading, render, sensor, words

NOW = datetime.fromtimestamp(1_784_109_600, UTC)


def entry(seq, *readings: Any, generation="g1"):
    """A batch whose payload are its readings themselves."""
    payload: Any = readings
    return Entry(seq, NOW, len(readings), payload, generation)


class Feed:
    """A feed that holds the batches after `before`."""

    def __init__(self):
        self.last_seq: int | None = 0
        self.losses = 0
        self.before = 0
        self.entries = []
        self.tell = []

    def on_change(self, tell):
        self.tell.append(tell)

    def after(self, seq):
        return [e for e in self.entries if e.seq > seq] if self.before <= seq <= self.last_seq else None

    async def refresh(self):
        await asyncio.sleep(0)
        return self.last_seq is not None

    def append(self, *names, age, generation="g1"):
        self.last_seq = (self.last_seq or 0) + 1
        self.entries.append(entry(self.last_seq, *(reading(name, age) for name in names), generation=generation))
        self.say()

    def lose(self):
        self.last_seq, self.losses = None, self.losses + 1
        self.say()

    def find(self, seq):
        """Comes back at a log of so many batches, and holds none of them."""
        self.last_seq = self.before = seq
        self.entries = []
        self.say()

    def say(self):
        for tell in self.tell:
            tell()


class Store:
    """What a database would load, and its log."""

    def __init__(self):
        self.loaded = Loaded([], "g1", 0)
        self.loads = 0
        self.away = False
        self.entries = []
        self.trimmed = 0

    async def load(self):
        await asyncio.sleep(0)
        if self.away:
            raise OSError("away")
        self.loads += 1
        return self.loaded

    async def read(self, seq):
        return [entry for entry in self.entries if entry.seq > seq][:2]

    async def head(self):
        return Head(self.trimmed, self.loaded.seq, [Generation("g1", 0)])


class Batches:
    """Payloads are lists of readings already."""

    def readings(self, payload):
        return payload

    def sensor_ids(self, payload):
        return [row.sensor_id for row in payload]


class Neighbour:
    """A neighbour that is well."""

    degraded = None
    digest = "d"

    def __init__(self, value):
        self.value = value

    def on_change(self, tell):
        pass


@pytest.fixture
async def feed():
    return Feed()


@pytest.fixture
async def store():
    return Store()


@pytest.fixture
async def follow(feed, store):
    """Makes a view that follows, in the background; the store's content is decided before."""
    running = []

    def follow():
        view = View(
            Board(render),
            feed=feed,
            store=store,
            stored_log=store,
            batches=Batches(),
            directory=Neighbour(directory(*map(sensor, ("s1", "s2")))),
            rules=Neighbour(None),
            clock=lambda: NOW,
            is_away=lambda error: isinstance(error, OSError),
            tell=lambda: None,
        )
        running.append(asyncio.create_task(view.run()))
        return view

    yield follow
    for task in running:
        task.cancel()


def shown(view):
    return [text.split()[0] for text in words(view.board.snapshot(EVERYWHERE))]


async def test_the_board_is_loaded_once_and_then_follows_the_log(follow, feed, store):
    store.loaded = Loaded([reading("s1")], "g1", 0)
    view = follow()
    assert await view.fresh() == []
    feed.append("s2", age=1)
    feed.append("s1", age=2)
    assert await view.fresh() == []
    assert (shown(view), view.board.seq, store.loads) == (["s1@2", "s2@1"], 2, 1)


async def test_many_that_ask_at_once_wait_for_one_load(follow, store):
    store.loaded = Loaded([reading("s1")], "g1", 0)
    view = follow()
    await asyncio.gather(*(view.fresh() for _ in range(20)))
    assert store.loads == 1


async def test_after_a_loss_the_board_is_loaded_anew_even_from_an_older_state(follow, feed, store):
    store.loaded = Loaded([reading("s1", 9), reading("s2", 9)], "g1", 0)
    view = follow()
    await view.fresh()
    feed.append("s1", age=10)
    await view.fresh()
    feed.lose()
    assert "READINGS_STALE since 2026-07-15T10:00:00Z" in (await view.fresh())[0]
    assert shown(view) == ["s1@10", "s2@9"]
    store.loaded = Loaded([reading("s1", 4)], "g1", 0)
    feed.find(0)
    assert await view.fresh() == []
    assert shown(view) == ["s1@4"]


async def test_what_the_feed_holds_no_more_is_loaded(follow, feed, store):
    view = follow()
    await view.fresh()
    store.loaded = Loaded([reading("s2", 7)], "g1", 9)
    feed.find(9)
    assert await view.fresh() == []
    assert (shown(view), view.board.seq) == (["s2@7"], 9)


async def test_a_loss_while_the_board_is_loaded_leads_to_another_load(follow, feed, store):
    feed.lose()
    feed.find(0)
    store.loaded = Loaded([reading("s1")], "g1", 0)
    view = follow()
    waiting = asyncio.create_task(view.fresh())
    await asyncio.sleep(0)
    feed.lose()
    feed.find(3)
    store.loaded = Loaded([reading("s1", 5)], "g1", 3)
    assert await waiting == []
    assert shown(view) == ["s1@5"]


async def test_places_of_another_generation_of_the_log_are_others(follow, feed):
    view = follow()
    await view.fresh()
    feed.append("s1", age=1)
    await view.fresh()
    before = view.position.state
    feed.append("s1", age=2, generation="g2")
    await view.fresh()
    assert view.position.state != before


async def test_without_anything_ever_read_it_is_unavailable(follow, feed, store, monkeypatch):
    monkeypatch.setattr("services.realtime.live.view.PATIENCE_S", 0.05)
    store.away = True
    view = follow()
    with pytest.raises(UnavailableError, match="nothing has been read"):
        await view.fresh()


async def test_earlier_batches_are_learnt_from_the_log_if_it_still_has_them(follow, store):
    store.loaded = Loaded([reading("s1"), reading("s2")], "g1", 12)
    store.entries = [entry(seq, reading("s1", seq)) for seq in range(8, 13)]
    view = follow()
    view._feed.find(12)
    await view.fresh()
    assert await view.learn(9)
    assert view.board.can_tell(9, EVERYWHERE)
    assert [text[:2] for text in words(view.board.changes_after(9, 2**62, EVERYWHERE).measurements)] == ["s1"]
    store.trimmed = 9
    assert not await view.learn(8)
    assert not view.board.can_tell(8, EVERYWHERE)
