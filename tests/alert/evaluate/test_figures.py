"""What is judged is counted, with what alerts become by it; a consumer that begins anew says so."""

from services.common.telemetry.registry import REGISTRY
from services.realtime.app import APP as REALTIME
from tests.support.directory import register
from tests.support.mesh import eventually

WORDS = ("yellow", "orange", "red", "critical", "recovering", "cleared")


def counted():
    transitions = [REGISTRY.get_sample_value("montrg_evaluator_transitions_total", {"to": word}) for word in WORDS]
    return [REGISTRY.get_sample_value("montrg_evaluator_readings_total"), *transitions]


async def grown(before, *expected):
    async def have():
        return [b - a for a, b in zip(before, counted(), strict=True)] == [*expected]

    await eventually(have)


async def test_each_reading_and_each_thing_that_alerts_become_is_counted_once(location, write, come_to, followed):
    await register(location, "counted", interval_s=10)
    await followed()
    before = counted()
    await write("counted", (-400, 30.0), (-390, 35.0), (-330, 35.2), (-320, 38.4), (-260, 38.2), (-250, 33.0))
    await come_to(
        "counted", *(f"threshold {step}" for step in ("raised:red", "level_up:critical", "level_down:orange"))
    )
    await write("counted", (-240, 30.0))
    await grown(before, 7, 0, 1, 1, 1, 0, 1)


async def test_a_consumer_that_has_to_begin_anew_is_counted(mesh):
    def restarts():
        return REGISTRY.get_sample_value("montrg_reading_log_restarts_total", {"consumer": "alert"})

    before = restarts()
    await mesh.stop(REALTIME)

    async def began_anew():
        return restarts() > before

    await eventually(began_anew)
    await mesh.start(REALTIME)
