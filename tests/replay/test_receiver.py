"""The receiver of messages over HTTP, as the alert service sends them."""

import http.client
import json

import httpx
import pytest

from services.replay import receiver
from tests.support.ports import free_port

RAISED = {
    "cause": "raised",
    "subject": "[Caution] Newark",
    "level": "orange",
    "alerts": [{"plant": "New York", "factory": "Newark", "building": "Terminal B", "floor": 0, "area": "Ramp"}],
}


@pytest.fixture(scope="module")
def url():
    port = free_port()
    with receiver.listening(port):
        yield receiver.address(port)


def test_a_message_becomes_a_line_that_says_where_how_grave_and_what(url, caplog):
    caplog.set_level("INFO")
    assert httpx.post(url, json=RAISED).status_code == 204
    said = [record for record in caplog.records if record.name == receiver.__name__]
    assert [(r.message, r.place, r.alert_level, r.what) for r in said] == [
        ("told", "New York / Newark / Terminal B / 0 / Ramp", "orange", "[Caution] Newark")
    ]


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, b"{", 400),
        ({}, b"[]", 400),
        ({}, b"\xff", 400),
        ({"transfer-encoding": "chunked"}, b"", 411),
    ],
)
def test_what_is_no_message_is_refused(url, headers, body, status):
    assert httpx.post(url, content=body, headers=headers).status_code == status


def test_what_is_too_long_is_refused_before_it_is_read(url):
    told = httpx.URL(url)
    connection = http.client.HTTPConnection(told.host, told.port, timeout=5)
    connection.putrequest("POST", told.path)
    connection.putheader("content-length", str(receiver.MOST_BYTES + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_digest_names_each_place_once():
    alerts = [{"factory": "Newark"}, {"factory": "Kennedy"}, {"factory": "Newark"}]
    assert receiver.line({"alerts": alerts, "level": "red", "subject": "3 alerts"})["place"] == "Newark; Kennedy"
    assert json.dumps(receiver.line({})) == '{"place": "", "alert_level": null, "what": null, "cause": null}'
