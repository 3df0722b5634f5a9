"""What answers say of the consumer that they rely on."""

from datetime import UTC, datetime

import pytest

from services.aggregation.query.condition import Condition, Look
from services.common.reading_log import ConsumerState

SINCE = datetime(2026, 7, 15, tzinfo=UTC)
MINE = frozenset(range(16))


class Seen:
    """A store that has seen something, or is away."""

    def __init__(self, look):
        self._look = look

    async def look(self):
        if self._look is None:
            raise ConnectionError
        return self._look


class Fresh:
    degraded = None


def condition(state, look=None):
    return Condition(Seen(look), Fresh(), lambda: state, "Asia/Seoul", lambda error: isinstance(error, OSError))


@pytest.mark.parametrize(
    ("state", "is_behind"),
    [
        (ConsumerState(following_since=SINCE, members=1, shards=MINE), False),
        (ConsumerState(following_since=SINCE, members=1, shards=MINE, lag_readings=5, lag_s=60.0), False),
        (ConsumerState(following_since=SINCE, members=1, shards=MINE, lag_readings=5, lag_s=60.1), True),
        (ConsumerState(members=2), False),
        (ConsumerState(members=2, shards=frozenset([1])), True),
        (ConsumerState(members=1), True),
        (ConsumerState(), True),
    ],
)
def test_rollups_are_behind_where_nobody_follows_or_readings_wait(state, is_behind):
    assert [note.partition(":")[0] for note in condition(state).notes()] == ["ROLLUPS_BEHIND"] * is_behind


async def test_before_the_first_rollup_the_configured_zone_counts():
    assert (await condition(ConsumerState(), Look(None, is_rebuilding=False)).calendar()).zone.key == "Asia/Seoul"
    assert (
        await condition(ConsumerState(), Look("Asia/Kolkata", is_rebuilding=False)).calendar()
    ).zone.key == "Asia/Kolkata"


async def test_without_a_database_the_zone_is_not_made_up():
    with pytest.raises(ConnectionError):
        await condition(ConsumerState()).calendar()
