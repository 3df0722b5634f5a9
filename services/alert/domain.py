"""What an alert is, and the words for what becomes of it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

THRESHOLD, NO_DATA, SUSPECT, MANUAL = "threshold", "no_data", "suspect", "manual"
ALERT_TYPES = (THRESHOLD, NO_DATA, SUSPECT, MANUAL)

ACTIVE, RECOVERING, CLEARED = "ACTIVE", "RECOVERING", "CLEARED"
STATES = (ACTIVE, RECOVERING, CLEARED)

# What can happen to an alert.
RAISED, LEVEL_UP, LEVEL_DOWN = "raised", "level_up", "level_down"
RECOVERS, REACTIVATED, CLEARS = "recovering", "reactivated", "cleared"
ACKNOWLEDGED, COMMENTED, SHELVED, UNSHELVED = "acknowledged", "commented", "shelved", "unshelved"
SILENCED, RESOLVED, ESCALATED = "silenced", "resolved", "escalated"
NOTIFIED, NOTIFICATION_FAILED = "notified", "notification_failed"
# A danger that was only known of late pages when the first live reading shows that it lasts.
LIVE = "live"

# Why an alert was cleared.
NORMAL, RULE_REMOVED, SENSOR_REMOVED, DATA_BACK = "normal", "rule_removed", "sensor_removed", "data_back"


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert as it stands. Times are in UTC; what does not apply is None.

    `shelved_level` is the highest level that it had reached when it was shelved.
    """

    alert_id: int
    alert_time: datetime
    loc_id: str
    sensor_id: str | None
    alert_type: str
    alert_level: str
    threshold_id: int | None
    threshold_map_id: int | None
    threshold_type: str | None
    threshold_level: str | None
    measured_value: float | None
    threshold_min: float | None
    threshold_max: float | None
    message: str
    state: str
    clear_time: datetime | None
    clear_reason: str | None
    acknowledged_by: str | None
    acknowledge_time: datetime | None
    shelved_until: datetime | None
    shelved_level: str | None
    silenced: bool
    highest_level: str
    peak_value: float | None
    suspect: bool
    rule_revision: int
    event_seq: int
    update_time: datetime
    plant: str | None
    factory: str | None
    building: str | None
    floor: int | None
    area: str | None
    quiet: bool

    @property
    def is_open(self) -> bool:
        """Whether it is not cleared yet."""
        return self.state != CLEARED


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Whether readings are judged.

    Attributes:
        problems: what is wrong, in words; empty when all is well.
        replicas: how many are at work.
        lag_readings: how many readings wait to be judged.
        lag_s: how long the oldest of them has waited.
        last_time: when the shard that was judged longest ago was; None where one never was.
        rule_revision: that of the rules; the oldest where shards differ.
        is_dead: whether nobody judges some of the shards although the log can be read.
    """

    problems: Sequence[str]
    replicas: int = 0
    lag_readings: int = 0
    lag_s: float = 0.0
    last_time: datetime | None = None
    rule_revision: int = 0
    is_dead: bool = False

    @property
    def healthy(self) -> bool:
        """Whether every reading is judged within seconds."""
        return not self.problems
