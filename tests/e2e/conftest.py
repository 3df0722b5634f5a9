"""The whole mesh for each module that asks: real services, a real database, a real Envoy."""

import logging

import httpx
import pytest

from services import catalog
from services.mesh.options import RenderOptions
from tests.support.envoy import running_envoy
from tests.support.mesh import eventually, running_mesh, start_beside
from tests.support.ports import free_ports
from tests.support.rest import Rest

NAMES = [service.name for service in catalog.SERVICES]


@pytest.fixture(scope="module")
async def rest(request, admin_url, tmp_path_factory):
    """Realtime is given the settings that the module's REALTIME_SETTINGS holds, if it has one."""
    admin_port, gateway, *ports = free_ports(len(NAMES) + 2)
    rest_ports = dict(zip(NAMES, ports, strict=True))
    async with running_mesh(admin_url, **getattr(request.module, "REALTIME_SETTINGS", {})) as mesh:
        for name in NAMES:
            if not mesh.runs(name):
                await start_beside(mesh, name)
        upstreams = {name: [("127.0.0.1", mesh.ports[name])] for name in NAMES}
        options = RenderOptions(admin_port=admin_port, rest_ports=rest_ports, gateway_port=gateway, upstreams=upstreams)
        with running_envoy(options, tmp_path_factory.mktemp("envoy")) as envoy:
            async with httpx.AsyncClient(timeout=20) as client:
                rest = Rest(client, {**rest_ports, catalog.GATEWAY.name: gateway})
                await eventually(lambda: all_answer(rest))
                place = {"loc_id": "A-1", "factory": "제1 공장", "building": "B1", "floor": 2, "area": "도장"}
                assert (await rest("POST", "location", "/api/v1/locations/", json=place)).status_code == 201
                yield rest
                assert envoy.poll() is None


async def all_answer(rest):
    """Tells whether every service lives and reaches its database, as Envoy sees it."""
    return all([(await rest("GET", name, "/ready")).status_code == 200 for name in NAMES])


@pytest.fixture(scope="module")
async def known(rest):
    """A sensor that is registered."""
    await rest.register("known")


@pytest.fixture(scope="module")
def complaints():
    """What the services or grpc log as an error: what nobody foresaw."""
    handler = _Complaints(logging.ERROR)
    # Not asyncio, which complains of what an earlier module left whenever that is collected.
    loggers = [logging.getLogger(name) for name in ("services", "grpc")]
    for logger in loggers:
        logger.addHandler(handler)
    yield handler.records
    for logger in loggers:
        logger.removeHandler(handler)


class _Complaints(logging.Handler):
    def __init__(self, level):
        super().__init__(level)
        self.records = []

    def emit(self, record):
        self.records.append(f"{record.getMessage()}: {record.exc_info}")
