"""What is rolled up is counted."""

from datetime import UTC, datetime

from services.common.telemetry.registry import REGISTRY
from tests.support.mesh import eventually

JUNE = datetime(2026, 6, 1, tzinfo=UTC)


async def test_each_reading_is_counted_once_and_each_hour_of_a_sensor_that_it_adds_to(write):
    def counted():
        return [REGISTRY.get_sample_value(f"montrg_rollup_{what}_total") for what in ("readings", "hours")]

    before = counted()
    await write(*((sensor, JUNE.replace(minute=minute), 20.0, 50.0) for sensor in ("A-1", "B-1") for minute in (1, 2)))

    async def have():
        return [b - a for a, b in zip(before, counted(), strict=True)] == [4, 2]

    await eventually(have)
