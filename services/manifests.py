"""Renders what is alike in the services' Kubernetes manifests, from the catalog and the pieces in `k8s/template/`.

`kubectl apply -f k8s/thresholds/` takes plain files, so these are written out and committed; a test compares. What
differs from service to service in more than a name (configmap.yaml, and what only alert needs) is written by hand.
"""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from services.catalog import DEPLOYED, GATEWAY, SERVICES, Gateway, Service, service
from services.certs.local import of_service
from services.common.identities import TRUST_DOMAIN
from services.mesh.contracts import read_contracts
from services.mesh.options import DESCRIPTOR_SET, ROOT

FOLDER = ROOT / "k8s"
TEMPLATE = FOLDER / "template"
SCRIPT = ".sh"

_EDIT = "# Rendered by `make generate`: edit k8s/template/{name}.\n"
_GATEWAY = "gateway-routes.yaml"
# One object for each service, all of them in one file.
_LISTS = {
    "certificate.yaml": Path("components", "cert-manager", "certificates.yaml"),
    "secure-deployment.yaml": Path("components", "secure", "deployments.yaml"),
    "backend-tls.yaml": Path("components", "secure-gateway", "backends.yaml"),
}
# What the gateway's folder has in common with the services'; it has no process and no secret.
_SHARED = ("Kustomization", "deploy.sh", "hpa.yaml", "pdb.yaml", "serviceaccount.yaml")
_RULES = Path("components", "monitoring", "prometheus", "rules", "neighbours.yml")
_API = "/api/v1/"

# Where a kubelet asks the process of a secure pod for its health; k8s/components/secure/configmap.yaml tells it.
PROBE_PORT = 8002


@dataclass(frozen=True, slots=True)
class Size:
    """How far a service may grow.

    Attributes:
        max_replicas: the most pods that the autoscaler starts.
        memory_limit: where the kernel ends its process, as Kubernetes writes it.
    """

    max_replicas: int = 4
    memory_limit: str = "512Mi"


# Readings come in through realtime, and it holds every sensor's newest one; alert and aggregation work on batches of
# thousands of readings.
SIZES = {
    "realtime": Size(max_replicas=6, memory_limit="1Gi"),
    "aggregation": Size(memory_limit="1Gi"),
    "alert": Size(memory_limit="1Gi"),
}


# Files that only some have, written by hand.
MORE = {"alert": ("network-policy-telling.yaml",)}


def render() -> dict[Path, str]:
    """Returns the text of every rendered file, by its path below `k8s/`."""
    files = {path: text for each in SERVICES for path, text in _service_files(each).items()}
    lists = {
        path: "---\n".join(_fill(TEMPLATE / piece, _secure(each)) for each in _listed(piece))
        for piece, path in _LISTS.items()
    }
    return (
        files
        | _gateway_files()
        | lists
        | {Path("components", "gateway", "routes.yaml"): _gateway_routes(), _RULES: _neighbours()}
    )


def write(destination: Path = FOLDER) -> None:
    """Writes the rendered files; scripts are executable."""
    for path, text in render().items():
        file = destination / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        file.chmod(0o755 if file.suffix == SCRIPT else 0o644)


def folder(service: Service | Gateway) -> str:
    """Returns the name of a service's folder below `k8s/`, or of the gateway's."""
    return service.name.replace("_", "-")


def _listed(piece: str) -> Iterable[Service | Gateway]:
    """Returns who is in a list: the gateway's pods have another Envoy alone, and their patch is written by hand."""
    return SERVICES if piece == "secure-deployment.yaml" else DEPLOYED


def _service_files(own: Service) -> dict[Path, str]:
    values = _values(own, "service") | {
        "role": own.role,
        "rest_port": own.rest_port,
        "grpc_port": own.grpc_port,
        "contract": own.contracts[0],
        "ingress": _callers(own),
        "egress": _called(own),
    }
    pieces = sorted(piece for piece in TEMPLATE.iterdir() if piece.name not in {_GATEWAY, *_LISTS})
    return {Path(folder(own), piece.name): _fill(piece, values) for piece in pieces}


def _gateway_files() -> dict[Path, str]:
    values = _values(GATEWAY, "gateway")
    return {Path(folder(GATEWAY), name): _fill(TEMPLATE / name, values) for name in _SHARED}


def _values(own: Service | Gateway, component: str) -> dict[str, object]:
    size = SIZES.get(own.name, Size())
    return {
        "name": own.name,
        "host": own.host,
        "folder": folder(own),
        "component": component,
        "max_replicas": size.max_replicas,
        "memory_limit": size.memory_limit,
        "more": "".join(f"\n  - {name}" for name in MORE.get(own.name, ())),
    }


def _secure(own: Service | Gateway) -> dict[str, object]:
    """Returns what the pieces of the secure profile take. Certificates are for the same names as on one machine."""
    names = of_service(own.name, TRUST_DOMAIN)
    return {
        "name": own.name,
        "host": own.host,
        "uri": names.uri,
        "dns": "".join(f"\n    - {name}" for name in names.dns),
        "ips": ", ".join(f'"{ip}"' for ip in names.ips),
        "probe_port": PROBE_PORT,
    }


def _fill(piece: Path, values: Mapping[str, object]) -> str:
    text = Template(piece.read_text(encoding="utf-8")).substitute(values)
    note = _EDIT.format(name=piece.name)
    interpreter, line, rest = text.partition("\n") if text.startswith("#!") else ("", "", text)
    return interpreter + line + note + rest


def _callers(own: Service) -> str:
    """Returns the rule of ingress for whoever calls a service: its neighbours, and the gateway."""
    callers = [each.host for each in SERVICES if own.name in each.calls]
    return _rule("The gateway, and the neighbours that call it, at its Envoy.", "from", [GATEWAY.host, *callers])


def _called(own: Service) -> str:
    """Returns the rule of egress to the neighbours that a service calls, if it calls any."""
    hosts = [service(name).host for name in own.calls]
    return _rule("The neighbours that it calls, at their Envoys.", "to", hosts) if hosts else ""


def _rule(words: str, direction: str, hosts: Iterable[str]) -> str:
    pods = "".join(f"\n        - podSelector:\n            matchLabels: {{app: {host}}}" for host in hosts)
    return f"\n    # {words}\n    - {direction}:{pods}\n      ports:\n        - {{protocol: TCP, port: 8000}}"


def _gateway_routes() -> str:
    contracts = read_contracts(ROOT.joinpath(*DESCRIPTOR_SET))
    routes = []
    for each in SERVICES:
        methods = [method for contract in each.proto_services for method in contracts.methods[contract]]
        paths = {binding.path for method in methods for binding in method.bindings}
        values = {"host": each.host, "matches": _rest_matches(paths), "methods": _grpc_matches(each)}
        routes.append(_fill(TEMPLATE / _GATEWAY, values))
    return "---\n".join(routes)


def _neighbours() -> str:
    """Returns rules that tell Prometheus who calls whom, for which no process has a figure."""
    edges = [f"{{service: {own.name}, called: {called}}}" for own in SERVICES for called in own.calls]
    rules = "".join(
        f"\n      - {{record: montrg:service_calls, expr: vector(1), labels: {labels}}}" for labels in edges
    )
    note = "# Rendered by `make generate` from services/catalog.py: who calls whom."
    return f"{note}\ngroups:\n  - name: montrg-neighbours\n    rules:{rules}\n"


def _rest_matches(paths: Iterable[str]) -> str:
    """Returns a match for each first word of a service's paths; a verb of a whole list is a path of its own."""
    words = sorted({path.removeprefix(_API).partition("/")[0] for path in paths if path.startswith(_API)})
    kinds = [("Exact" if ":" in word else "PathPrefix", _API + word) for word in words]
    return "".join(f'\n        - path: {{type: {kind}, value: "{path}"}}' for kind, path in kinds)


def _grpc_matches(own: Service) -> str:
    return "".join(f"\n        - method: {{service: {contract}}}" for contract in own.contracts)


def stale(destination: Path = FOLDER) -> list[str]:
    """Returns the paths of rendered files that are not as they are on disk, in order."""
    files = {destination / path: text for path, text in render().items()}
    return sorted(
        str(file.relative_to(destination))
        for file, text in files.items()
        if not file.exists() or file.read_text(encoding="utf-8") != text
    )


def main() -> None:
    """Writes the files, or with `--check` only says which of them are out of date."""
    if "--check" not in sys.argv[1:]:
        write()
    elif found := stale():
        raise SystemExit(f"k8s/ is out of date: make generate writes {', '.join(found)}")


if __name__ == "__main__":
    main()
