"""The revision feed while its database comes and goes."""

import asyncio

from services.common.revisions import RevisionCache, RevisionFeed


async def test_a_watcher_waits_while_the_revision_is_unknown_and_lets_others_run():
    feed = RevisionFeed("postgresql://nobody@127.0.0.1:1/none", "thresholds")
    await feed._set(7)
    watch = feed.watch()
    assert await anext(watch) == 7
    await feed._set(None)
    following = asyncio.ensure_future(anext(watch))
    for _ in range(20):
        await asyncio.wait_for(asyncio.sleep(0), 1)
    assert not following.done()
    await feed._set(8)
    assert await asyncio.wait_for(following, 1) == 8
    await watch.aclose()


async def test_those_who_watch_are_let_go_when_the_server_stops_and_who_comes_then_at_once():
    feed, stopping = RevisionFeed("postgresql://nobody@127.0.0.1:1/none", "thresholds"), asyncio.Event()
    running = asyncio.create_task(feed.run(stopping))
    watch = feed.watch()
    following = asyncio.ensure_future(anext(watch, "the end"))
    await asyncio.sleep(0.05)
    assert not following.done()
    stopping.set()
    assert await asyncio.wait_for(following, 1) == "the end"
    assert [revision async for revision in feed.watch()] == []
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_answer_is_kept_while_the_revision_stays_and_loaded_anew_after_a_change():
    feed = RevisionFeed("postgresql://nobody@127.0.0.1:1/none", "thresholds")
    cache: RevisionCache[int] = RevisionCache(feed)
    loads: list[int | None] = []

    async def load():
        loads.append(feed.current)
        return len(loads)

    async def read():
        return await cache.get(b"all", load)

    assert [await read(), await read()] == [1, 2], "nothing may be kept while the revision is unknown"
    await feed._set(7)
    assert [await read(), await read()] == [3, 3]
    feed.invalidate()
    assert await read() == 4
    await feed._set(8)
    assert [await read(), await read()] == [5, 5]


async def test_an_answer_that_was_overtaken_by_a_change_is_not_kept():
    feed = RevisionFeed("postgresql://nobody@127.0.0.1:1/none", "thresholds")
    await feed._set(7)
    cache: RevisionCache[str] = RevisionCache(feed)

    async def overtaken():
        await feed._set(8)
        return "old"

    async def fresh():
        return "new"

    assert await cache.get(b"all", overtaken) == "old"
    assert await cache.get(b"all", fresh) == "new"


async def test_a_revision_that_was_read_before_a_change_does_not_bring_back_what_was_kept():
    feed = RevisionFeed("postgresql://nobody@127.0.0.1:1/none", "thresholds")
    await feed._set(7)

    class Connection:
        async def fetchval(self, statement, timeout):
            feed.invalidate()  # a change is committed while the answer, still 7, is under way
            return 7

    await feed._look(Connection())
    assert feed.current is None
