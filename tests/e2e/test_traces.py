"""One trace from a reading to whom it is told: over a real Envoy, to a real port of a collector."""

import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from services.catalog import service
from tests.monitoring.watched import until
from tests.support.collector import collecting
from tests.support.ports import mesh_on_free_ports
from tests.support.prometheus import MISSING, PROMETHEUS, running_prometheus
from tests.support.receivers import webhook
from tests.support.up import running_up

PLACE = {"loc_id": "A-1", "factory": "Ulsan", "building": "B1", "floor": 1, "area": "paint"}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
SERVER, CLIENT = 2, 3


class Traced:
    """A mesh that tells traces, and the collector."""

    def __init__(self, settings, collector):
        self.settings = settings
        self.collector = collector

    async def __call__(self, method, name, path, **options):
        url = f"http://127.0.0.1:{self.settings.rest_port(service(name))}/api/v1/{path}"
        async with httpx.AsyncClient(timeout=20) as client:
            answer = await client.request(method, url, **options)
        assert answer.is_success, answer.text
        return answer


@pytest.fixture(scope="module")
def traced():
    variables = {"MONTRG_REPLAY": "off", "MONTRG_WEBHOOK_ALLOW": "127.0.0.0/8", "OTEL_BSP_SCHEDULE_DELAY": "100"}
    settings = mesh_on_free_ports(**variables)
    with collecting() as collector:
        variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.endpoint
        with running_up(MONTRG_PORT_OFFSET=str(settings.port_offset), **variables):
            yield Traced(settings, collector)


async def alarming(traced, recipient, **headers):
    """Has a sensor measure for long what is too hot, and somebody told of it; returns the answer to the readings."""
    await traced("POST", "location", "locations/", json=PLACE)
    await traced("POST", "location", "sensors/", json={"sensor_id": "hot", "loc_id": "A-1"})
    limit = {"threshold_type": "temperature", "level": "red", "min_value": 50, "max_value": 90}
    await traced("POST", "thresholds", "thresholds/", json=limit)
    about = {"channel": "webhook", "recipient": recipient, "factory": "Ulsan"}
    await traced("POST", "alert", "subscriptions/", json=about)
    now = datetime.now(UTC)
    rows = [
        {"sensor_id": "hot", "capture_time": (now - timedelta(seconds=s)).isoformat(), "temperature": 60, "humidity": 9}
        for s in (121, 61, 1)
    ]
    return await traced("POST", "realtime", "realtime/readings", json={"readings": rows}, headers=headers)


def whole(spans, trace_id, last):
    """Returns a trace once the span `last` of it and the one that it began with have come."""
    trace = [span for span in spans if span.trace_id == trace_id]
    is_whole = any(span.span_id == last for span in trace) and any(not span.parent_id for span in trace)
    known = {span.span_id for span in trace}
    return trace if is_whole and all(not span.parent_id or span.parent_id in known for span in trace) else None


async def test_a_reading_its_alert_and_the_message_about_it_are_one_trace(traced):
    async with webhook() as receiver:
        answer = await alarming(traced, f"{receiver.url}/told", **{"x-request-id": "reading-1"})
        message, *_ = await receiver.received(1)
    assert answer.headers["x-request-id"] == "reading-1"
    _, trace_id, sent, flags = message.headers["traceparent"].split("-")
    assert int(flags, 16) & 1
    trace = traced.collector.await_spans(lambda spans: whole(spans, trace_id, sent))
    by_id = {span.span_id: span for span in trace}

    def line(span):
        return [*(line(by_id[span.parent_id]) if span.parent_id else ()), span]

    def names(span):
        return [(each.service, each.name) for each in line(span)]

    write = "montrg.realtime.v1.IngestService/WriteReadings"
    assert names(by_id[sent]) == [
        ("envoy", "POST"),
        ("montrg-realtime", write),
        ("montrg-alert", "alert raised"),
        ("montrg-alert", "create notification"),
        ("montrg-alert", "send notification"),
        ("montrg-alert", "POST"),
    ]
    first, _, raised, *_ = line(by_id[sent])
    assert first.kind == SERVER
    assert first.attributes["guid:x-request-id"] == "reading-1"
    assert first.attributes["url.path"] == "/api/v1/realtime/readings"
    statements = [span for span in trace if span.service == "montrg-realtime" and "db.query.text" in span.attributes]
    assert {span.kind for span in statements} == {CLIENT}
    assert all(("montrg-realtime", write) in names(span) for span in statements)
    assert any("INSERT INTO realtime.reading_batch" in span.attributes["db.query.text"] for span in statements)
    ((evaluation_trace, evaluation),) = raised.links
    judged = traced.collector.await_spans(lambda spans: [s for s in spans if s.span_id == evaluation])
    assert judged[0].name == "evaluate readings"
    assert judged[0].trace_id == evaluation_trace != trace_id
    assert [link[0] for link in judged[0].links] == [trace_id]


async def test_the_history_of_an_alert_is_a_part_of_its_trace(traced):
    wanted = {("montrg-alert", "send events to the history"), ("montrg-alert", "alert raised")}

    def is_whole(spans):
        """Each process sends its spans when it is time for that, so who was called may tell before who calls."""
        appends = [s for s in spans if s.service == "montrg-alert-history" and "AppendAlertEvents" in s.name]
        names = {(s.service, s.name) for s in spans if s.trace_id in {append.trace_id for append in appends[:1]}}
        return wanted <= names

    traced.collector.await_spans(is_whole)


async def test_a_trace_of_a_client_is_continued(traced):
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01"}
    for _ in range(5):  # Envoy sends five at once, or after five seconds
        await traced("GET", "realtime", "realtime/", headers=headers)

    def told(spans):
        trace = [span for span in spans if span.trace_id == TRACE]
        return trace if {"envoy", "montrg-realtime"} <= {span.service for span in trace} else None

    trace = traced.collector.await_spans(told)
    envoy = [span for span in trace if span.service == "envoy"]
    assert {span.parent_id for span in envoy} == {PARENT}
    assert {s.parent_id for s in trace if s.name.endswith("/ListRealtime")} <= {span.span_id for span in envoy}


async def leading_to(traced, trace_id):
    """Has a call of realtime be the last one that its figures lead to."""
    await traced("GET", "realtime", "realtime/", headers={"traceparent": f"00-{trace_id}-{PARENT}-01"})


async def test_a_time_leads_to_the_trace_of_a_call_that_took_it(traced):
    trace_id = "a" * 32
    await leading_to(traced, trace_id)
    url = f"http://127.0.0.1:{traced.settings.status_port}/metrics?process=realtime"
    headers = {"accept": "application/openmetrics-text; version=1.0.0"}
    async with httpx.AsyncClient(timeout=20) as client:
        answer = await client.get(url, headers=headers)
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    led = {
        family.name
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
        if sample.exemplar and sample.exemplar.labels == {"trace_id": trace_id}
    }
    assert "grpc_server_handling_seconds" in led


@pytest.mark.skipif(PROMETHEUS is None, reason=MISSING)
async def test_prometheus_keeps_what_leads_to_a_trace(traced, tmp_path):
    trace_id = "b" * 32
    await leading_to(traced, trace_id)
    asked = 'histogram_quantile(0.99, sum by (le) (rate(grpc_server_handling_seconds_bucket{service="realtime"}[5m])))'
    with running_prometheus(traced.settings, tmp_path) as prometheus:
        assert until(lambda: {"trace_id": trace_id} in prometheus.exemplars(asked), 20)
        assert prometheus.exemplars("montrg:rpc_latency_seconds:p99_5m") == []


async def test_what_a_caller_asks_about_and_from_where_is_not_told(traced):
    """A trace that is told thereafter shows that all that came before it has been told, too."""
    whose = "kim-s-own-sensor"
    await traced("GET", "alert", f"alerts/?sensor_id={whose}", headers={"authorization": "Bearer kim-s-token"})
    last = {"traceparent": f"00-{TRACE[::-1]}-{PARENT}-01"}
    for _ in range(5):
        await traced("GET", "alert", "alerts/", headers=last)

    def asked(spans):
        return {s.service for s in spans if s.trace_id == TRACE[::-1]} >= {"envoy", "montrg-alert"}

    traced.collector.await_spans(asked)
    told = json.dumps([span.attributes for span in traced.collector.spans])
    assert whose not in told
    assert "kim-s-token" not in told
    assert "/told" not in told, "the recipient's address"
    assert {s.attributes["peer.address"] for s in traced.collector.spans if s.service == "envoy"} == {"-"}
