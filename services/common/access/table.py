"""The one table of who may call what: the option `access` on each method of the contracts."""

import importlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf import descriptor, descriptor_pb2, descriptor_pool
from montrg.type.v1 import access_pb2

from services.common.access.domain import Reach, Role

_WORD = re.compile(r"(?<!^)(?=[A-Z])")

EXTENSION: Any = access_pb2.access  # the generated stub does not say that it is one


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call a method.

    Attributes:
        role: the least role that a person needs; None where no person may.
        reach: how it meets a person who may see some factories only; None where no person may.
        callers: the services that call it.
        devices: whether devices may, with their keys.
        mesh: whether whoever has a certificate of the mesh may, an Envoy for itself as well.
    """

    role: Role | None = None
    reach: Reach | None = None
    callers: frozenset[str] = frozenset()
    devices: bool = False
    mesh: bool = False


# Of every server. Health is open to all: what probes and Envoys ask is no secret.
_BUILT_IN = {
    "/grpc.reflection.": Access(Role.VIEWER, Reach.COMMON),
    "/grpc.channelz.": Access(Role.ADMIN, Reach.COMMON),
    "/montrg.operations.v1.MetricsService/": Access(mesh=True),
}


def built_in(method: str) -> Access | None:
    """Returns the access of a method that every server brings with it; None for any other."""
    return next((access for prefix, access in _BUILT_IN.items() if method.startswith(prefix)), None)


def access_of(options: descriptor_pb2.MethodOptions) -> Access | None:
    """Returns what a method's options say; None where they say nothing that counts."""
    said = options.Extensions[EXTENSION]
    role = Role(said.role) if said.role else None
    reach = Reach(said.reach) if said.reach else None
    if (role is None) != (reach is None) or (role is None and (said.devices or not (said.callers or said.mesh))):
        return None
    return Access(role, reach, frozenset(said.callers), said.devices, said.mesh)


def table(proto_services: Iterable[str]) -> Mapping[str, Access]:
    """Returns the access of each method by its path, such as `/montrg.realtime.v1.RealtimeService/GetMeasurements`.

    The services are full names. Their generated modules are imported already, or are called as they are.
    """
    found = {}
    for name in proto_services:
        for method in _descriptor(name).methods:
            access = access_of(method.GetOptions())
            if access is not None:
                found[f"/{name}/{method.name}"] = access
    return found


def _descriptor(name: str) -> descriptor.ServiceDescriptor:
    pool = descriptor_pool.Default()
    try:
        return pool.FindServiceByName(name)
    except KeyError:
        # What serves a contract without messages of its own imports everything but the module that describes it.
        package, _, short = name.rpartition(".")
        importlib.import_module(f"{package}.{_WORD.sub('_', short).lower()}_pb2")
        return pool.FindServiceByName(name)
