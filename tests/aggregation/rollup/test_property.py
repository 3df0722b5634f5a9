"""Whatever is sent in whatever order, each rollup is what plain SQL makes of the readings that are stored."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.rollups import assert_rollups_are_right, followed

# Around the clock's moves of New York and a month's end: few moments, so that many readings are sent again or differ.
MOMENTS = [
    *(datetime(2025, 11, 2, 3, 50, tzinfo=UTC) + timedelta(minutes=7 * i) for i in range(60)),
    *(datetime(2026, 3, 8, 5, 0, tzinfo=UTC) + timedelta(minutes=13 * i) for i in range(30)),
    *(datetime(2026, 2, 1, 4, 59, 59, 999_000, tzinfo=UTC) + timedelta(milliseconds=i) for i in range(3)),
]
row = st.tuples(
    st.sampled_from(["A-1", "A-1b", "A-2", "B-1"]),
    st.sampled_from(MOMENTS),
    st.integers(-2000, 5900).map(lambda hundredths: hundredths / 100),
    st.integers(0, 10000).map(lambda hundredths: hundredths / 100),
)


@pytest.fixture(scope="module")
def zone():
    return "America/New_York"


@settings(max_examples=30)
@given(batches=st.lists(st.lists(row, min_size=1, max_size=40), min_size=1, max_size=5))
async def test_rollups_equal_what_plain_sql_makes_of_the_readings(connection, write, zone, batches):
    for batch in batches:
        await write(*batch)
    await followed(connection)
    await assert_rollups_are_right(connection, zone)
