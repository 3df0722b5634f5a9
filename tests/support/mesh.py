"""The services of the catalog in the test's own process, on free ports, on a real database."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from importlib import import_module

from services import catalog
from services.common.server import serve
from services.location.app import APP as LOCATION
from services.realtime.app import APP as REALTIME
from services.thresholds.app import APP as THRESHOLDS
from tests.conftest import settings_of
from tests.support.ports import free_port


class Mesh:
    """Services; each can be stopped, and started again on its port."""

    def __init__(self, admin_url, gate=None, certificates=None):
        """With an issuer of certificates it is one of the secure profile."""
        self._admin_url = admin_url
        self._gate = gate
        self._certificates = certificates
        self._stacks = {}
        self.ports = {}

    async def start(self, app, **variables):
        variables = self.neighbours_of(app.name) | {"MONTRG_PORT": str(self.port(app.name))} | variables
        if self._certificates:
            certs = str(self._certificates.folder(app.name))
            variables |= {"MONTRG_PROFILE": "secure", "MONTRG_CERTS_DIR": certs}
        settings, environment = settings_of(self._admin_url, app.name, **variables)
        stack = self._stacks[app.name] = AsyncExitStack()
        await stack.enter_async_context(serve(app, settings, environment, self._gate))

    def port(self, name):
        """The port of a service, also of one that does not run, or not yet."""
        if name not in self.ports:
            self.ports[name] = free_port()
        return self.ports[name]

    def runs(self, name):
        """Whether a service runs."""
        return name in self._stacks

    def neighbours_of(self, name):
        """Where a service finds those that it calls, whether they run or not."""
        calls = catalog.service(name).calls
        return {f"{called.upper()}_SERVICE_URL": f"127.0.0.1:{self.port(called)}" for called in calls}

    async def stop(self, app):
        await self._stacks.pop(app.name).aclose()

    async def close(self):
        for stack in reversed(self._stacks.values()):
            await stack.aclose()

    def url(self, app):
        return f"127.0.0.1:{self.ports[app.name]}"


@asynccontextmanager
async def aggregating_mesh(admin_url, gate=None, **aggregation):
    """Runs the services with aggregation until the block ends; `aggregation` are settings of that service."""
    async with running_mesh(admin_url, gate) as mesh:
        await start_beside(mesh, "aggregation", **aggregation)
        yield mesh


async def start_beside(mesh, name, **settings):
    """Starts a service of the catalog beside those that it calls, which are started first."""
    for called in catalog.service(name).calls:
        if not mesh.runs(called):
            await start_beside(mesh, called)
    await mesh.start(import_module(f"services.{name}.app").APP, **mesh.neighbours_of(name), **settings)


@asynccontextmanager
async def alerting_mesh(admin_url, **alert):
    """Runs the services with alert until the block ends; `alert` are settings of that service."""
    async with running_mesh(admin_url) as mesh:
        await start_beside(mesh, "alert", **alert)
        yield mesh


@asynccontextmanager
async def running_mesh(admin_url, gate=None, **realtime):
    """Runs the services until the block ends; `realtime` are settings of that service."""
    mesh = Mesh(admin_url, gate)
    try:
        for app in (THRESHOLDS, LOCATION):
            await mesh.start(app, **mesh.neighbours_of(app.name))
        urls = {"LOCATION_SERVICE_URL": mesh.url(LOCATION), "THRESHOLDS_SERVICE_URL": mesh.url(THRESHOLDS)}
        await mesh.start(REALTIME, **urls, **realtime)
        yield mesh
    finally:
        await mesh.close()


async def eventually(check, seconds=30.0):
    """Waits until an async check is true; by itself for as long as a busy machine may need for anything."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await check():
        assert asyncio.get_running_loop().time() < deadline, "it did not come true in time"
        await asyncio.sleep(0.05)
