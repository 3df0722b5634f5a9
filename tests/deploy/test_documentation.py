"""What docs/deploy.md has people write and type does what it says, as far as that can be seen without a cluster."""

import re
import shutil

import pytest
import yaml

from services.common.settings import Environment
from services.local.connections import KEPT_FREE
from services.mesh.issuers import read_issuers
from tests.deploy.checks import EVERYWHERE, secure
from tests.deploy.checks.connections import most_connections
from tests.deploy.checks.objects import named, own_pods, selects, the
from tests.deploy.checks.references import examples
from tests.deploy.checks.secure import readable
from tests.deploy.conftest import K8S, RENDERINGS, kustomize

TEXT = (K8S.parent / "docs" / "deploy.md").read_text(encoding="utf-8")
# Each says in its first line where it goes.
FILES = dict(re.findall(r"^```yaml\n# k8s/(\S+\.yaml)\b.*\n((?:.*\n)+?)```$", TEXT, re.MULTILINE))
DATABASE_PORT = 5432


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """What the overlays that the documentation shows render to, each beside what they build on, by their folder."""
    k8s = tmp_path_factory.mktemp("project") / "k8s"
    shutil.copytree(K8S, k8s)
    for name, text in FILES.items():
        (k8s / name).parent.mkdir(parents=True, exist_ok=True)
        (k8s / name).write_text(text, encoding="utf-8")
    whole = [k8s / name for name, text in FILES.items() if "kind: Component" not in text]
    folders = {str(file.parent.relative_to(k8s)): file.parent for file in whole}
    return {name: list(yaml.safe_load_all(kustomize(folder))) for name, folder in folders.items()}


def test_the_overlays_that_are_shown_render(written):
    assert set(written) == {"overlays/mine", "overlays/port", "overlays/ulsan", "overlays/ulsan/migrations"}
    assert "volumeClaimTemplates" not in the(written["overlays/mine"], "StatefulSet", "postgres")["spec"]
    settings = the(written["overlays/ulsan"], "ConfigMap", "alert-service-config")
    assert settings["data"]["MONTRG_PUBLIC_URL"] == "https://heat.example.com"


def test_the_overlay_that_is_shown_is_secure_and_an_issuers_tokens_count(written):
    objects = written["overlays/ulsan"]
    assert list(secure.pods_are_secure(objects)) == []
    assert [words for check in EVERYWHERE for words in check(objects)] == []
    settings = readable(the(objects, "ConfigMap", "secure-config")["data"])
    issuers = read_issuers(Environment(settings | {"MONTRG_OIDC_CA_FILE": settings["MONTRG_CERTS_DIR"] + "/ca.crt"}))
    assert issuers.jwks_file is None
    assert issuers.oidc is not None
    assert issuers.oidc.jwks_url.startswith(f"{issuers.oidc.issuer}/")


def test_the_gateway_that_callers_reach_at_once_takes_them_in_and_believes_no_proxy(written):
    objects = written["overlays/port"]
    assert [words for check in EVERYWHERE for words in check(objects)] == []
    assert the(objects, "Service", "gateway-service")["spec"]["type"] == "LoadBalancer"
    assert the(objects, "ConfigMap", "gateway-service-config")["data"]["MONTRG_TRUSTED_HOPS"] == "0"
    policy = the(objects, "NetworkPolicy", "callers")["spec"]
    let_in = {pod.owner for pod in own_pods(objects) if selects(policy["podSelector"], pod.labels)}
    assert (let_in, policy["ingress"]) == (
        {"Deployment gateway-service"},
        [{"ports": [{"protocol": "TCP", "port": 8000}]}],
    )


def test_services_and_migrations_come_from_the_registry_that_is_shown_and_log_in_to_it(written):
    objects = [*written["overlays/ulsan"], *written["overlays/ulsan/migrations"]]
    images = {container["image"] for pod in own_pods(objects) for container in pod.containers}
    assert {image for image in images if image.rpartition("/")[2].startswith(("envoy", "montrg"))} == {
        "registry.example.com/flet-montrg/envoy@sha256:...",
        "registry.example.com/flet-montrg/montrg@sha256:...",
    }
    accounts = {pod.spec["serviceAccountName"] for pod in own_pods(objects)}
    assert len(accounts) > 6
    for account in accounts:
        assert the(objects, "ServiceAccount", account)["imagePullSecrets"] == [{"name": "registry-login"}]


def test_the_migrations_may_leave_for_a_database_elsewhere_when_they_are_applied(written):
    section = TEXT[TEXT.index("### First installation") : TEXT.index("### Backup")]
    applied = re.findall(r"kubectl apply -k k8s/(\S+)", section)
    assert applied[-1] == "overlays/ulsan/migrations"
    objects = [thing for name in applied for thing in written[name]]
    policy = named(objects, "NetworkPolicy", "external-database")
    assert policy is not None
    (job,) = (pod for pod in own_pods(written[applied[-1]]) if pod.owner == "Job migrations")
    assert selects(policy["spec"]["podSelector"], job.labels)
    (rule,) = policy["spec"]["egress"]
    assert [port["port"] for port in rule["ports"]] == [DATABASE_PORT]


def test_every_folder_that_is_named_is_there():
    names = set(re.findall(r"\bk8s/([a-z][\w./-]*\w)", TEXT))
    missing = {name for name in names if not (K8S / name).exists()}
    shown = {folder for name in FILES for folder in (name, name.rpartition("/")[0])}
    assert missing - shown == set()


def test_parts_that_are_applied_by_themselves_can_be():
    applied = set(re.findall(r"kubectl \w+ -k k8s/(\S+?)[`\s]", TEXT))
    assert {name for name in applied if not name.startswith("overlays/ulsan")} <= set(RENDERINGS) | {"overlays/kind"}


def test_as_many_secrets_come_from_outside_as_are_told():
    from_outside = set(examples()) - {"postgres-secret"}  # of the development database
    from_outside -= {"alertmanager-secret", "log-collector-secret"}  # without which everything runs
    assert len(from_outside) == 7
    assert "Seven objects come from outside" in TEXT
    assert "One of the seven Secrets" in TEXT


def test_it_is_told_how_many_connections_the_database_has_to_take(renderings):
    told = f"which is {most_connections(renderings['production']) + KEPT_FREE} with the limits as they are"
    assert told in TEXT
