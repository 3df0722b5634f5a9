"""The mesh, a consumer's own schema and its replicas, on a database of the module's own."""

import pytest

from services.realtime.app import APP as REALTIME
from tests.chaos.group import Group
from tests.chaos.tally import TABLES, login
from tests.support.mesh import running_mesh
from tests.support.reading_log import prepared


@pytest.fixture(scope="module")
async def connection(admin_url):
    """The admin's connection to a database with the consumer's tables."""
    async with prepared(admin_url, TABLES) as connection:
        yield connection


@pytest.fixture(scope="module")
async def mesh(admin_url, connection):
    """The services that write the log and serve it."""
    async with running_mesh(admin_url) as mesh:
        yield mesh


@pytest.fixture
async def group(admin_url, connection, mesh, tmp_path):
    """The consumer's replicas, none yet, and none left over of an earlier test."""
    await connection.execute("UPDATE tally.log_cursor SET holder = NULL; DELETE FROM tally.log_member")
    group = Group(connection, login(admin_url), mesh.url(REALTIME), tmp_path)
    yield group
    group.close()
