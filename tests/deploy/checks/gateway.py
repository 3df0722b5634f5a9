"""The gateway's routes lead to Services, and every path of the contracts to its own one."""

import json
from collections.abc import Iterator

from services.catalog import SERVICES
from services.mesh.options import ROOT
from tests.deploy.checks.objects import Manifest, Objects, label, named, of_kind


def routes_lead_somewhere(objects: Objects) -> Iterator[str]:
    """Each route is of a listener that takes its kind, and of a Service that has the port."""
    for route in of_kind(objects, "HTTPRoute", "GRPCRoute"):
        for parent in route["spec"]["parentRefs"]:
            gateway = named(objects, "Gateway", parent["name"])
            listeners = {each["name"]: each for each in gateway["spec"]["listeners"]} if gateway else {}
            listener = listeners.get(parent["sectionName"])
            kinds = [each["kind"] for each in listener["allowedRoutes"]["kinds"]] if listener else []
            # A listener that took both kinds would have to refuse one of two routes for all names.
            if kinds != [route["kind"]]:
                yield f"{label(route)}: no listener {parent['sectionName']} takes it alone"
        for backend in (each for rule in route["spec"]["rules"] for each in rule["backendRefs"]):
            service = named(objects, "Service", backend["name"])
            if any(True for _ in of_kind(objects, "Deployment")) and (
                service is None or backend["port"] not in [port["port"] for port in service["spec"]["ports"]]
            ):
                yield f"{label(route)} leads to {backend['name']}:{backend['port']}, which is not there"


def routes_are_the_contracts(objects: Objects) -> Iterator[str]:
    """Every REST path and every contract for callers from outside is led to its own service, and nothing else is."""
    for own in SERVICES:
        described = json.loads((ROOT / "gen" / "openapi" / f"{own.name}.json").read_text(encoding="utf-8"))
        for path in (path for path in described["paths"] if path.startswith("/api/")):
            found = {route["metadata"]["name"] for route in of_kind(objects, "HTTPRoute") if _takes(route, path)}
            if found != {own.host}:
                yield f"{path} of {own.host} is led to {', '.join(sorted(found)) or 'nobody'}"
        grpc = named(objects, "GRPCRoute", own.host) or {"spec": {"rules": []}}
        contracts = [each["method"]["service"] for rule in grpc["spec"]["rules"] for each in rule["matches"]]
        if sorted(contracts) != sorted(own.contracts):
            yield f"gRPC of {own.host} is led there for {contracts}"


def _takes(route: Manifest, path: str) -> bool:
    for match in (each["path"] for rule in route["spec"]["rules"] for each in rule["matches"]):
        prefix = match["value"]
        if path == prefix or (match["type"] == "PathPrefix" and path.startswith(prefix + "/")):
            return True
    return False
