"""How many messages a recipient takes in a minute."""

from datetime import timedelta

import pytest

from services.alert.notify.storms import released, room_time
from tests.support.notifying import NOW


def ago(*seconds):
    return [NOW - timedelta(seconds=s) for s in seconds]


@pytest.mark.parametrize(
    ("sent", "waiting", "wanted", "at_once"),
    [
        ([], False, 3, 3),
        ([], False, 12, 10),
        (ago(*range(9)), False, 3, 1),
        (ago(*range(10)), False, 3, 0),
        (ago(*range(10, 30)), False, 3, 0),
        (ago(60, 60, 60, 60, 60, 60, 60, 60, 60, 60), False, 3, 3),
        ([], True, 3, 0),
    ],
)
def test_no_more_than_ten_go_in_a_sliding_minute_and_none_before_those_that_wait(sent, waiting, wanted, at_once):
    assert released(sent, waiting, wanted, 10, NOW) == at_once


@pytest.mark.parametrize(
    ("sent", "seconds"),
    [
        ([], 0),
        (ago(59), 0),
        (ago(59, 1), 1),
        (ago(50, 40, 1), 20),
    ],
)
def test_there_is_room_again_when_enough_of_them_are_a_minute_old(sent, seconds):
    assert room_time(sent, 2, NOW) == NOW + timedelta(seconds=seconds)
