"""What is written of alerts, where what is stored is not what is known."""

import pytest

from services.alert.evaluate import store
from services.alert.evaluate.journal import Episode, Journal
from services.alert.evaluate.table import Table
from services.alert.evaluate.watch import OpenAlert
from services.common.errors import UnavailableError
from tests.support.alerts import raised, threshold_alert


def journal_of(*alert_ids):
    """A new value of each of some alerts."""
    journal = Journal()
    for number in alert_ids:
        alert = OpenAlert(number, 2, 2, 36.0)
        journal.episodes.append(Episode(f"s-{number}", "pcv_temperature", alert, values=(36.0, True)))
    return journal


async def test_alerts_that_are_known_and_not_stored_are_outdated_knowledge_and_nothing_is_written(
    connection, admin_url
):
    (stored,) = await raised(connection, threshold_alert("stored"))
    with pytest.raises(UnavailableError) as caught:
        async with connection.transaction():
            await store.write(connection, journal_of(stored.alert_id, 2**31 - 1), Table(), 7, ())
    assert caught.value.reason == "OUTDATED"
    value = "SELECT measured_value FROM alert.alert WHERE alert_id = $1"
    assert await connection.fetchval(value, stored.alert_id) == 33.5
    async with connection.transaction():
        assert await store.write(connection, journal_of(stored.alert_id), Table(), 7, ()) == []
    assert await connection.fetchval(value, stored.alert_id) == 36.0
