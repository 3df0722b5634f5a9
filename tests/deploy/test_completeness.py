"""What lists the services by hand has all of them: overlays, migrations, scripts and monitoring."""

import re

import pytest
import yaml

from services.catalog import DEPLOYED, GATEWAY, SERVICES
from services.common.settings import Environment, read_service_settings
from services.manifests import folder
from services.mesh.deployed import STATUS_PORT
from tests.deploy.checks.objects import of_kind, the
from tests.deploy.checks.references import examples
from tests.deploy.conftest import K8S, OVERLAYS

HOSTS = {service.host for service in SERVICES}


@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_runs_every_service_and_the_gateway(name, renderings):
    running = {thing["metadata"]["name"] for thing in of_kind(renderings[name], "Deployment")}
    assert running >= {*HOSTS, GATEWAY.host}


def test_the_migrations_give_every_role_the_password_of_its_service(renderings):
    job = the(renderings["migrations"], "Job", "migrations")
    sources = job["spec"]["template"]["spec"]["volumes"][0]["projected"]["sources"]
    given = {item["path"]: each["secret"]["name"] for each in sources for item in each["secret"]["items"]}
    assert given == {service.name: f"{service.host}-secret" for service in SERVICES}


def test_every_secret_that_comes_from_outside_has_an_example_that_its_service_understands():
    others = ("migrations", "postgres", "alertmanager", "log-collector")
    assert set(examples()) == {f"{name}-secret" for name in (*HOSTS, *others)}
    for service in SERVICES:
        example = yaml.safe_load((K8S / folder(service) / "secret.example").read_text(encoding="utf-8"))
        settings = yaml.safe_load((K8S / folder(service) / "configmap.yaml").read_text(encoding="utf-8"))
        read = read_service_settings(service.name, Environment(settings["data"] | example["stringData"]))
        assert f"//{service.role}:" in read.database_url
        assert (read.host, read.port) == ("0.0.0.0", service.grpc_port)


def test_the_scripts_know_every_service():
    (words,) = re.findall(r"^SERVICES=\((.*)\)$", (K8S / "lib.sh").read_text(encoding="utf-8"), re.MULTILINE)
    assert words.split() == [folder(service) for service in SERVICES]


@pytest.mark.parametrize("file", ["monitoring/prometheus/scrape", "secure-monitoring/scrape"])
def test_prometheus_asks_the_process_and_the_sidecar_of_every_service_and_the_gateway(file):
    scrape = yaml.safe_load((K8S / "components" / file / "kubernetes.yml").read_text(encoding="utf-8"))
    assert [job["job_name"] for job in scrape["scrape_configs"]] == ["montrg", "envoy"]
    for job in scrape["scrape_configs"]:
        # The gateway has no process.
        asked_of = SERVICES if job["job_name"] == "montrg" else DEPLOYED
        assert {asked["port"] for asked in job["dns_sd_configs"]} == {STATUS_PORT}
        names = [name for asked in job["dns_sd_configs"] for name in asked["names"]]
        assert sorted(names) == sorted(f"{each.host}-figures" for each in asked_of)
        assert {called_in_figures(name, job) for name in names} == {each.name for each in asked_of}


def called_in_figures(name, job):
    """What the label `service` says of what is found by a name of DNS, as Prometheus makes it."""
    labels = {"__meta_dns_name": name}
    for rule in job["relabel_configs"]:
        value = ";".join(labels.get(source, "") for source in rule["source_labels"])
        if found := re.fullmatch(rule.get("regex", "(.*)"), value):
            labels[rule["target_label"]] = found.expand(rule.get("replacement", "$1").replace("$1", r"\1"))
    return labels["service"]


def test_production_fixes_the_version_of_every_image_that_runs_there(renderings):
    images = yaml.safe_load((K8S / "overlays/production/settings/Kustomization").read_text(encoding="utf-8"))["images"]
    assert {image["name"] for image in images} == {f"flet-montrg/{name}" for name in (*HOSTS, "envoy", "montrg")}


def test_the_catalogs_pods_ask_for_little_enough_that_two_of_each_fit_on_two_processors(renderings):
    hosts = (*HOSTS, GATEWAY.host)
    pods = [the(renderings["kind"], "Deployment", host)["spec"]["template"]["spec"] for host in hosts]
    asked = [container["resources"]["requests"]["cpu"] for pod in pods for container in pod["containers"]]
    # Kind's own pods ask for nearly one processor, and the database and the metrics server for a tenth.
    assert 2 * sum(int(amount.removesuffix("m")) for amount in asked) <= 800
