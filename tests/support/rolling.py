"""Services of two pods each, found as in a cluster: by neighbours through an egress port, by others at one address."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager

import httpx

from services.catalog import service
from services.mesh.options import Neighbour, RenderOptions
from tests.support.cluster_ip import cluster_ip
from tests.support.envoy import running_envoy
from tests.support.mesh import eventually
from tests.support.names import name_server
from tests.support.pods import Pod, free_offsets
from tests.support.ports import free_ports

ADDRESSES = ("127.0.0.2", "127.0.0.3")
PATIENCE_S = 30.0


class Cluster:
    """The pods of one service.

    Attributes:
        outside: the address that deals connections out.
        egress: the port at which a caller's Envoy takes calls to it.
        admin: the admin port of that Envoy.
    """

    def __init__(self, of_service, pods, names, outside, egress, admin):
        self.pods = pods
        self.outside = outside
        self.egress = egress
        self.admin = admin
        self.name = of_service.name
        self.host = f"{of_service.host}-headless"
        self.neighbour = Neighbour(of_service, [(self.host, pods[0].http_port)], egress)
        self._names = names

    async def start(self):
        await asyncio.gather(*(pod.start() for pod in self.pods))
        self._publish(self.pods)

    async def restart(self, pod, stopping):
        """Restarts a pod; how its processes ended."""

        async def forget():
            self._publish([other for other in self.pods if other is not pod])
            await eventually(lambda: self._have_forgotten(pod), PATIENCE_S)

        codes = await pod.stop(stopping, forget)
        await pod.start()
        self._publish(self.pods)
        return codes

    def _publish(self, pods):
        """Says which pods new connections go to."""
        self._names.addresses[self.host] = [pod.address for pod in pods]
        self.outside.endpoints = [pod.place for pod in pods]

    async def _have_forgotten(self, pod):
        async with httpx.AsyncClient() as client:
            answer = await client.get(f"http://127.0.0.1:{self.admin}/clusters?format=json")
        known = {each["name"]: each.get("host_statuses", []) for each in answer.json()["cluster_statuses"]}
        return pod.address not in [host["address"]["socket_address"]["address"] for host in known[self.name]]


@asynccontextmanager
async def running_clusters(wanted, mesh, admin_url, folder):
    """Runs pods of these services, by name, until the block ends; what they call is in `mesh`."""
    services = [service(name) for name in wanted]
    admin, *egress = free_ports(1 + len(services))
    clusters = []
    async with AsyncExitStack() as stack:
        names = await stack.enter_async_context(name_server())
        for each, offset, port in zip(services, free_offsets(ADDRESSES, services), egress, strict=True):
            neighbours = mesh.neighbours_of(each.name)
            pods = [Pod(each, address, offset, admin_url, folder, **neighbours) for address in ADDRESSES]
            for pod in pods:
                stack.callback(pod.kill)
            outside = await stack.enter_async_context(cluster_ip())
            clusters.append(Cluster(each, pods, names, outside, port, admin))
            await clusters[-1].start()
        options = RenderOptions(services=(), neighbours=[c.neighbour for c in clusters], admin_port=admin)
        envoy = running_envoy(options, folder, names.port)
        await asyncio.to_thread(envoy.__enter__)  # meanwhile it asks for names
        stack.callback(envoy.__exit__, None, None, None)
        yield {cluster.name: cluster for cluster in clusters}
