"""Trends, links and what both streams have told."""

from datetime import timedelta

import pytest
from montrg.alert.v1 import alert_service_pb2 as alert_pb2
from montrg.realtime.v1 import realtime_service_pb2 as pb2

from services.watch import convert
from services.watch.board import Alerted, Measured
from services.watch.domain import FELT, HUMIDITY, TEMPERATURE, Wanted, judged
from services.watch.link import Link, State, worst
from services.watch.trend import DOWN, FLAT, MOST, UP, Trend, bars
from tests.support.watched import HOUR, NOW, alert, board, seen

S = timedelta(seconds=1)


def trend(*values, every_s=1.0):
    made = Trend()
    for n, value in enumerate(values):
        made = made.then(n * every_s, value)
    return made


@pytest.mark.parametrize(
    ("values", "direction"), [((), FLAT), ((30.0, 30.1), FLAT), ((30.0, 30.3), UP), ((30.0, 31.0, 29.0), DOWN)]
)
def test_a_trend_goes_where_its_ends_say(values, direction):
    assert trend(*values).direction == direction


def test_a_trend_of_a_day_is_no_longer_than_one_of_a_minute():
    day = trend(*[30 + n / 86_400 for n in range(86_400)])
    assert len(day.values) <= MOST
    assert day.values[-1] == 30 + 86_399 / 86_400
    assert list(day.values) == sorted(day.values)
    assert day.values[0] < 30.3


def test_bars_show_the_last_values_and_no_noise():
    assert bars((0.0, 30.0, 31.0, 32.0), 3, "▁▄█") == "▁▄█"
    assert bars((30.0, 30.1), 8, "▁▂▃▄▅▆▇█") == "▁▂"
    assert bars((30.0,), 8, "▁█") == ""


def test_a_link_is_live_lost_and_after_twenty_seconds_of_silence_stale():
    link = Link("realtime", NOW)
    assert link.state(NOW + 60 * S) is State.RECONNECTING  # it never told anything that could be stale
    link = link.hear(NOW)
    assert link.state(NOW + 19 * S) is State.LIVE
    assert link.state(NOW + 20 * S) is State.STALE
    lost = link.lose(NOW + S, "refused").lose(NOW + 9 * S, "still refused")
    assert (lost.lost, lost.cause, lost.state(NOW + 9 * S)) == (NOW + S, "still refused", State.RECONNECTING)
    assert lost.state(NOW + 20 * S) is State.STALE
    assert lost.hear(NOW + 30 * S).state(NOW + 30 * S) is State.LIVE


def test_of_two_links_the_one_that_holds_least_counts():
    good, bad = Link("realtime", None, NOW), Link("alert", None, NOW - 40 * S)
    assert worst((good, bad), NOW, 20 * S) is bad
    assert worst((bad, good), NOW, 20 * S) is bad


def test_changes_replace_and_a_snapshot_forgets():
    known = board(seen("A"), seen("B"))
    known.measured(Measured(False, [seen("A", 35.0, "red")], ["S-B"], ["X"], HOUR))
    assert [(each.sensor_id, each.level) for each in known.seen] == [("S-A", "red")]
    assert known.trend("S-A").values == (35.0,)
    assert (known.degraded, known.trend("S-B").values) == (["X"], ())
    known.measured(Measured(True, [seen("C")], [], [], HOUR))
    assert [each.sensor_id for each in known.seen] == ["S-C"]


def test_a_silent_sensor_adds_nothing_to_its_trend():
    known = board(seen("A", 35.0, quality="stale"))
    assert known.trend("S-A").values == ()


def test_alerts_come_worst_and_newest_first_and_go_when_they_are_cleared():
    known = board(alerts=[alert(1, "orange"), alert(2, "red", minutes=9), alert(3, "red", minutes=5)])
    assert [each.alert_id for each in known.alerts] == [3, 2, 1]
    known.alerted(Alerted(False, [], [3], ()))
    assert [each.alert_id for each in known.alerts] == [2, 1]


def test_alerts_of_another_floor_are_left_out_by_which_the_stream_does_not_filter():
    assert board(alerts=[alert(1)], wanted=Wanted(floor=2)).alerts == []
    assert len(board(alerts=[alert(1)], wanted=Wanted(floor=1, building="B1")).alerts) == 1


def test_what_would_steer_a_terminal_is_taken_out_of_names():
    message = pb2.WatchMeasurementsResponse(kind=pb2.WatchMeasurementsResponse.SNAPSHOT)
    message.measurements.add(sensor_id="S", location=pb2.Place(loc_id="A", area="Line\x1b[2J 도장"))
    (found,) = convert.measured(message).seen
    assert found.where.name == "A Line?[2J 도장"


def test_a_measurement_without_limits_has_no_level_and_zero_is_a_value():
    message = pb2.WatchMeasurementsResponse(kind=pb2.WatchMeasurementsResponse.CHANGES, ymd="20260715", hh="09")
    made = message.measurements.add(sensor_id="S", quality=pb2.Measurement.SUSPECT, quality_reason="flat")
    made.metrics.temperature.value = 0.0
    made.metrics.pcv_temperature.value = 0.0
    told = convert.measured(message)
    (found,) = told.seen
    assert (found.level, found.felt, found.temperature, found.humidity) == (None, 0.0, 0.0, None)
    assert (found.quality, found.reason, told.is_all, told.hour) == ("suspect", "flat", False, "2026071509")


@pytest.mark.parametrize(
    ("felt", "temperature", "humidity", "found"),
    [
        ("green", "critical", "yellow", ("critical", TEMPERATURE)),
        ("yellow", "green", "orange", ("orange", HUMIDITY)),
        ("red", "red", "red", ("red", FELT)),
        ("green", "red", "red", ("red", TEMPERATURE)),
        ("green", None, None, ("green", FELT)),
        ("green", None, "green", ("green", FELT)),
        (None, "yellow", None, ("yellow", TEMPERATURE)),
        (None, "green", "green", (None, FELT)),
        (None, None, None, (None, FELT)),
    ],
)
def test_a_sensor_is_as_bad_as_the_worst_of_its_metrics(felt, temperature, humidity, found):
    assert judged(felt, temperature, humidity) == found
    message = pb2.WatchMeasurementsResponse(kind=pb2.WatchMeasurementsResponse.SNAPSHOT)
    metrics = message.measurements.add(sensor_id="S").metrics
    for metric, level in (
        (metrics.pcv_temperature, felt),
        (metrics.temperature, temperature),
        (metrics.humidity, humidity),
    ):
        metric.value = 30.0
        if level is not None:
            metric.level = level
    (sensor,) = convert.measured(message).seen
    assert (sensor.level, sensor.by) == found


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"alert_type": "threshold", "threshold_type": "pcv_temperature", "measured_value": 35.04}, "felt 35.0 °C"),
        ({"alert_type": "no_data", "sensor_id": "S-1"}, "S-1 is silent"),
        ({"alert_type": "suspect", "sensor_id": "S-1"}, "S-1 sends what cannot be trusted"),
        ({"alert_type": "manual", "message": "someone\nfell"}, "someone?fell"),
    ],
)
def test_an_alert_says_what_is_the_matter(fields, what):
    message = alert_pb2.WatchAlertsResponse(alerts=[alert_pb2.Alert(state=alert_pb2.Alert.ACTIVE, **fields)])
    assert convert.alerted(message).opened[0].what == what
