"""What a sensor's last reading is worth now."""

from datetime import UTC, datetime, timedelta

import pytest

from services.realtime.domain import Reading, current_quality

NOW = datetime(2026, 7, 15, 12, tzinfo=UTC)
READING = Reading("S-1", NOW, NOW, "A", 33.0, 60.0, 33.5, 33.0, 60.0, 33.48, "GOOD", "measured")


@pytest.mark.parametrize(("silent_s", "quality"), [(0, "GOOD"), (180, "GOOD"), (181, "STALE"), (86_400, "STALE")])
def test_a_sensor_silent_for_three_intervals_is_stale(silent_s, quality):
    assert current_quality(READING, 60, NOW + timedelta(seconds=silent_s)) == quality
