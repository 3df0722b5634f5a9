"""The log collector's rules fit the lines that the mesh writes, and its settings name files that are there."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from services.catalog import SERVICES
from services.common.settings import Environment
from services.mesh.access_log import AccessLog
from services.mesh.deployed import sidecar
from services.mesh.options import ROOT, RenderOptions
from services.mesh.process import envoy_command
from services.mesh.render import write_config
from tests.deploy.checks.objects import the
from tests.deploy.conftest import K8S
from tests.support.log_collector import CONFIG, read

# A process of its own, with the logs that every service has, and each level.
PROGRAM = """
import logging
from services.common import logs
from services.common.access.current import began
logs.configure("alert", "DEBUG")
began("r-1")
for level in (10, 20, 30, 40, 50):
    logging.getLogger("services.x").log(level, "call", extra={"method": "/m", "code": "OK", "ms": 1.5})
"""


@pytest.fixture(scope="module")
def written():
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stderr.splitlines()


def test_a_line_of_a_service_becomes_a_record_with_a_time_a_level_and_a_service(written):
    records = [read(line) for line in written]
    assert [record["severity"] for record in records] == ["debug", "info", "warn", "error", "fatal"]
    for record in records:
        assert datetime.now(UTC) - record["time"] < timedelta(minutes=1)
        assert record["resource"] == {"service.name": "alert"}
        assert (record["body"], record["scope"]) == ("call", "services.x")
        assert record["attributes"].keys() == {"logger", "request_id", "method", "code", "ms"}


def test_the_ids_of_a_trace_are_the_records_own(written):
    line = json.dumps(json.loads(written[0]) | {"trace_id": "1" * 32, "span_id": "2" * 16})
    assert read(line)["trace"] == ["1" * 32, "2" * 16]
    assert "trace" not in read(written[0])


def test_a_line_of_envoys_own_becomes_a_record(tmp_path):
    config = tmp_path / "envoy.yaml"
    write_config(RenderOptions(root=ROOT), config)
    command = [*envoy_command(config, log_level="info"), "--mode", "validate"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    records = [read(line) for line in done.stderr.splitlines()]
    assert len(records) > 1
    for record in records:
        assert record["resource"] == {"service.name": "envoy"}
        assert {record["severity"]} <= {"info", "warn"}
        assert datetime.now(UTC) - record["time"] < timedelta(minutes=1)


def test_a_line_of_another_shape_stays_as_it_is():
    line = "2026-07-01 08:00:00.000 UTC [1] LOG:  database system is ready to accept connections"
    assert read(line) == {"body": line, "attributes": {}, "resource": {}}


COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
LEFT_OUT = COMPOSE["log-collector"]["environment"]["MONTRG_LOGS_LEFT_OUT"].replace(
    "${COMPOSE_PROJECT_NAME:-flet-montrg}", "flet-montrg"
)


def labels(project, service):
    """What Docker puts beside a line of a container whose log has the labels that compose.yaml names."""
    named = COMPOSE[service]["logging"]["options"].get("labels", "").split(",") if service in COMPOSE else []
    known = {"com.docker.compose.project": project, "com.docker.compose.service": service}
    kept = {name: value for name, value in known.items() if name in named or service not in COMPOSE}
    return {"attrs": kept} if kept else {}


@pytest.mark.parametrize("line", ["Traceback (most recent call last):", "E0701 chttp2_transport.cc:1] refused", "{}"])
def test_compose_keeps_every_line_of_its_containers_and_says_whose_it_is(line):
    record = read(line, LEFT_OUT, **labels("flet-montrg", "alert-service"))
    assert record == {"body": line, "attributes": {}, "resource": {"container.name": "alert-service"}}


def test_compose_leaves_out_what_others_write_in_the_shape_of_the_mesh_and_the_collectors_own_lines(written):
    kept = read(written[0], LEFT_OUT, **labels("flet-montrg", "alert-service"))
    assert kept["resource"] == {"container.name": "alert-service", "service.name": "alert"}
    assert labels("flet-montrg", "log-collector") == {}
    for others in (labels("another", "web"), labels("flet-montrg", "log-collector")):
        assert read(written[0], LEFT_OUT, **others) is None
    assert read(written[0]) is not None
    assert yaml.safe_load(LEFT_OUT) == LEFT_OUT, "the collector reads a variable as YAML"


def test_every_container_of_compose_is_labelled_for_the_collector_but_the_collector():
    more = yaml.safe_load((ROOT / "compose.secure.yaml").read_text(encoding="utf-8"))["services"]
    runs = COMPOSE | {name: run for name, run in more.items() if "logging" in run}
    assert [name for name in runs if "labels" not in runs[name]["logging"]["options"]] == ["log-collector"]
    assert "authority" in runs


def test_each_store_is_a_whole_configuration_together_with_the_reading():
    base = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    extensions = base["service"]["extensions"]
    for store in ("loki", "elasticsearch"):
        more = yaml.safe_load(CONFIG.with_name(f"to-{store}.yml").read_text(encoding="utf-8"))
        assert base.keys() & more.keys() == {"service"}
        assert more["service"]["pipelines"]["logs"]["exporters"] == list(more["exporters"])
        ((name, exporter),) = more["exporters"].items()
        # Of Elasticsearch's retries there is an end: it has no queue that would drop things then.
        queue = exporter["sending_queue"]
        assert queue == {"enabled": False} if name == "elasticsearch" else queue["storage"] in extensions
        assert name == "elasticsearch" or exporter["retry_on_failure"]["max_elapsed_time"] == "0s"
    assert base["receivers"]["file_log"]["retry_on_failure"] == {"enabled": True, "max_elapsed_time": "0s"}
    pipeline = base["service"]["pipelines"]["logs"]
    assert pipeline == {"receivers": list(base["receivers"]), "processors": list(base["processors"])}
    assert base["service"]["extensions"] == list(base["extensions"])


def test_a_login_of_elasticsearch_comes_from_a_secret_or_a_file(renderings):
    taken = yaml.safe_load(CONFIG.with_name("to-elasticsearch.yml").read_text(encoding="utf-8"))
    login = {taken["exporters"]["elasticsearch"][of][len("${env:") :].partition(":")[0] for of in ("user", "password")}
    example = yaml.safe_load((K8S / "components/logging/secret.example").read_text(encoding="utf-8"))
    assert example["stringData"].keys() == login
    collector = the(renderings["components/logging"], "DaemonSet", "log-collector")
    (container,) = collector["spec"]["template"]["spec"]["containers"]
    assert {"secretRef": {"name": example["metadata"]["name"], "optional": True}} in container["envFrom"]
    assert collector["metadata"]["namespace"] == example["metadata"]["namespace"]
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    assert all(f"{name}='...'" in text for name in login)
    (file,) = yaml.safe_load(text)["services"]["log-collector"]["env_file"]
    assert file == {"path": "./secrets/elasticsearch", "required": False}


def test_compose_and_kubernetes_run_the_same_images_with_files_that_are_there():
    for name, folder in (("log-collector", "logging/collector.yaml"), ("loki", "loki/loki.yaml")):
        pods = next(yaml.safe_load_all((K8S / "components" / folder).read_text(encoding="utf-8")))
        image = pods["spec"]["template"]["spec"]["containers"][0]["image"]
        assert COMPOSE[name]["image"] == f"docker.io/{image}"
    for name in ("log-collector", "loki", "grafana"):
        sources = [volume.split(":")[0] for volume in COMPOSE[name]["volumes"] if volume.startswith("./")]
        assert sources
        assert all((ROOT / source).exists() for source in sources)


def test_every_sidecar_writes_a_line_a_request_where_the_config_map_for_it_says_so(renderings):
    for name in ("kind", "kind, secure", "production, all of it"):
        for service in SERVICES:
            spec = the(renderings[name], "Deployment", service.host)["spec"]["template"]["spec"]
            (envoy,) = (container for container in spec["containers"] if container["name"] == "envoy")
            assert {"configMapRef": {"name": "access-log", "optional": True}} in envoy["envFrom"]
    told = Environment({"MONTRG_ACCESS_LOG": "/dev/stdout", "MONTRG_LOG_CLIENT_ADDRESS": "on"})
    assert sidecar("alert", told).options.access_log == AccessLog(Path("/dev/stdout"), has_client=True)
