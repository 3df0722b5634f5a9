"""A session that follows a channel, on a real database."""

import asyncio

from services.common.database import Database
from services.common.notifications import ChannelFollower
from services.common.tasks import background
from tests.conftest import service_url

_SETTINGS = "SELECT name, setting FROM pg_settings WHERE name <> 'application_name' AND source = 'client'"


async def test_who_changes_something_over_a_session_that_follows_lets_go_of_it_and_has_it_on_disk_as_everybody(
    admin_url,
):
    """The planner does, with locks on alerts: were its machine cut off, nobody could judge them for hours."""
    url = service_url(admin_url, "alert")
    found = asyncio.get_running_loop().create_future()

    async def look(connection):
        if not found.done():
            found.set_result(dict(await connection.fetch(_SETTINGS)))

    async def lost():
        pass

    database = Database(url, 1, "test")
    async with background(ChannelFollower(url, "nothing", look, lost).run()), database.reader() as other:
        settings = await asyncio.wait_for(found, 5)
        assert settings == dict(await other.fetch(_SETTINGS))
    await database.close()
    assert settings["synchronous_commit"] == "on"
    assert int(settings["idle_in_transaction_session_timeout"]) <= 10_000
