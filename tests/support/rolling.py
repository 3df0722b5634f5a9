"""Services of two pods each, found as in a cluster: by neighbours through an egress port, by others at one address."""

import asyncio
import json
from contextlib import AsyncExitStack, asynccontextmanager

from services.catalog import service
from services.mesh.admin import Admin
from services.mesh.deployed import INGRESS_PORT
from services.mesh.options import Neighbour, RenderOptions
from tests.support.cluster_ip import cluster_ip
from tests.support.envoy import running_envoy
from tests.support.mesh import eventually
from tests.support.names import name_server
from tests.support.pods import Pod, free_offsets
from tests.support.ports import free_ports

ADDRESSES = ("127.0.0.2", "127.0.0.3")
PATIENCE_S = 30.0
# Whom the egress ports call for: it may call all that is called.
CALLER = "alert"


class Cluster:
    """The pods of one service.

    Attributes:
        outside: the address that deals connections out.
        egress: the port at which a caller's Envoy takes calls to it.
        entry: how its callers get in.
    """

    def __init__(self, of_service, pods, names, outside, egress, entry):
        self.pods = pods
        self.outside = outside
        self.egress = egress
        self.entry = entry
        self.name = of_service.name
        self.host = _headless(of_service)
        self.neighbour = Neighbour(of_service, [(self.host, pods[0].http_port)], egress)
        self._names = names
        self.admin: Admin  # of the Envoy with the egress port

    async def start(self):
        await asyncio.gather(*(pod.start() for pod in self.pods))
        self._publish(self.pods)

    async def restart(self, pod, stopping):
        """Restarts a pod; how its processes ended."""

        async def forget():
            self._publish([other for other in self.pods if other is not pod])
            await eventually(lambda: asyncio.to_thread(self._have_forgotten, pod), PATIENCE_S)

        codes = await pod.stop(stopping, forget)
        await pod.start()
        self._publish(self.pods)
        return codes

    def _publish(self, pods):
        """Says which pods new connections go to."""
        self._names.addresses[self.host] = [pod.address for pod in pods]
        self.outside.endpoints = [pod.place for pod in pods]

    def _have_forgotten(self, pod):
        said = json.loads(self.admin.ask("GET", "/clusters?format=json") or "{}").get("cluster_statuses", [])
        known = {each["name"]: each.get("host_statuses", []) for each in said}
        return self.name in known and pod.address not in [
            host["address"]["socket_address"]["address"] for host in known[self.name]
        ]


@asynccontextmanager
async def running_clusters(wanted, mesh, admin_url, folder, entry):
    """Runs pods of these services, by name, until the block ends.

    What one of them calls is in `mesh`, but where all of it is wanted, too: then it is called through the pod's Envoy.
    """
    services = [service(name) for name in wanted]
    admin, *egress = free_ports(1 + len(services))
    offsets = dict(zip(wanted, free_offsets(ADDRESSES, services), strict=True))
    clusters = []
    async with AsyncExitStack() as stack:
        names = await stack.enter_async_context(name_server())
        for each, port in zip(services, egress, strict=True):
            pods = [
                Pod(
                    each, address, offsets[each.name], admin_url, folder,
                    entry=entry, names=names.port, **_neighbours(each, address, offsets, mesh),
                )
                for address in ADDRESSES
            ]  # fmt: skip
            for pod in pods:
                stack.callback(pod.kill)
            outside = await stack.enter_async_context(cluster_ip())
            clusters.append(Cluster(each, pods, names, outside, port, entry))
            await clusters[-1].start()
        options = RenderOptions(services=(), neighbours=[c.neighbour for c in clusters], admin_port=admin)
        options = entry.rendered(options, CALLER).written_to(folder)
        for cluster in clusters:
            cluster.admin = Admin(options.admin)
        envoy = running_envoy(options, folder, names.port)
        await asyncio.to_thread(envoy.__enter__)  # meanwhile it asks for names
        stack.callback(envoy.__exit__, None, None, None)
        yield {cluster.name: cluster for cluster in clusters}


def _neighbours(each, address, offsets, mesh):
    """How a pod finds those that its service calls."""
    if not set(each.calls) <= offsets.keys():
        return mesh.neighbours_of(each.name)
    variables = {"MONTRG_EGRESS": "sidecar"}
    for called in map(service, each.calls):
        variables |= {
            f"MONTRG_{called.name.upper()}_PODS": f"{_headless(called)}:{INGRESS_PORT + offsets[called.name]}",
            f"{called.name.upper()}_SERVICE_URL": f"{address}:{called.grpc_port + offsets[each.name]}",
        }
    return variables


def _headless(of_service):
    return f"{of_service.host}-headless"
