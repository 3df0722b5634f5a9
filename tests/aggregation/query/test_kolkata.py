"""A zone whose hours begin at half past, in UTC."""

from datetime import UTC, datetime

import pytest

from tests.aggregation.query.zones import check, fill
from tests.support.mesh import aggregating_mesh

ZONE = "Asia/Kolkata"


@pytest.fixture(scope="module")
async def mesh(admin_url, connection):
    async with aggregating_mesh(admin_url, MONTRG_SITE_TZ=ZONE) as mesh:
        yield mesh


@pytest.fixture(scope="module", autouse=True)
async def written(mesh, connection, write, ask):
    await fill(mesh, connection, write, ask, [datetime(2024, 5, 31, 7, tzinfo=UTC)])


async def test_hours_and_days_begin_at_half_past(connection, ask):
    assert await check(connection, ask, ZONE, "20240601") == [f"{hour:02}" for hour in range(24)]
    (entry,) = (await ask("20240601", start_hour=9, end_hour=9)).locations
    assert entry.date[0].start_time.ToDatetime(UTC) == datetime(2024, 6, 1, 3, 30, tzinfo=UTC)
