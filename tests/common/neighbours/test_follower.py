"""The copy of a neighbour: shared fetches, and honesty about its age."""

import asyncio
from datetime import UTC, datetime

from services.common.errors import UnavailableError
from services.common.neighbours import Follower

NOON = datetime(2026, 7, 15, 12, tzinfo=UTC)


class Neighbour:
    """Answers each fetch with what it held when the fetch began, once it is let go."""

    def __init__(self):
        self.content = b"old"
        self.fetches = 0
        self.go = asyncio.Event()
        self.away = False
        self.later = []  # revisions that come while the first fetch is under way
        self.asked = asyncio.Event()
        self.told = asyncio.Event()  # all of them
        self.breaks = asyncio.Event()

    async def fetch(self):
        self.fetches += 1
        self.asked.set()
        content = self.content
        await self.go.wait()
        if self.away:
            raise UnavailableError("away", "AWAY")
        return content

    async def watch(self):
        yield 1
        await self.asked.wait()
        for revision in self.later:
            yield revision
        self.told.set()
        await self.breaks.wait()
        raise UnavailableError("away", "AWAY")


class Store:
    def __init__(self, kept=None):
        self.kept = kept

    async def save_snapshot(self, name, payload, moment):
        self.kept = (payload, moment)

    async def load_snapshot(self, name):
        return self.kept


def follower(neighbour, store=None):
    return Follower(
        "location", neighbour, bytes.decode, store=store or Store(), is_away=lambda _: False, clock=lambda: NOON
    )


async def test_a_fetch_that_began_before_the_call_is_not_enough():
    neighbour = Neighbour()
    copy = follower(neighbour)
    first = asyncio.create_task(copy.refresh())
    await asyncio.sleep(0)
    neighbour.content = b"new"
    later = [asyncio.create_task(copy.refresh()) for _ in range(5)]
    await asyncio.sleep(0)
    neighbour.go.set()
    assert await asyncio.gather(first, *later) == [True] * 6
    assert copy.value == "new"
    assert neighbour.fetches == 2  # all the later callers shared one


async def test_those_who_wait_for_a_fetch_that_fails_do_not_each_wait_for_one_of_their_own():
    neighbour = Neighbour()
    copy = follower(neighbour)
    tasks = [asyncio.create_task(copy.refresh()) for _ in range(20)]
    await asyncio.sleep(0)
    neighbour.away = True
    neighbour.go.set()
    assert await asyncio.gather(*tasks) == [False] * 20
    assert neighbour.fetches == 2  # one that had begun when the others came, and one for all of those


async def test_what_says_nothing_new_is_not_parsed_again():
    neighbour = Neighbour()
    neighbour.go.set()
    copy = follower(neighbour)
    assert await copy.refresh()
    value = copy.value
    assert await copy.refresh()
    assert copy.value is value
    neighbour.content = b"new"
    assert await copy.refresh()
    assert (copy.value, neighbour.fetches) == ("new", 3)


async def test_what_was_kept_is_used_while_the_neighbour_is_away_and_said_so():
    neighbour = Neighbour()
    neighbour.away = True
    neighbour.go.set()
    copy = follower(neighbour, Store((b"kept", NOON)))
    assert copy.degraded is not None
    assert copy.degraded.startswith("LOCATION_UNKNOWN")
    running = asyncio.create_task(copy.run())
    while copy.value is None:
        await asyncio.sleep(0)
    assert not await copy.refresh()
    assert (copy.value, copy.degraded) == (
        "kept",
        "LOCATION_STALE since 2026-07-15T12:00:00Z: what the location service said last is used",
    )
    running.cancel()


async def test_however_many_changes_come_during_a_fetch_one_more_is_made():
    neighbour = Neighbour()
    neighbour.later = list(range(2, 1_000))
    copy = follower(neighbour)
    async with asyncio.timeout(10):
        running = asyncio.create_task(copy.run())
        await neighbour.told.wait()
        neighbour.content = b"new"
        neighbour.go.set()
        while copy.value != "new":
            await asyncio.sleep(0)
    assert neighbour.fetches == 2
    assert copy.degraded is None
    running.cancel()


async def test_a_stream_that_breaks_between_two_changes_is_said_so():
    neighbour = Neighbour()
    neighbour.go.set()
    copy = follower(neighbour)
    async with asyncio.timeout(10):
        running = asyncio.create_task(copy.run())
        while copy.value is None:
            await asyncio.sleep(0)
        assert copy.degraded is None
        neighbour.breaks.set()
        while copy.degraded is None:
            await asyncio.sleep(0)
    assert copy.degraded.startswith("LOCATION_STALE")
    running.cancel()
