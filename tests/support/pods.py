"""Pods of a service on loopback addresses: each its process and its Envoy, started and stopped as in a cluster."""

import asyncio
import os
import random
import socket
import subprocess
import sys
from dataclasses import dataclass

import httpx

from services import catalog
from services.mesh.deployed import ADMIN_PORT, INGRESS_PORT, STATUS_PORT
from services.mesh.options import ROOT
from tests.conftest import service_url
from tests.support.mesh import eventually

START_S, STOP_S = 90.0, 60.0


@dataclass(frozen=True, slots=True)
class Stopping:
    """How a cluster stops a pod.

    Attributes:
        forgotten_s: seconds after which no new connection goes to the pod.
        pre_stop_s: seconds after which its service is told to stop, at the earliest; its Envoy is told at once.
    """

    forgotten_s: float
    pre_stop_s: float


class Pod:
    """One pod. Its log is `folder`/<address>-<service>.log."""

    def __init__(self, service, address, offset, admin_url, folder, *, entry, names, **variables):
        """Takes how its callers get in, and the port of the name server that its Envoy asks."""
        grpc_port = service.grpc_port + offset
        self._entry = entry
        self._names = str(names)
        self.service = service
        self.address = address
        self.http_port = INGRESS_PORT + offset
        self.grpc_port = grpc_port
        self._environment = os.environ | {
            "MONTRG_DATABASE_URL": service_url(admin_url, service.name),
            "MONTRG_HOST": address,
            "MONTRG_PORT": str(grpc_port),
            "MONTRG_ENVOY_HOST": address,
            "MONTRG_ENVOY_LOOPBACK": address,
            "MONTRG_PORT_OFFSET": str(offset),
            "MONTRG_LINGER_MS": "1000",  # as the ConfigMaps have it
            **entry.variables(service.name),
            **variables,
        }
        self._log = folder / f"{address}-{service.name}.log"
        self._processes = []

    @property
    def place(self):
        """Where callers find it."""
        return self.address, self.http_port

    async def start(self):
        """Starts it and waits until it is ready."""
        name = self.service.name
        commands = (["services.cli", "serve", name], ["tests.support.sidecar", name, self._names])
        with self._log.open("ab") as output:
            self._processes = [
                subprocess.Popen(
                    [sys.executable, "-m", *words],
                    cwd=ROOT, env=self._environment, stdout=output, stderr=output,
                )
                for words in commands
            ]  # fmt: skip
        await eventually(self._is_ready, START_S)

    async def stop(self, stopping, forget):
        """Stops it as a cluster does, and returns the exit codes of its service and its Envoy.

        `forget` takes it out of what new connections go to, and returns when callers know.
        """
        service, envoy = self._processes
        began = asyncio.get_running_loop().time()
        envoy.terminate()
        await asyncio.sleep(stopping.forgotten_s)
        await forget()
        await asyncio.sleep(max(0.0, began + stopping.pre_stop_s - asyncio.get_running_loop().time()))
        service.terminate()
        return [await asyncio.to_thread(process.wait, STOP_S) for process in self._processes]

    def log(self):
        return self._log.read_text()

    def kill(self):
        for process in self._processes:
            process.kill()
            process.wait()

    async def _is_ready(self):
        assert all(process.poll() is None for process in self._processes), self.log()
        async with self._entry.client() as client:
            try:
                answer = await client.get(f"{self._entry.scheme}://{self.address}:{self.http_port}/ready")
            except httpx.TransportError:
                return False
        return answer.status_code == 200


def free_offsets(addresses, services):
    """An offset for each service, at which its pods find all of their ports free on each of the addresses."""
    steps = range(0, 10 * len(services), 10)
    for first in random.sample(range(100, 5_000), 200):
        offsets = [first + step for step in steps]
        ports = {port + offset for each, offset in zip(services, offsets, strict=True) for port in _ports(each)}
        if all(_is_free(address, port) for address in addresses for port in ports):
            return offsets
    raise AssertionError("no free ports")


def _ports(service):
    grpc_ports = [each.grpc_port for each in (service, *map(catalog.service, service.calls))]
    rest_ports = [catalog.GATEWAY.rest_port, *(each.rest_port for each in catalog.SERVICES)]
    return [INGRESS_PORT, STATUS_PORT, ADMIN_PORT, *grpc_ports, *rest_ports]


def _is_free(address, port):
    with socket.socket() as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((address, port))
        except OSError:
            return False
    return True
