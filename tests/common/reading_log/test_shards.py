"""Which shard a sensor is in, and who takes and gives what."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.common.reading_log.shards import SHARDS, Cursor, plan, shard_of


def cursors(*holders):
    return [Cursor(shard, 1, holder, "g", 10) for shard, holder in enumerate(holders)]


def test_a_sensors_shard_never_changes():
    assert [shard_of(name) for name in ("EWR", "JFK", "LGA", "S-1")] == [2, 15, 2, 14]


def test_sensors_spread_over_all_shards():
    counts = Counter(shard_of(f"sensor-{number}") for number in range(16_000))
    assert len(counts) == SHARDS
    assert max(counts.values()) < 1_500


def test_one_member_takes_everything_and_a_second_one_gets_half():
    alone = plan(cursors(*[None] * 16), 1, {1})
    assert len(alone.take) == 16
    assert not alone.give
    assert len(plan(cursors(*[1] * 16), 1, {1, 2}).give) == 8


def test_what_a_member_held_that_is_gone_is_free():
    assert [c.shard for c in plan(cursors(*[1] * 8, *[2] * 8), 1, {1}).take] == list(range(8, 16))


def test_what_a_member_holds_that_is_at_work_is_not_free():
    wanted = plan(cursors(*[2] * 16), 1, {1, 2})
    assert (wanted.take, wanted.give) == ([], [])


@given(members=st.integers(1, 20), holders=st.lists(st.integers(0, 24), min_size=16, max_size=16))
def test_whoever_held_what_all_come_to_fair_shares(members, holders):
    alive = set(range(1, members + 1))
    now = cursors(*(holder or None for holder in holders))
    for _ in range(2):  # once to give, once to take
        for member in alive:
            wanted = plan(now, member, alive)
            for changed, holder in ((wanted.give, None), (wanted.take, member)):
                for cursor in changed:
                    now[cursor.shard] = Cursor(cursor.shard, cursor.gen + 1, holder, "g", 10)
    shares = Counter(cursor.holder for cursor in now)
    assert set(shares) <= alive
    assert max(shares.values()) <= -(-SHARDS // members)


@pytest.mark.parametrize("members", [17, 30])
def test_more_members_than_shards_are_one_each_and_some_without(members):
    now = cursors(*range(1, 17))
    assert plan(now, members, set(range(1, members + 1))).take == []
