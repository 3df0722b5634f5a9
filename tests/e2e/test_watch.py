"""`GET realtime/watch` as a page in a browser reads it: server-sent events through Envoy."""

import asyncio
import contextlib
import json

import pytest

from services.common.watching import stream as streams
from tests.support.rest import row

WATCH = "/api/v1/realtime/watch"
PATIENCE_S = 15


@contextlib.asynccontextmanager
async def watching(rest, query="", service="realtime"):
    """A stream of events; each is what its data says."""
    # As a browser asks, which reads what is compressed.
    async with rest.stream(service, f"{WATCH}{query}", headers={"accept-encoding": "gzip, br"}) as answer:
        assert answer.status_code == 200, await answer.aread()
        yield answer, events(answer)


async def events(answer):
    lines = answer.aiter_lines()
    while True:
        async with asyncio.timeout(PATIENCE_S):
            try:
                line = await anext(lines)
            except StopAsyncIteration:
                return
        if line:
            name, _, data = line.partition(": ")
            assert name == "data", line
            yield json.loads(data)


async def changed(stream, sensor_id, temperature):
    """The event with which a sensor shows a temperature."""
    async for event in stream:
        for measurement in event["measurements"]:
            if (measurement["sensor_id"], measurement["metrics"]["temperature"]["value"]) == (sensor_id, temperature):
                return event
    raise AssertionError("the stream ended before it came")


@pytest.mark.parametrize("service", ["realtime", "gateway"])
@pytest.mark.parametrize("query", ["", "/", "?factory=%EC%A0%9C1+%EA%B3%B5%EC%9E%A5&floor=2", "/?loc_id=A-1"])
async def test_a_snapshot_comes_at_once_and_a_change_while_the_answer_goes_on(rest, known, query, service):
    await rest.write(row("known", temperature=21.0))
    async with watching(rest, query, service) as (answer, stream):
        assert "content-encoding" not in answer.headers
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.headers["cache-control"] == "no-cache"
        first = await anext(stream)
        assert (first["kind"], first["degraded"], first["removed"]) == ("SNAPSHOT", [], [])
        assert "known" in [m["sensor_id"] for m in first["measurements"]]
        await rest.write(row("known", temperature=22.5))
        change = await changed(stream, "known", 22.5)
        assert change["kind"] == "CHANGES"
        assert change["measurements"][0]["location"]["factory"] == "제1 공장"


async def test_a_stream_goes_on_with_its_token(rest, known):
    async with watching(rest) as (_, stream):
        token = (await anext(stream))["resume_token"]
    await rest.write(row("known", temperature=23.5))
    async with watching(rest, f"?resume_token={token}") as (_, stream):
        first = await anext(stream)
    assert first["kind"] == "CHANGES"
    assert [m["metrics"]["temperature"]["value"] for m in first["measurements"]] == [23.5]


@pytest.mark.parametrize(
    ("verb", "query", "status", "code"),
    [("GET", "?floor=one", 400, 3), ("GET", "?colour=red", 400, 3), ("GET", "?loc_id=Z", 404, 5), ("POST", "", 404, 5)],
)
async def test_what_cannot_be_watched_is_an_ordinary_error(rest, known, verb, query, status, code):
    answer = await rest(verb, "realtime", WATCH + query)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/json"


async def test_why_a_stream_ends_is_in_its_last_event(rest, known, monkeypatch):
    monkeypatch.setattr(streams, "LIFE_S", 0.3)
    async with watching(rest) as (_, stream):
        seen = [event async for event in stream]
    assert (seen[-1]["kind"], seen[-1]["reason"].split(":")[0]) == ("END", "MOVE_ON")
    assert seen[-1]["resume_token"]


async def test_a_page_that_is_closed_is_forgotten_by_the_service(rest, known, caplog):
    async with watching(rest) as (_, stream):
        await anext(stream)
    caplog.set_level("INFO", "services.common.interceptors")
    async with asyncio.timeout(PATIENCE_S):
        while not any("WatchMeasurements" in str(vars(record)) for record in caplog.records):
            await asyncio.sleep(0.05)
