"""Who is at work: by a lock that goes with the process, and by a sign of life that goes without it."""

import asyncio
from contextlib import asynccontextmanager

import asyncpg
import pytest

from services.common.reading_log.membership import LIFE_LOCKS, WORK_LOCKS, Membership
from tests.chaos.tally import SCHEMA
from tests.support.mesh import eventually

STALE = 4711


@pytest.fixture
def group(request):
    """A group of the test's own."""
    return request.node.name


@pytest.fixture
def joined(tally_url, group):
    """Lets a member work for as long as a block lasts."""

    @asynccontextmanager
    async def joined():
        membership = Membership(tally_url, SCHEMA, group, lambda: None)
        task = asyncio.create_task(membership.run())
        try:
            await eventually(lambda: stands(membership))
            yield membership
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    return joined


async def stands(membership):
    return membership.standing is not None


def see(count, *memberships):
    """Waits until the members see so many."""

    async def seen():
        return all(len(membership.standing.alive) == count for membership in memberships)

    return eventually(seen)


async def test_members_see_each_other_come_and_go(joined):
    async with joined() as first:
        async with joined() as second:
            await see(2, first, second)
            assert first.standing.alive == {first.standing.member, second.standing.member}
        await see(1, first)


async def test_a_member_whose_session_ends_comes_back_as_another_one(connection, joined):
    async with joined() as membership:
        before = membership.standing.member
        statement = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = $1"
        assert await connection.fetchval(statement, before)

        async def another():
            return membership.standing is not None and membership.standing.member != before

        await eventually(another)
        await see(1, membership)


@pytest.mark.parametrize("since", ["6 s", "1 hour"])
async def test_one_that_does_not_show_itself_has_its_sessions_ended(connection, tally_url, joined, group, since):
    await connection.execute(
        f"INSERT INTO {SCHEMA}.log_member VALUES ($1, $2, now() - $3::text::interval)", group, STALE, since
    )
    life, work = [await asyncpg.connect(tally_url) for _ in range(2)]
    await life.execute("SELECT pg_advisory_lock($1, $2)", LIFE_LOCKS, STALE)
    await work.execute(f"BEGIN; SELECT pg_advisory_xact_lock_shared({WORK_LOCKS}, {STALE})")
    async with joined() as membership:
        # At its very first look it does not know whether it was itself away, and ends nobody.
        assert not work.is_closed()

        async def ended():
            return life.is_closed() and work.is_closed()

        await eventually(ended)
        await see(1, membership)


async def test_what_is_long_gone_is_forgotten(connection, joined, group):
    await connection.execute(
        f"INSERT INTO {SCHEMA}.log_member VALUES ($1, $2, now() - interval '1 hour')", group, STALE
    )
    async with joined() as membership:
        members = await connection.fetch(f"SELECT member FROM {SCHEMA}.log_member WHERE consumer = $1", group)
        assert [row["member"] for row in members] == [membership.standing.member]
