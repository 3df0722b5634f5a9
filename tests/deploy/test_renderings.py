"""Everything that can be applied renders, is what Kubernetes knows, and holds together."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from services.catalog import DEPLOYED, SERVICES
from services.manifests import folder, stale
from tests.deploy.checks import EVERYWHERE, catalog, gateway, network, pods, secure
from tests.deploy.conftest import K8S, KUBECTL, NO_CLUSTER, OVERLAYS, RENDERINGS

KUBERNETES = "1.36.0"
# Kinds of others, whose schemas Kubernetes does not bring.
OTHERS = {"Gateway", "HTTPRoute", "GRPCRoute", "BackendTLSPolicy", "Certificate", "Issuer", "Cluster"}
_UNKNOWN = re.compile(r"Couldn't find schema for kind (\w+)")
COMPLETE = ["kind", "kind and TimescaleDB", "kind without a volume", "kind, watched"]
STRICT = ["production", "production, all of it"]
SECURE = [*STRICT, "kind, secure"]


def version() -> str:
    return str(tomllib.loads((K8S.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"])


def test_the_rendered_files_are_what_make_generate_would_write():
    assert stale() == []


def test_every_folder_with_a_kustomization_is_rendered_here():
    folders = {str(path.parent.relative_to(K8S)) for path in K8S.rglob("Kustomization")}
    used = {part for parts in RENDERINGS.values() for part in parts}
    assert folders - used - {"template", "overlays/production/settings"} == set()


# Policies about the pods of other parts: they are of use together with those alone.
_PARTS = ("default-deny", "external-database", "gateway", "monitoring", "oidc", "secure-gateway", "secure-monitoring")
PARTIAL = {f"components/{name}" for name in _PARTS}


@pytest.mark.parametrize("name", RENDERINGS)
def test_every_rendering_holds_together(name, renderings):
    checks = set(EVERYWHERE) - ({network.policies_select_pods} if name in PARTIAL else set())
    assert [problem for check in checks for problem in check(renderings[name])] == []


def test_every_object_is_what_kubernetes_knows(renderings, tmp_path):
    # Most objects are in several renderings as they are.
    objects = {text for name in RENDERINGS for text in in_order(renderings[name])}
    file = tmp_path / "objects.yaml"
    file.write_text("\n---\n".join(sorted(objects)), encoding="utf-8")
    command = [str(Path(sys.executable).with_name("kubernetes-validate")), "--strict", "--quiet", "-k", KUBERNETES]
    done = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False, timeout=120)
    lines = (done.stdout + done.stderr).splitlines()
    unknown = [found[1] for line in lines if (found := _UNKNOWN.search(line))]
    assert [line for line in lines if not _UNKNOWN.search(line)] == []
    assert set(unknown) == OTHERS
    assert done.returncode == 0


@pytest.mark.parametrize("name", OVERLAYS)
def test_the_namespace_is_applied_first(name, renderings):
    assert renderings[name][0]["kind"] == "Namespace"


def in_order(objects):
    return sorted(json.dumps(thing, sort_keys=True) for thing in objects)


@pytest.mark.parametrize("name", [*map(folder, DEPLOYED), "migrations"])
def test_kubectl_reads_of_a_folder_what_its_kustomization_has_and_no_secret(name, renderings):
    # `apply -f` asks a cluster; `label --local` reads the same files in the same way without one.
    command = [KUBECTL, "label", "--local", "-f", str(K8S / name), "read=yes", "-o", "json"]
    done = subprocess.run(command, env=NO_CLUSTER, capture_output=True, text=True, check=True, timeout=60)
    # One after another, with nothing between them.
    sent = json.loads("[" + done.stdout.strip().replace("\n}\n{", "\n},{") + "]")
    assert [thing["metadata"]["labels"].pop("read") for thing in sent] == ["yes"] * len(sent)
    assert in_order(sent) == in_order(renderings[name])
    assert "Secret" not in {thing["kind"] for thing in sent}


def test_production_is_secure_and_kind_says_that_it_is_not(renderings):
    for name in SECURE:
        assert list(secure.pods_are_secure(renderings[name])) == []
    for name in COMPLETE:
        assert len(list(secure.pods_are_secure(renderings[name]))) == 3 * len(SERVICES) + 1


def test_production_is_pinned_to_the_projects_version_and_makes_no_secret(renderings):
    for name in STRICT:
        assert list(pods.images_are_pinned(renderings[name], version())) == []
        assert "Secret" not in {thing["kind"] for thing in renderings[name]}


def test_pods_may_call_each_other_as_the_catalog_says_and_no_further(renderings):
    assert list(catalog.calls_are_the_catalogs(renderings["production, all of it"])) == []


def test_in_kind_only_alert_may_call_more_since_webhooks_are_anywhere(renderings):
    for name in COMPLETE:
        more = list(catalog.calls_are_the_catalogs(renderings[name]))
        assert more
        assert [words for words in more if not words.startswith("Deployment alert-service may call ")] == []


def test_the_node_ports_of_kind_are_the_catalogs(renderings):
    config = yaml.safe_load((K8S / "overlays/kind/kind-config.yaml").read_text(encoding="utf-8"))
    assert list(catalog.node_ports_are_the_catalogs(renderings["kind"], config)) == []


def test_every_rest_path_and_contract_is_led_to_its_service(renderings):
    assert list(gateway.routes_are_the_contracts(renderings["components/gateway"])) == []
