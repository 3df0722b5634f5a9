"""Whether the evaluation is said to be well: by beats, by the consumer, and by what the copies say of themselves."""

from datetime import UTC, datetime, timedelta

import pytest

from services.alert.evaluate.status import Beat, evaluation
from services.common.reading_log import SHARDS, ConsumerState

NOON = datetime(2026, 7, 15, 12, tzinfo=UTC)
FOLLOWING = ConsumerState(following_since=NOON, members=2, lag_readings=7, lag_s=0.5)


def beats(age_s=1.0, **other):
    """All shards, judged so long ago, but for others by their number."""
    ages = {shard: other.get(f"of_{shard}", age_s) for shard in range(SHARDS)}
    return {shard: Beat(NOON - timedelta(seconds=age), 5) for shard, age in ages.items() if age is not None}


def stands(found, consumer=FOLLOWING, degraded=(), running_s=3600.0):
    return evaluation(found, consumer, degraded, NOON - timedelta(seconds=running_s), NOON)


def test_all_is_well_while_every_shard_is_judged():
    state = stands(beats(of_3=9.9))
    assert (state.healthy, state.is_dead, state.problems) == (True, False, [])
    assert (state.replicas, state.lag_readings, state.lag_s, state.rule_revision) == (2, 7, 0.5, 5)
    assert state.last_time == NOON - timedelta(seconds=9.9)


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (beats(of_3=10.1), "1 of 16 shards have not been judged since 2026-07-15T11:59:49Z"),
        (beats(3600.0), "16 of 16 shards have not been judged since 2026-07-15T11:00:00Z"),
        (beats(of_3=None), "1 of 16 shards have not been judged ever"),
        ({}, "16 of 16 shards have not been judged ever"),
    ],
)
def test_one_shard_that_is_not_judged_is_enough_to_be_dead(found, words):
    state = stands(found)
    assert state.is_dead
    assert state.problems == [f"EVALUATION_DEAD: {words}"]


def test_a_replica_that_has_just_begun_gives_the_shards_time():
    state = stands(beats(3600.0), running_s=9.0)
    assert (state.is_dead, state.healthy) == (False, False)


def test_what_cannot_be_judged_because_the_log_is_away_is_no_fault_of_this_service():
    away = ConsumerState(last_error="UnavailableError: gone", last_error_time=NOON - timedelta(seconds=5))
    state = stands(beats(3600.0), away)
    assert (state.is_dead, state.healthy) == (False, False)
    assert state.problems[1] == "LOG_AWAY: UnavailableError: gone"
    long_ago = ConsumerState(last_error="UnavailableError: gone", last_error_time=NOON - timedelta(seconds=31))
    assert stands(beats(3600.0), long_ago).is_dead


def test_a_backlog_and_old_rules_are_problems_of_a_living_one():
    behind = ConsumerState(following_since=NOON, members=1, lag_readings=9000, lag_s=20.0)
    state = stands(beats(), behind, ["THRESHOLDS_STALE since noon"])
    assert not state.is_dead
    assert state.problems == [
        "THRESHOLDS_STALE since noon",
        "EVALUATION_BEHIND: the oldest reading that is not judged yet came 20 s ago",
    ]
