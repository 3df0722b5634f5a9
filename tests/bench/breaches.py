"""A thousand sensors that send a reading a second each, in batches; now and then one of them becomes too hot.

Batches leave when it is their time, whatever became of those before: who falls behind is measured from when they should
have left.
"""

import asyncio
from dataclasses import dataclass

BATCHES_S, READINGS = 50, 20
SENSORS = BATCHES_S * READINGS  # a reading a second of each
# Seconds before the first breach; batches between two of them, no divisor of a second, so that they come at every part
# of one; batches that a sensor stays hot.
QUIET_S, EVERY, HOT = 3, 7, 5 * BATCHES_S
LIMIT, NORMAL, TOO_HOT, HUMIDITY = 35, 24.0, 40.0, 60.0
# What has not come so long after the last batch is lost.
PATIENCE_S = 15.0


@dataclass(frozen=True)
class Found:
    """What became of the breaches: milliseconds from each reading to the message about it, and how many had none."""

    delays_ms: list[float]
    lost: int

    @property
    def breaches(self):
        """How many there were."""
        return len(self.delays_ms) + self.lost

    def quantile(self, share):
        """The delay that this share of them was within."""
        return sorted(self.delays_ms)[min(len(self.delays_ms) - 1, int(len(self.delays_ms) * share))]


class Breaches:
    """Which sensor becomes hot with which batch; each does so once."""

    def __init__(self, seconds):
        self.batches = seconds * BATCHES_S
        begins = range(QUIET_S * BATCHES_S, self.batches, EVERY)
        self._begins = {
            begin % BATCHES_S * READINGS + number // BATCHES_S: begin for number, begin in enumerate(begins)
        }
        assert len(self._begins) == len(begins), "give fewer seconds: there is no sensor left to become hot"

    def batch(self, number):
        """The sensors of a batch, each with its temperature."""
        first = number % BATCHES_S * READINGS
        return {sensor_name(n): self._temperature(number, n) for n in range(first, first + READINGS)}

    def _temperature(self, number, sensor):
        begin = self._begins.get(sensor, self.batches)
        return TOO_HOT if begin <= number < begin + HOT else NORMAL

    async def run(self, write, came):
        """Has every batch written; `came` tells when the first message about each sensor did, by name."""
        clock = asyncio.get_running_loop().time
        began = clock()
        async with asyncio.TaskGroup() as group:
            for number in range(self.batches):
                await asyncio.sleep(max(0.0, began + number / BATCHES_S - clock()))
                group.create_task(write(self.batch(number)))
        until = clock() + PATIENCE_S
        while len(times := came()) < len(self._begins) and clock() < until:
            await asyncio.sleep(0.1)
        left = {sensor_name(n): began + begin / BATCHES_S for n, begin in self._begins.items()}
        delays = [(times[name] - at) * 1000 for name, at in left.items() if name in times]
        return Found(delays, len(left) - len(delays))


def sensor_name(number):
    """The name of a sensor."""
    return f"breach-{number:04d}"
