"""What Envoy is told of a collector; that it tells spans is in tests/e2e/test_traces.py."""

import subprocess

import pytest
import trustme

from services.common.settings import Environment
from services.mesh.deployed import edge, sidecar
from services.mesh.options import ROOT
from services.mesh.process import validate_command
from services.mesh.render import render_config, write_config

MANAGER = "envoy.filters.network.http_connection_manager"


def managers(config):
    """Envoy's HTTP connection managers, by their listener."""
    return {
        listener["name"]: each["typed_config"]
        for listener in config["static_resources"]["listeners"]
        for chain in listener["filter_chains"]
        for each in chain["filters"]
        if each["name"] == MANAGER
    }


@pytest.fixture
def authorities(tmp_path):
    file = tmp_path / "ca.crt"
    trustme.CA().cert_pem.write_to_path(file)
    return file


@pytest.mark.parametrize("address", ["http://127.0.0.1:4317", "http://collector", "https://collector.example:443"])
def test_envoy_takes_what_is_rendered_for_a_collector(address, authorities, tmp_path):
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_EXPORTER_OTLP_CERTIFICATE": str(authorities)}
    config = tmp_path / "envoy.yaml"
    write_config(sidecar("alert", Environment(told)).options, config)
    result = subprocess.run(validate_command(config), cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_only_the_ports_of_calls_tell_and_as_many_as_the_sampler_says():
    told = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317",
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.05",
    }  # fmt: skip
    found = managers(render_config(sidecar("alert", Environment(told)).options))
    assert {name for name, manager in found.items() if "tracing" in manager} == found.keys() - {"status"}
    assert "status" in found
    assert {m["tracing"]["random_sampling"]["value"] for m in found.values() if "tracing" in m} == {5.0}


def test_without_a_collector_nothing_is_rendered_of_one():
    text = str(render_config(edge(Environment({})).options))
    assert "opentelemetry" not in text
    assert "collector" not in text
