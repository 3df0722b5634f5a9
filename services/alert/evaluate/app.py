"""Wires the evaluation."""

import grpc

from services.alert.evaluate.figures import READINGS, HeartbeatFigures
from services.alert.evaluate.status import EvaluationStatus
from services.alert.evaluate.tuning import SECOND, Tuning
from services.alert.evaluate.work import EvaluationWork
from services.common.clock import system_clock
from services.common.neighbours import Follower
from services.common.reading_log import LogConsumer, RangeClient
from services.common.server import Context
from services.common.settings import Environment
from services.directory.domain import Directory
from services.heat.judging import Rules
from services.heat.levels import LEVELS

NAME = "alert"
# The more readings a transaction has, the fewer rows it writes for each sensor.
MOST_READINGS = 50_000


def read_tuning(environment: Environment) -> Tuning:
    """Reads how is judged."""
    hysteresis = {
        "temperature": environment.integer("HYSTERESIS_TENTHS", 5, 0, 100) / 10,
        "humidity": environment.integer("HYSTERESIS_HUMIDITY_TENTHS", 30, 0, 500) / 10,
    }
    hysteresis["pcv_temperature"] = hysteresis["temperature"]
    return Tuning(
        hysteresis=hysteresis,
        silence=environment.integer("SILENCE_S", 30, 1, 86_400) * SECOND,
        off_delay=environment.integer("OFF_DELAY_S", 0, 0, 86_400) * SECOND,
        suspect_after=environment.integer("SUSPECT_AFTER_S", 60, 0, 86_400) * SECOND,
        no_data_level=environment.choice("NO_DATA_LEVEL", "yellow", LEVELS),
        suspect_level=environment.choice("SUSPECT_LEVEL", "yellow", LEVELS),
    )


class Evaluator:
    """What judges the readings, and what tells how that goes."""

    def __init__(
        self, context: Context, realtime: grpc.aio.Channel, rules: Follower[Rules], directory: Follower[Directory]
    ) -> None:
        work = EvaluationWork(rules, directory, RangeClient(realtime), read_tuning(context.environment), system_clock)
        self.consumer = LogConsumer(
            NAME,
            work,
            schema=NAME,
            database=context.database,
            database_url=context.settings.database_url,
            channel=realtime,
            most_readings=MOST_READINGS,
            applied=READINGS.inc,
        )
        rules.on_change(self.consumer.tick_soon)
        directory.on_change(self.consumer.tick_soon)
        self.status = EvaluationStatus(
            context.database,
            lambda: self.consumer.state,
            lambda: [note for note in (rules.degraded, directory.degraded) if note],
            system_clock,
        )
        context.add_readiness(self.status.is_ready)
        context.add_sampler(HeartbeatFigures(context.database).sample)
