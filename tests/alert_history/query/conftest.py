"""A history made up at random, which the tests of a module read."""

import pytest

from tests.support.alert_events import append, stories

ALERTS = 700


@pytest.fixture(scope="module")
async def events(sink):
    events = stories(ALERTS, seed=7)
    assert (await append(sink, *events)).appended == len(events)
    return events
