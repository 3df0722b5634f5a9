"""What Envoy is told of a collector; that it tells spans is in tests/e2e/test_traces.py."""

import subprocess

import httpx
import pytest
import trustme

from services.catalog import service
from services.common.settings import Environment
from services.common.telemetry.collector import Collector
from services.mesh.deployed import edge, sidecar
from services.mesh.options import ROOT, RenderOptions
from services.mesh.process import validate_command
from services.mesh.render import render_config, write_config
from tests.support.collector import collecting
from tests.support.envoy import running_envoy
from tests.support.ports import free_port

MANAGER = "envoy.filters.network.http_connection_manager"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


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


def removed(manager):
    """The headers that are taken from each call by their names."""
    mutations = manager["early_header_mutation_extensions"][0]["typed_config"]["mutations"]
    return [each["remove"] for each in mutations if "remove" in each]


@pytest.mark.parametrize(
    ("envoy", "sampler", "names"),
    [
        (edge, "traceidratio", ["traceparent", "tracestate"]),
        (edge, "parentbased_traceidratio", []),
        (lambda environment: sidecar("alert", environment), "traceidratio", []),
    ],
    ids=["outside", "the sampler asks the caller", "neighbours call here, too"],
)
def test_what_callers_say_of_traces_is_taken_away_where_it_is_not_to_count(envoy, sampler, names):
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317", "OTEL_TRACES_SAMPLER": sampler}
    found = managers(render_config(envoy(Environment(told)).options))
    assert removed(found["alert"]) == names


def test_a_caller_outside_does_not_decide_what_is_told(tmp_path):
    called, port = service("thresholds"), free_port()
    with collecting() as collector:
        options = RenderOptions(
            services=(called,),
            rest_ports={called.name: port},
            upstreams={called.name: [("127.0.0.1", free_port())]},  # that nobody is there is told, too
            admin_port=free_port(),
            collector=Collector("127.0.0.1", collector.port, None, 1.0, follows_callers=False),
        )
        with running_envoy(options, tmp_path):
            for _ in range(5):  # Envoy sends five at once, or after five seconds
                headers = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01", "tracestate": "a=b"}
                httpx.get(f"http://127.0.0.1:{port}/api/v1/thresholds/", headers=headers)
            spans = collector.await_spans(lambda spans: spans if len(spans) == 5 else None)
    assert TRACE not in {span.trace_id for span in spans}
    assert {span.parent_id for span in spans} == {""}


def test_without_a_collector_nothing_is_rendered_of_one():
    text = str(render_config(edge(Environment({})).options))
    assert "opentelemetry" not in text
    assert "collector" not in text
