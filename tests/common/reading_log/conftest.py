"""The mesh and a consumer's own schema in the module's database."""

import asyncpg
import pytest
from sqlalchemy.engine import make_url

from services.realtime.app import APP as REALTIME
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
def tally_url(admin_url, connection):
    """The consumer's login."""
    return make_url(admin_url).set(username=ROLE, password=PASSWORD).render_as_string(hide_password=False)


@pytest.fixture(scope="module")
async def mesh(admin_url, connection):
    """The services that write the log and serve it."""
    async with running_mesh(admin_url) as mesh:
        yield mesh


@pytest.fixture(scope="module")
def target(mesh):
    """Where the log is served."""
    return mesh.url(REALTIME)
