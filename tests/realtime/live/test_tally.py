"""What is counted of sensors and places."""

from services.heat.judging import Band, MappedBand, Rules
from services.heat.quality import FLAT, GOOD, IMPLAUSIBLE, PINNED
from services.realtime.live.tally import METRIC, PLACES, SENSORS, Tally
from tests.realtime.live.boards import NOON, board_of, directory, place, reading, sensor

INFINITY = float("inf")
RULES = Rules({METRIC: [Band(-INFINITY, 31.0, "green"), Band(31.0, 35.0, "yellow"), Band(35.0, INFINITY, "red")]}, {})
THERE = directory(*(sensor(f"s{n}") for n in range(1, 8)), sensor("away", "B-1"), sensor("off", is_active=False))


def perceived(sensor_id, value, **more):
    return reading(sensor_id, **more)._replace(pcv_temperature=value)


def tally_of(*readings, rules=RULES, where=THERE, age=0):
    board = board_of(known=())
    board.set_directory(where)
    board.load(readings, 11)
    board.advance(NOON + age * 1_000_000)
    tally = Tally(where, rules)
    tally.add(board.entries())
    tally.add_unheard(board.unheard({s.sensor_id for s in where.sensors.values() if s.is_active} if where else set()))
    return tally


def test_each_sensor_in_service_counts_once_by_what_its_last_reading_is_worth():
    worth = {"s1": GOOD, "s2": IMPLAUSIBLE, "s3": PINNED, "s4": FLAT, "off": GOOD}
    tally = tally_of(reading("s5", age=-181), *(reading(name, quality=code) for name, code in worth.items()))
    counts = tally.sensors()
    assert {word: counts["F1", word] for word in SENSORS} == {
        "good": 1, "implausible": 1, "pinned": 1, "flat": 1, "stale": 1, "never": 2,
    }  # fmt: skip
    assert counts["F2", "never"] == 1
    assert counts["F2", "good"] == 0
    assert set(counts) == {(factory, word) for factory in ("F1", "F2") for word in SENSORS}


def test_a_place_has_the_level_of_the_worst_of_its_sensors_that_are_heard():
    tally = tally_of(perceived("s1", 30.0), perceived("s2", 33.0), perceived("s3", 39.0, age=-200))
    counts = tally.places()
    assert {word: counts["F1", word] for word in PLACES} == dict.fromkeys(PLACES, 0) | {"yellow": 1}
    assert tally.highest() == {("F1",): 33.0}
    assert tally.newest == NOON


def test_a_place_of_which_nothing_is_heard_or_that_nothing_judges_is_unknown():
    silent = tally_of(perceived("s1", 39.0, age=-200))
    assert silent.places()["F1", "unknown"] == 1
    assert silent.highest() == {}
    assert tally_of(perceived("s1", 39.0), rules=None).places()["F1", "unknown"] == 1
    assert tally_of(reading("s1")).places()["F1", "unknown"] == 1


def test_a_sensor_with_limits_of_its_own_is_judged_by_those():
    own = MappedBand(Band(20.0, INFINITY, "critical"), None, None)
    rules = Rules(RULES.everywhere, {("s2", METRIC): [own]})
    tally = tally_of(perceived("s1", 30.0), perceived("s2", 30.0, loc_id="B-1"), rules=rules)
    assert tally.places()["F1", "green"] == 1
    assert tally.places()["F2", "critical"] == 1


def test_what_is_at_no_known_place_counts_as_other():
    where = directory(sensor("s1", "gone"), sensor("s2", "gone"), places=[place("A-1")])
    tally = tally_of(perceived("s1", 36.0, loc_id="gone"), where=where)
    assert tally.sensors()["other", "good"] == tally.sensors()["other", "never"] == 1
    assert tally.places()["other", "red"] == 1


def test_before_location_was_reached_every_sensor_that_has_sent_counts():
    tally = tally_of(reading("s1"), reading("nobody"), where=None)
    assert tally.sensors() == {("other", "good"): 2}
