"""That nobody judges the readings any more is noticed by what the log knows of the consumer."""

from datetime import UTC, datetime, timedelta

import pytest

from services.realtime.live.evaluation import Pulse
from services.realtime.log.domain import Consumer

NOON = datetime(2026, 7, 15, 12, tzinfo=UTC)


def at(seconds):
    return NOON + timedelta(seconds=seconds)


def consumer(reported, seq=5, lag_batches=0):
    return Consumer("alert", seq, at(reported), lag_batches, lag_batches * 10, float(lag_batches))


def dead_since(seconds):
    return f"EVALUATION_DEAD since {at(seconds):%Y-%m-%dT%H:%M:%SZ}: readings are stored, but nobody is alerted"


def test_a_log_without_that_consumer_has_nobody_to_miss():
    assert Pulse(NOON).note(None, at(3600)) is None


@pytest.mark.parametrize(("now", "note"), [(100, None), (115, None), (116, dead_since(100))])
def test_a_consumer_that_does_not_report_is_dead_after_a_while(now, note):
    pulse = Pulse(NOON)
    assert pulse.note(consumer(100), at(100)) is None
    assert pulse.note(consumer(100), at(now)) == note


def test_one_that_reports_and_does_not_move_although_readings_wait_is_dead_too():
    pulse = Pulse(NOON)
    notes = [pulse.note(consumer(t, lag_batches=3), at(t)) for t in range(0, 30, 5)]
    assert notes == [None, None, None, None, dead_since(0), dead_since(0)]
    assert pulse.note(consumer(30, seq=6, lag_batches=2), at(30)) is None


def test_one_that_has_nothing_to_do_need_not_move():
    pulse = Pulse(NOON)
    assert {pulse.note(consumer(t), at(t)) for t in range(0, 300, 5)} == {None}


def test_what_was_before_somebody_looked_is_given_time():
    pulse = Pulse(at(0))
    assert pulse.note(consumer(-3600), at(10)) is None
    assert pulse.note(consumer(-3600), at(16)) == dead_since(0)
