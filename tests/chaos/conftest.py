"""The mesh, a consumer's own schema and its replicas, on a database of the module's own."""

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from services.realtime.app import APP as REALTIME
from tests.chaos.group import Group
from tests.chaos.tally import PASSWORD, ROLE, TABLES
from tests.support.mesh import running_mesh
from tests.support.reading_log import prepare


@pytest.fixture(scope="module")
async def connection(admin_url):
    """The admin's connection to a database with the consumer's tables."""
    connection = await asyncpg.connect(admin_url)
    await connection.execute(TABLES)
    await prepare(connection)
    yield connection
    await connection.close()


@pytest.fixture(scope="module")
async def mesh(admin_url, connection):
    """The services that write the log and serve it."""
    async with running_mesh(admin_url) as mesh:
        yield mesh


@pytest.fixture
async def group(admin_url, connection, mesh, tmp_path):
    """The consumer's replicas, none yet, and none left over of an earlier test."""
    await connection.execute("UPDATE tally.log_cursor SET holder = NULL; DELETE FROM tally.log_member")
    url = make_url(admin_url).set(username=ROLE, password=PASSWORD).render_as_string(hide_password=False)
    group = Group(connection, url, mesh.url(REALTIME), tmp_path)
    yield group
    group.close()
