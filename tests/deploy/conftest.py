"""Everything that can be applied, rendered once."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from services.catalog import DEPLOYED
from services.manifests import folder
from services.mesh.options import ROOT
from tests.deploy.checks import Objects

K8S = ROOT / "k8s"
# The pinned one, before any that the machine has.
KUBECTL = str(Path(sys.executable).with_name("kubectl"))
NO_CLUSTER = os.environ | {"KUBECONFIG": "/dev/null"}

BASES = {name: (name,) for name in map(folder, DEPLOYED)}
BASES |= {name: (name,) for name in ("namespace", "migrations", "overlays/production/migrations")}
PARTS = (
    "cert-manager",
    "cloudnative-pg",
    "default-deny",
    "dev-database",
    "external-database",
    "gateway",
    "logging",
    "metrics-server",
    "monitoring",
    "oidc",
    "secure-gateway",
    "secure-monitoring",
)
BASES |= {f"components/{name}": (f"components/{name}",) for name in PARTS}
OVERLAYS = {
    "kind": ("overlays/kind",),
    "kind and TimescaleDB": ("overlays/kind", "components/timescaledb"),
    "kind without a volume": ("overlays/kind", "components/emptydir-database"),
    "kind, watched": ("overlays/kind", "components/monitoring", "components/gateway"),
    "kind, traced": ("overlays/kind", "components/monitoring", "components/tracing"),
    "kind, logged": ("overlays/kind", "components/monitoring", "components/logging", "components/loki"),
    "kind, secure": ("overlays/kind", "components/secure", "components/cert-manager"),
    "production": ("overlays/production",),
    "production, all of it": (
        *("overlays/production", "overlays/production/migrations", "components/cloudnative-pg", "components/oidc"),
        *("components/secure-gateway", "components/secure-monitoring", "components/tracing"),
    ),
}
RENDERINGS = BASES | OVERLAYS


def kustomize(target: Path) -> str:
    """Returns what `kubectl kustomize` makes of a folder."""
    command = [KUBECTL, "kustomize", str(target)]
    done = subprocess.run(command, env=NO_CLUSTER, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _render(parts: tuple[str, ...], scratch: Path) -> str:
    """Renders a folder as it is, or several of them put together."""
    if len(parts) == 1:
        return kustomize(K8S / parts[0])
    kinds: dict[str, list[str]] = {"resources": [], "components": []}
    for part in parts:
        text = yaml.safe_load((K8S / part / "Kustomization").read_text(encoding="utf-8"))
        kinds["components" if text["kind"] == "Component" else "resources"].append(os.path.relpath(K8S / part, scratch))
    scratch.joinpath("kustomization.yaml").write_text(yaml.safe_dump(kinds), encoding="utf-8")
    return kustomize(scratch)


@pytest.fixture(scope="session")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """The file of each rendering, by its name."""
    files = {}
    for name, parts in RENDERINGS.items():
        scratch = tmp_path_factory.mktemp("rendering").resolve()
        files[name] = scratch / "rendered.yaml"
        files[name].write_text(_render(parts, scratch), encoding="utf-8")
    return files


@pytest.fixture(scope="session")
def renderings(rendered: Mapping[str, Path]) -> Mapping[str, Objects]:
    """The objects of each rendering, by its name, which nobody changes."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return {name: list(yaml.load_all(file.read_text(encoding="utf-8"), loader)) for name, file in rendered.items()}
