"""The figures by which is judged, in one table. Times are in microseconds, as the readings' are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from services.common.epoch import microseconds

SECOND = 1_000_000
DEFAULT_INTERVAL_S = 60  # of a sensor that nobody knows yet
SILENT_AFTER_INTERVALS = 3
# The capture_time of a sensor that has sent nothing: a moment that can be stored, long before any reading.
NEVER = microseconds(datetime.min.replace(tzinfo=UTC))

# Sensors of ±0.3 °C and ±3 % move the perceived temperature by ±0.58 °C: less than that is noise.
_HYSTERESIS = MappingProxyType({"temperature": 0.5, "humidity": 3.0, "pcv_temperature": 0.5})


@dataclass(frozen=True, slots=True)
class Tuning:
    """How is judged.

    Attributes:
        hysteresis: for each metric, how far a value may leave its level's band and still hold it.
        off_delay: for how long readings must be normal before an alert is cleared.
        late: a reading that took longer than this and than three intervals does not page by itself.
        silence: a sensor is never called silent in less than this, however short its interval is.
        no_data_level: the level of the alert about a silent sensor.
        suspect_level: the level of the alert about a sensor that cannot be trusted.
        suspect_after: for how long its readings must be suspect.
    """

    hysteresis: Mapping[str, float] = field(default_factory=lambda: _HYSTERESIS)
    off_delay: int = 0
    late: int = 900 * SECOND
    silence: int = 30 * SECOND
    no_data_level: str = "yellow"
    suspect_level: str = "yellow"
    suspect_after: int = 60 * SECOND

    @property
    def brief(self) -> int:
        """For how long nobody may judge without giving silent sensors time anew: a hand-over, and no outage."""
        return self.silence // 6

    def is_live(self, capture_time: int, receive_time: int, interval: int) -> bool:
        """Tells whether a reading came soon enough to page."""
        return receive_time - capture_time <= max(self.late, SILENT_AFTER_INTERVALS * interval)

    def are_live(
        self, capture_time: NDArray[np.int64], receive_time: NDArray[np.int64], interval: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Tells the same of many."""
        is_live: NDArray[np.bool_] = receive_time - capture_time <= np.maximum(
            self.late, SILENT_AFTER_INTERVALS * interval
        )
        return is_live

    def patience(self, interval: int) -> int:
        """Returns how long a sensor may say nothing."""
        return max(self.silence, SILENT_AFTER_INTERVALS * interval)
