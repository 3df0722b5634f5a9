"""What is written of alerts, where what is stored is not what is known."""

import pytest

from services.alert.evaluate import store
from services.alert.evaluate.journal import Journal
from services.alert.evaluate.table import Table
from services.alert.evaluate.watch import OpenAlert, Shown
from services.common.errors import UnavailableError
from tests.support.alerts import raised, threshold_alert

VALUES = "SELECT measured_value, peak_value, unseen FROM alert.alert WHERE alert_id = $1"


async def show(connection, *alert_ids, value=36.0):
    """Writes a new value of each of some alerts, of which nothing else is known."""
    shown = [Shown(OpenAlert(number, 2, 2), value, 36.5, is_suspect=False) for number in alert_ids]
    async with connection.transaction():
        return await store.write(connection, Journal(), Table(), 7, shown=shown, seen=())


async def test_alerts_that_are_known_and_not_stored_are_outdated_knowledge_and_nothing_is_written(
    connection, admin_url
):
    (stored,) = await raised(connection, threshold_alert("stored"))
    with pytest.raises(UnavailableError) as caught:
        await show(connection, stored.alert_id, 2**31 - 1)
    assert caught.value.reason == "OUTDATED"
    assert await connection.fetchval(VALUES, stored.alert_id) == 33.5
    assert await show(connection, stored.alert_id) == []
    assert await connection.fetchval(VALUES, stored.alert_id) == 36.0


async def test_an_alert_that_somebody_has_ended_shows_what_it_showed_and_its_end_is_still_to_be_seen(
    connection, admin_url
):
    (ended,) = await raised(connection, threshold_alert("ended"))
    await connection.execute(
        "UPDATE alert.alert SET state = 'CLEARED', unseen = true WHERE alert_id = $1", ended.alert_id
    )
    before = await connection.fetchrow(VALUES, ended.alert_id)
    assert await show(connection, ended.alert_id) == []
    assert await connection.fetchrow(VALUES, ended.alert_id) == before
    assert before["unseen"]


async def test_an_alert_without_a_newer_value_keeps_the_one_it_has_and_is_newer_only_where_it_shows_something_else(
    connection, admin_url
):
    (stored,) = await raised(connection, threshold_alert("kept"))
    changed = "SELECT update_time FROM alert.alert WHERE alert_id = $1"
    moments = [await connection.fetchval(changed, stored.alert_id)]
    for _ in range(2):
        await show(connection, stored.alert_id, value=None)
        assert tuple(await connection.fetchrow(VALUES, stored.alert_id)) == (33.5, 36.5, False)
        moments.append(await connection.fetchval(changed, stored.alert_id))
    assert moments[0] < moments[1] == moments[2]
