"""The alert history service on a database of the module's own."""

import asyncpg
import grpc
import pytest
from montrg.alert_history.v1 import alert_history_service_pb2_grpc as rpc

from services.alert_history.app import APP
from services.common.server import serve
from tests.conftest import settings_of
from tests.support.callers import BelievingGate


@pytest.fixture(scope="module")
async def channel(admin_url):
    settings, environment = settings_of(admin_url, "alert_history")
    serving = serve(APP, settings, environment, BelievingGate())
    async with serving as port, grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel


@pytest.fixture(scope="module")
def sink(channel):
    return rpc.AlertEventServiceStub(channel)


@pytest.fixture(scope="module")
def history(channel):
    return rpc.AlertHistoryServiceStub(channel)


@pytest.fixture(scope="module")
async def connection(admin_url):
    """The admin's connection."""
    connection = await asyncpg.connect(admin_url)
    yield connection
    await connection.close()
