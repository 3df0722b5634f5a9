"""The mesh, a consumer's own schema and its replicas, on a database of the module's own."""

from contextlib import ExitStack

import pytest

from services.realtime.app import APP as REALTIME
from tests.chaos.group import Group
from tests.chaos.tally import TABLES, login
from tests.support.mesh import running_mesh
from tests.support.reading_log import prepared
from tests.support.replicas import replicas_of


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


@pytest.fixture
def start(admin_url, mesh, tmp_path):
    """Starts a replica of a service, by name, as a process; the first one is given the settings of all."""
    groups = {}
    with ExitStack() as stack:

        def one(name, **variables):
            if name not in groups:
                group = replicas_of(admin_url, name, tmp_path, **mesh.neighbours_of(name), **variables)
                groups[name] = stack.enter_context(group)
            return groups[name].start()

        yield one
