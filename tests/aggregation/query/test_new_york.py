"""A zone that puts its clock forward and back."""

from datetime import UTC, datetime

import pytest

from tests.aggregation.query.zones import check, fill
from tests.support.mesh import aggregating_mesh

ZONE = "America/New_York"
DAY = [f"{hour:02}" for hour in range(24)]


@pytest.fixture(scope="module")
async def mesh(admin_url, connection):
    async with aggregating_mesh(admin_url, MONTRG_SITE_TZ=ZONE) as mesh:
        yield mesh


@pytest.fixture(scope="module", autouse=True)
async def written(mesh, connection, write, ask):
    await fill(
        mesh, connection, write, ask, [datetime(2024, 3, 9, 12, tzinfo=UTC), datetime(2024, 11, 2, 12, tzinfo=UTC)]
    )


async def test_a_day_on_which_the_clock_is_put_back_has_two_hours_of_one_name(connection, ask):
    assert await check(connection, ask, ZONE, "20241103") == ["00", "01", *DAY[1:]]
    assert await check(connection, ask, ZONE, "20241103", start_hour=1, end_hour=1) == ["01", "01"]


async def test_a_day_on_which_the_clock_is_put_forward_lacks_an_hour(connection, ask):
    assert await check(connection, ask, ZONE, "20240310") == [*DAY[:2], *DAY[3:]]


async def test_a_night_in_which_the_clock_is_put_back_is_an_hour_longer(ask):
    (entry,) = (await ask("20241102", start_hour=23, end_hour=3)).locations
    assert [(row.ymd, row.hour) for row in entry.date] == [
        ("20241102", "23"), *(("20241103", hour) for hour in ("00", "01", "01", "02", "03"))
    ]  # fmt: skip
