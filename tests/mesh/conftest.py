"""One Envoy, with a backend of its own for each service that it serves, for all end-to-end tests of this folder."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from services.catalog import SERVICES
from services.mesh.access_log import AccessLog
from services.mesh.options import RenderOptions
from tests.mesh.backend import Backend
from tests.support.envoy import running_envoy
from tests.support.ports import free_ports


@dataclass(frozen=True, slots=True)
class Mesh:
    """The addresses of the running Envoy, by service, and the backends of thresholds and location; others have none.

    `gateway` is the address at which all of them are.
    """

    addresses: Mapping[str, str]
    gateway: str
    thresholds_backend: Backend
    locations_backend: Backend
    access_log: Path


@pytest_asyncio.fixture(scope="session")
async def mesh(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Mesh]:
    folder = tmp_path_factory.mktemp("envoy")
    grpc_t, grpc_l, nobody, admin, gateway, *rest = free_ports(5 + len(SERVICES))
    rest_ports = {service.name: port for service, port in zip(SERVICES, rest, strict=True)}
    backends = Backend(grpc_t), Backend(grpc_l)
    for backend in backends:
        await backend.start()
    # The second process of thresholds is dead from the start: nobody may notice.
    ports = {name: [nobody] for name in rest_ports} | {"thresholds": [grpc_t, nobody], "location": [grpc_l]}
    options = RenderOptions(
        rest_ports=rest_ports,
        upstreams={name: [("127.0.0.1", port) for port in of_service] for name, of_service in ports.items()},
        gateway_port=gateway,
        admin_port=admin,
        access_log=AccessLog(folder / "access.log"),
    )
    envoy = running_envoy(options, folder)
    await asyncio.to_thread(envoy.__enter__)
    addresses = {name: f"127.0.0.1:{port}" for name, port in rest_ports.items()}
    yield Mesh(addresses, f"127.0.0.1:{gateway}", *backends, folder / "access.log")
    await asyncio.to_thread(envoy.__exit__, None, None, None)
    for backend in backends:
        await backend.stop()


async def until(client: httpx.AsyncClient, path: str, status: int) -> httpx.Response:
    """Asks until the answer has that status."""
    for _ in range(100):
        answer = await client.get(path)
        if answer.status_code == status:
            return answer
        await asyncio.sleep(0.1)
    raise AssertionError(f"{path} stayed {answer.status_code}: {answer.text}")


# Tests that are not async stop the backends meanwhile, and after a few of them Envoy takes those for dead: each module
# begins when it no longer does.
@pytest_asyncio.fixture(scope="module")
async def thresholds(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://{mesh.addresses['thresholds']}", timeout=15) as client:
        await until(client, "/api/v1/thresholds/3", 200)
        yield client


@pytest_asyncio.fixture(scope="module")
async def locations(mesh: Mesh) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://{mesh.addresses['location']}", timeout=15) as client:
        await until(client, "/api/v1/locations", 200)
        yield client
