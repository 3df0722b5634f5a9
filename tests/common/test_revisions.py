"""The revision feed while its database comes and goes."""

import asyncio

from services.common.revisions import RevisionFeed


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
