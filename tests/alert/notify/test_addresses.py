"""Where messages go when subscriptions of one address change: nobody gets by it what was told of other places."""

from dataclasses import replace

import pytest

from services.alert.notify.repository import SqlNotifications
from services.common.access.domain import EVERYTHING
from tests.support.notifying import raised, subscription

SHARED, ELSEWHERE = "http://127.0.0.1/shared", "http://127.0.0.1/elsewhere"
OURS, THEIRS = "F-ours", "F-theirs"


@pytest.fixture
def subscribe(planning):
    async def add(factory, **fields):
        wanted = subscription(recipient=SHARED, factory=factory, **fields)
        return (await planning.subscriptions.add(wanted)).subscription_id

    return add


@pytest.fixture
async def digest(planning, connection, subscribe):
    """A digest of one alert of each factory, as a message of our subscription; the ids of both subscriptions."""
    ours = await subscribe(OURS, max_per_minute=1)
    theirs = await subscribe(THEIRS, max_per_minute=1)
    for number, factory in enumerate((OURS, OURS, THEIRS)):
        await raised(connection, sensor_id=f"S-{number}", factory=factory)
    await planning.at(0)
    await planning.at(1)
    found = await planning.outbox("cause", "subscription_id", "recipient")
    assert ("digest", ours, SHARED) in found
    return ours, theirs


def recipients(planning, state, cause):
    query = "SELECT recipient FROM alert.notification WHERE state = $1 AND cause = $2 ORDER BY notification_id"
    return planning.connection.fetch(query, state, cause)


async def move(planning, key):
    await planning.subscriptions.change(key, lambda old: replace(old, recipient=ELSEWHERE))


async def test_what_waits_for_a_subscription_alone_goes_to_its_new_address(planning, connection, subscribe):
    ours = await subscribe(OURS)
    await raised(connection, factory=OURS)
    await planning.at(0)
    await move(planning, ours)
    assert await planning.outbox("recipient") == [ELSEWHERE]


async def test_a_digest_that_also_tells_of_other_places_goes_to_no_new_address(planning, digest):
    await move(planning, digest[0])
    assert [row[0] for row in await recipients(planning, "PENDING", "digest")] == [SHARED]


async def test_a_digest_of_own_places_goes_to_the_new_address(planning, connection, subscribe):
    ours = await subscribe(OURS, max_per_minute=1)
    for number in range(3):
        await raised(connection, sensor_id=f"S-{number}", factory=OURS)
    await planning.at(0)
    await planning.at(1)
    await move(planning, ours)
    assert [row[0] for row in await recipients(planning, "PENDING", "digest")] == [ELSEWHERE]


async def test_what_was_to_be_told_of_other_places_is_not_handed_to_who_has_the_same_address(
    planning, connection, subscribe
):
    theirs = await subscribe(THEIRS)
    await raised(connection, factory=THEIRS)
    await planning.at(0)
    await subscribe(OURS)
    await planning.subscriptions.delete(theirs, EVERYTHING)
    assert await planning.outbox("state", "subscription_id") == [("CANCELLED", theirs)]


async def test_what_was_to_be_told_of_a_place_goes_on_under_another_subscription_of_it(planning, connection, subscribe):
    one = await subscribe(OURS)
    await raised(connection, factory=OURS)
    await planning.at(0)
    other = await subscribe(None)
    await planning.subscriptions.delete(one, EVERYTHING)
    assert await planning.outbox("state", "subscription_id") == [("PENDING", other)]


@pytest.mark.parametrize(("factory", "recipient"), [(OURS, ELSEWHERE), (None, SHARED)])
async def test_a_message_that_is_sent_once_more_goes_to_a_new_address_if_all_of_it_is_of_own_places(
    planning, connection, database, digest, factory, recipient
):
    await connection.execute("UPDATE alert.notification SET state = 'DEAD' WHERE state = 'PENDING'")
    if factory is not None:  # a digest of own places alone
        await connection.execute("UPDATE alert.alert SET factory = $1", factory)
    await move(planning, digest[0])
    number = await connection.fetchval("SELECT notification_id FROM alert.notification WHERE cause = 'digest'")
    assert await SqlNotifications(database).retry(number)
    assert [row[0] for row in await recipients(planning, "PENDING", "digest")] == [recipient]
