"""What a process tells in traces, to a real port of a collector, and that it is nothing where there is none."""

import json
import time
from typing import Any

import grpc
import pytest
import trustme
from montrg.thresholds.v1 import threshold_service_pb2 as pb2
from montrg.thresholds.v1 import threshold_service_pb2_grpc

from services.common.settings import Environment, SettingsError
from services.common.telemetry import tracing
from services.common.telemetry.collector import read_collector
from tests.support.collector import collecting
from tests.support.ports import free_port
from tests.support.program import running_program

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
ERROR = 2


def listed(program, *traceparents):
    """Lists the thresholds, once with each of them; nothing stands for a call without one."""
    with grpc.insecure_channel(program.address) as channel:
        stub = threshold_service_pb2_grpc.ThresholdServiceStub(channel)
        for traceparent in traceparents:
            metadata = [("traceparent", traceparent)] if traceparent else []
            stub.ListThresholds(pb2.ListThresholdsRequest(), metadata=metadata, timeout=10)


def test_without_a_collector_nothing_of_opentelemetry_is_imported(admin_url):
    with running_program(admin_url, "thresholds") as program:
        listed(program, f"00-{TRACE}-{PARENT}-01")
        program.stop()
    assert "grpc" in program.modules
    assert [name for name in program.modules if name.startswith("opentelemetry")] == []


def test_without_a_collector_spans_are_one_thing_that_does_nothing():
    assert tracing.span("one") is tracing.span("another", {"a": 1}, links=["x"])
    with tracing.continued(f"00-{TRACE}-{PARENT}-01"), tracing.span("one") as span:
        span.set_attribute("a", 1)
        span.failed("a word")
        assert (tracing.traceparent(), tracing.trace_id(), tracing.span_id(), tracing.carried()) == ("", "", "", "")


def test_a_call_is_told_with_its_statements_and_how_it_ended(admin_url):
    with (
        collecting() as collector,
        running_program(admin_url, "thresholds", OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint) as program,
    ):
        with grpc.insecure_channel(program.address) as channel:
            stub = threshold_service_pb2_grpc.ThresholdServiceStub(channel)
            with pytest.raises(grpc.RpcError) as refused:
                stub.GetThreshold(pb2.GetThresholdRequest(threshold_id=987_654), timeout=10)
        assert refused.value.code() is grpc.StatusCode.NOT_FOUND
        program.stop()
        (call,) = [span for span in collector.spans if not span.parent_id]
        assert call.name == "montrg.thresholds.v1.ThresholdService/GetThreshold"
        assert call.attributes == {
            "rpc.system.name": "grpc", "rpc.method": call.name, "rpc.response.status_code": "NOT_FOUND",
        }  # fmt: skip
        assert call.status != ERROR, "a refusal is no failure of the service"
        assert call.resource["service.name"] == "montrg-thresholds"
        assert call.resource["service.namespace"] == "montrg"
        assert call.resource["service.instance.id"]
        (statement,) = [span for span in collector.spans if span.name == "SELECT"]
        assert (statement.trace_id, statement.parent_id) == (call.trace_id, call.span_id)
        (line,) = [line for line in program.log if line["message"] == "call"]
        assert (line["trace_id"], line["span_id"]) == (call.trace_id, call.span_id)
        assert statement.attributes["db.system.name"] == "postgresql"
        assert "threshold_id = $1" in statement.attributes["db.query.text"]
        assert "987654" not in json.dumps([span.attributes for span in collector.spans])


def test_with_no_share_of_traces_only_those_are_told_that_a_caller_tells(admin_url):
    variables = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0"}
    with (
        collecting() as collector,
        running_program(
            admin_url, "thresholds", OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, **variables
        ) as program,
    ):
        listed(program, "", f"00-{TRACE}-{PARENT}-01", f"00-{TRACE[::-1]}-{PARENT}-00", "no traceparent")
        program.stop()
        assert {span.trace_id for span in collector.spans} == {TRACE}
        (call,) = [span for span in collector.spans if span.name.endswith("/ListThresholds")]
        assert call.parent_id == PARENT


def test_what_a_caller_calls_a_method_that_does_not_exist_is_in_no_trace(admin_url):
    with (
        collecting() as collector,
        running_program(admin_url, "thresholds", OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint) as program,
    ):
        with grpc.insecure_channel(program.address) as channel:
            for name in ("name-of-a-person", "another"):
                call: Any = channel.unary_unary(f"/montrg.thresholds.v1.ThresholdService/{name}")
                with pytest.raises(grpc.RpcError):
                    call(b"", timeout=10)
        program.stop()
        calls = [span for span in collector.spans if not span.parent_id]
        assert [(span.name, span.attributes["rpc.method"]) for span in calls] == [("unknown", "unknown")] * 2


def test_words_that_are_no_traceparent_begin_a_trace(admin_url):
    with (
        collecting() as collector,
        running_program(admin_url, "thresholds", OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint) as program,
    ):
        listed(program, "no traceparent")
        program.stop()
        (call,) = [span for span in collector.spans if span.name.endswith("/ListThresholds")]
        assert call.parent_id == ""


def test_traces_go_by_tls_to_a_collector_of_the_given_authorities(admin_url, tmp_path):
    authority = trustme.CA()
    shown = authority.issue_cert("127.0.0.1")
    chain = b"".join(pem.bytes() for pem in shown.cert_chain_pems)
    authority.cert_pem.write_to_path(tmp_path / "ca.crt")
    with (
        collecting(grpc.ssl_server_credentials([(shown.private_key_pem.bytes(), chain)])) as collector,
        running_program(
            admin_url, "thresholds",
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.endpoint, OTEL_EXPORTER_OTLP_CERTIFICATE=str(tmp_path / "ca.crt"),
        ) as program,
    ):  # fmt: skip
        listed(program, f"00-{TRACE}-{PARENT}-01")
        program.stop()
        assert collector.of(TRACE)


def test_a_collector_that_is_away_fails_nothing_and_is_spoken_of_once(admin_url):
    nowhere = f"http://127.0.0.1:{free_port()}"
    variables = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": nowhere,
        "OTEL_BSP_SCHEDULE_DELAY": "50",
        "OTEL_BSP_MAX_QUEUE_SIZE": "8",
    }
    variables["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"] = "4"
    with running_program(admin_url, "thresholds", **variables) as program:
        end = time.monotonic() + 1.5  # the SDK tries again after a second, and would say so
        while time.monotonic() < end:
            listed(program, *[""] * 20)
        program.stop()
        said = [line for line in program.log if line["logger"].startswith("opentelemetry")]
        assert len(said) == 1, said
        assert [line for line in program.log if line["level"] == "ERROR" and line not in said] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://[:4317"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/nowhere"),
        ("OTEL_TRACES_SAMPLER", "often"),
        ("OTEL_TRACES_SAMPLER_ARG", "2"),
        ("OTEL_TRACES_SAMPLER_ARG", "much"),
    ],
)
def test_a_wrong_setting_is_named(name, value):
    good = {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector:4317", "OTEL_TRACES_SAMPLER": "traceidratio"}
    with pytest.raises(SettingsError, match=name):
        read_collector(Environment(good | {name: value}))


def test_a_disabled_sdk_tells_nobody():
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317", "OTEL_SDK_DISABLED": "true"}
    assert read_collector(Environment(variables)) is None
    assert read_collector(Environment({})) is None


@pytest.mark.parametrize(
    ("sampler", "ratio", "follows_callers"),
    [
        (None, 1.0, True),
        ("parentbased_always_off", 0.0, True),
        ("parentbased_traceidratio", 0.25, True),
        ("always_on", 1.0, False),
        ("traceidratio", 0.25, False),
    ],
)
def test_callers_decide_what_is_told_where_the_sampler_is_based_on_its_parent(sampler, ratio, follows_callers):
    variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4317", "OTEL_TRACES_SAMPLER_ARG": "0.25"}
    found = read_collector(Environment(variables | ({"OTEL_TRACES_SAMPLER": sampler} if sampler else {})))
    assert found is not None
    assert (found.ratio, found.follows_callers) == (ratio, follows_callers)
