"""By what each sensor is judged: the rules of thresholds and what location says of the sensor. Pure."""

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from services.alert.evaluate.machine import Judge, Machine, Rest
from services.alert.evaluate.tuning import DEFAULT_INTERVAL_S, SECOND, Tuning
from services.common.epoch import moment_of
from services.directory.domain import Directory, Place, Sensor
from services.heat.judging import Band, Rules
from services.heat.ladder import Ladder, ladder
from services.heat.levels import severity

UNKNOWN, IN_SERVICE, OUT_OF_SERVICE = 0, 1, 2

# A range of values that nothing needs to be done about.
Calm = tuple[float, float]
EVERYTHING: Calm = (-math.inf, math.inf)
NONE_AT_ALL: Calm = (math.inf, -math.inf)


@dataclass(frozen=True, slots=True)
class Known:
    """What location says of a sensor: whether it is in service, and its interval in microseconds."""

    service: int
    interval: int


class Rulebook:
    """Rules and directory at one moment; either is None where it has never been seen."""

    def __init__(self, rules: Rules | None, directory: Directory | None, tuning: Tuning) -> None:
        self.tuning = tuning
        self._rules = rules
        self._directory = directory
        self._judges: dict[tuple[str, str, int], Judge | None] = {}
        self.suspicion = self._suspicion()
        # Those whose bands are always the same; what begins or ends at some moment is looked up each time.
        mapped = rules.mapped if rules else {}
        self._dated = {k for k, bands in mapped.items() if any(m.valid_from or m.valid_to for m in bands)}

    @property
    def has_rules(self) -> bool:
        """Whether any rules have ever been seen. Without them no value is judged, and none is normal."""
        return self._rules is not None

    @property
    def revision(self) -> int:
        """The revision of the rules; 0 without any."""
        return self._rules.revision if self._rules else 0

    def known(self, sensor_id: str) -> Known:
        """Returns what location says of a sensor."""
        sensor = self._directory.sensors.get(sensor_id) if self._directory else None
        if sensor is None:
            return Known(UNKNOWN, DEFAULT_INTERVAL_S * SECOND)
        return Known(IN_SERVICE if sensor.is_active else OUT_OF_SERVICE, sensor.interval_s * SECOND)

    def in_service(self) -> Iterator[Sensor]:
        """Yields the sensors that are in service, and so are expected to send."""
        sensors = self._directory.sensors.values() if self._directory else ()
        return (sensor for sensor in sensors if sensor.is_active)

    def may_be_in_service(self, sensor_id: str) -> bool:
        """Tells whether a sensor is in service, or location was never seen."""
        return self._directory is None or self.known(sensor_id).service == IN_SERVICE

    def loc_id(self, sensor_id: str) -> str | None:
        """Returns where a sensor is now, or None where location does not know it, or was never seen."""
        sensor = self._directory.sensors.get(sensor_id) if self._directory else None
        return sensor.loc_id if sensor else None

    def place(self, loc_id: str) -> Place | None:
        """Returns a place, or None where location does not know it, or was never seen."""
        return self._directory.places.get(loc_id) if self._directory else None

    def judge(self, sensor_id: str, metric: str, interval: int, time: int) -> Judge | None:
        """Returns how a metric of a sensor is judged at a moment, or None where no band holds for it."""
        rules = self._rules
        if rules is None:
            return None
        if (sensor_id, metric) in self._dated:
            return self._make(rules, sensor_id, metric, interval, time)
        key = (sensor_id if (sensor_id, metric) in rules.mapped else "", metric, interval)
        if key not in self._judges:
            self._judges[key] = self._make(rules, sensor_id, metric, interval, time)
        return self._judges[key]

    def _make(self, rules: Rules, sensor_id: str, metric: str, interval: int, time: int) -> Judge | None:
        bands = rules.bands(sensor_id, metric, moment_of(time))
        if not bands:
            return None
        return Judge(ladder(tuple(bands)), self.tuning.hysteresis[metric], interval, self.tuning.off_delay)

    def calm(self, sensor_id: str, metric: str) -> Calm:
        """Returns the values of a metric of a sensor that are normal."""
        if self._rules is None:
            return EVERYTHING
        if (sensor_id, metric) in self._dated:
            return NONE_AT_ALL
        own = self._rules.mapped.get((sensor_id, metric))
        bands = tuple(m.band for m in own) if own else self._rules.everywhere.get(metric)
        return ladder(tuple(bands)).calm() if bands else EVERYTHING

    def calm_everywhere(self, metric: str) -> Calm:
        """Returns the same for every sensor without mappings of its own."""
        return self.calm("", metric)

    def mapped(self) -> Collection[tuple[str, str]]:
        """Returns the sensors and metrics that have mappings."""
        return self._rules.mapped.keys() if self._rules else ()

    def rest(self, sensor_id: str, metric: str, interval: int, machine: Machine) -> tuple[Rest, Ladder] | None:
        """Returns which readings leave a machine as it is, by which ladder; None where that depends on the time."""
        judge = None if (sensor_id, metric) in self._dated else self.judge(sensor_id, metric, interval, 0)
        rest = judge.rest(machine) if judge else None
        return (rest, judge.ladder) if judge and rest else None

    def _suspicion(self) -> Judge:
        """Returns how the quality of readings is judged: 0 is good, 1 is suspect."""
        tuning = self.tuning
        band = Band(1.0, math.inf, tuning.suspect_level, duration_s=tuning.suspect_after // SECOND)
        # Without an interval: one suspect reading alone is none too many.
        return Judge(ladder((band,)), 0.0, 0, 0)

    @property
    def no_data_rung(self) -> int:
        """The rung of the alert about a silent sensor."""
        return severity(self.tuning.no_data_level)
