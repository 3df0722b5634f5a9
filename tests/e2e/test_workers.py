"""Two workers of each service behind one Envoy: they agree within a second, and one of two may be killed."""

import json
import socket
import statistics
import threading
import time
import urllib.request
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial

import grpc
import httpx
import pytest
from montrg.realtime.v1 import ingest_service_pb2 as ingest_pb2
from montrg.realtime.v1 import ingest_service_pb2_grpc, realtime_service_pb2_grpc
from montrg.realtime.v1 import realtime_service_pb2 as pb2
from montrg.thresholds.v1 import threshold_service_pb2 as thresholds_pb2
from montrg.thresholds.v1 import threshold_service_pb2_grpc

from services.catalog import SERVICES, service
from tests.support.ports import mesh_on_free_ports
from tests.support.up import RECOVERY_S, running_up

SETTLED_S, AGREED_S = 10.0, 1.0
# Clients are to find each moment of a death, and to leave some of the machine to who comes after it.
PAUSE_S = 0.1
# With a query, since Envoy keeps the list without one for a second.
EVERYTHING = "thresholds/?limit=100"

READS = {
    "thresholds": EVERYTHING,
    "location": "sensors/",
    "realtime": "realtime/",
    "aggregation": "aggregation/pcv_temperature/?start_date=2026",
    "alert": "alerts/",
    "alert_history": "alert-history/",
}


class Workers:
    """The mesh: REST through Envoy, and a stub of each worker past it."""

    def __init__(self, up, settings, client, stack):
        self.up = up
        self.settings = settings
        self._client = client
        self._stack = stack

    def rest(self, method, name, path, **options):
        url = f"http://127.0.0.1:{self.settings.rest_port(service(name))}/api/v1/{path}"
        return self._client.request(method, url, timeout=10, **options)

    def stubs(self, name, factory):
        ports = self.settings.grpc_ports(service(name)).values()
        return [factory(self._stack.enter_context(grpc.insecure_channel(f"127.0.0.1:{port}"))) for port in ports]

    def await_recovery(self, name):
        """Waits until a worker that was killed listens again and Envoy sends to all of its service."""
        of_service = service(name.partition("-")[0])
        address = ("127.0.0.1", self.settings.grpc_ports(of_service)[name])
        self.up.await_true(lambda: _listens(address) and self.healthy(of_service.name) == 2, RECOVERY_S)

    def healthy(self, name):
        """How many of a service's workers Envoy sends to."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.settings.admin_port}/clusters?format=json") as answer:
            clusters = {c["name"]: c["host_statuses"] for c in json.load(answer)["cluster_statuses"]}
        return sum(host["health_status"] == {"eds_health_status": "HEALTHY"} for host in clusters[name])


def _listens(address):
    with socket.socket() as probe:
        return probe.connect_ex(address) == 0


@pytest.fixture(scope="module")
def mesh():
    variables = {"MONTRG_WORKERS": "2", "MONTRG_REPLAY": "off"}
    settings = mesh_on_free_ports(**variables)
    offset = str(settings.port_offset)
    with running_up(MONTRG_PORT_OFFSET=offset, **variables) as up, httpx.Client() as client, ExitStack() as stack:
        yield Workers(up, settings, client, stack)


@pytest.fixture(scope="module")
def red(mesh):
    """The path of the limit of 35 °C, which the tests move around the 33.5 °C of their readings."""
    listed = mesh.rest("GET", "thresholds", "thresholds/").json()
    return next(f"thresholds/{t['threshold_id']}" for t in listed if t["level"] == "red")


@pytest.fixture(scope="module")
def place(mesh):
    return make_place(mesh, "W-1")


def make_place(mesh, loc_id):
    body = {"loc_id": loc_id, "plant": "", "factory": "Works", "building": "W", "floor": 1, "area": "All"}
    assert mesh.rest("POST", "location", "locations/", json=body).status_code == 201
    return loc_id


def register(mesh, place, sensor):
    answer = mesh.rest("POST", "location", "sensors/", json={"sensor_id": sensor, "loc_id": place})
    assert answer.status_code == 201, answer.text


def reading(sensor, temperature=33.0):
    made = ingest_pb2.Reading(sensor_id=sensor, temperature=temperature, humidity=60.0)
    made.capture_time.FromDatetime(datetime.now(UTC))
    return ingest_pb2.WriteReadingsRequest(readings=[made])


def seconds_until(check):
    began = time.monotonic()
    while not check():
        assert time.monotonic() - began < SETTLED_S, "it did not come true in time"
        time.sleep(0.005)
    return time.monotonic() - began


def test_each_worker_is_a_process_of_its_own_that_envoy_sends_to(mesh):
    names = [name for each in SERVICES for name in mesh.settings.grpc_ports(each)]
    assert len({mesh.up.running(name)[0].pid for name in names}) == len(names) == 2 * len(SERVICES)
    for each in SERVICES:
        mesh.up.await_true(lambda name=each.name: mesh.healthy(name) == 2, RECOVERY_S)


def test_workers_of_thresholds_agree_within_a_second_of_a_change(mesh, red):
    stubs = mesh.stubs("thresholds", threshold_service_pb2_grpc.ThresholdServiceStub)
    threshold_id = int(red.rpartition("/")[2])
    everything = thresholds_pb2.ListThresholdsRequest()
    waits = []
    for turn in range(10):
        one, other = stubs if turn % 2 else reversed(stubs)
        other.ListThresholds(everything)  # so that it has an answer to keep
        changed = thresholds_pb2.Threshold(min_value=36.0 + turn / 10)
        one.UpdateThreshold(thresholds_pb2.UpdateThresholdRequest(threshold_id=threshold_id, threshold=changed))
        expected = one.ListThresholds(everything)
        assert changed.min_value in [t.min_value for t in expected.thresholds], "who was told must know at once"
        waits.append(seconds_until(lambda other=other, said=expected: other.ListThresholds(everything) == said))
    # The machine may stand still for a second; the workers may not take one.
    assert statistics.median(waits) < AGREED_S
    answers = [mesh.rest("GET", "thresholds", EVERYTHING).text for _ in range(20)]
    assert len(set(answers)) == 1


def judged_as(stubs, place, level):
    """Whether every worker, and none from memory alone, gives the sensor at the place this level."""
    request = pb2.GetPlaceMeasurementsRequest(loc_id=place)
    answers = [stub.GetPlaceMeasurements(request) for stub in stubs]
    levels = [m.metrics.pcv_temperature.level for answer in answers for m in answer.measurements]
    return levels == [level] * len(stubs) and not any(answer.degraded for answer in answers)


@pytest.fixture(scope="module")
def judged(mesh):
    """The place of one sensor that measures 33.5 °C, and a stub of each worker of realtime."""
    place = make_place(mesh, "W-2")
    register(mesh, place, "judged")
    stub = mesh.stubs("realtime", ingest_service_pb2_grpc.IngestServiceStub)[0]
    assert stub.WriteReadings(reading("judged")).accepted == 1
    return place, mesh.stubs("realtime", realtime_service_pb2_grpc.RealtimeServiceStub)


def test_workers_of_realtime_judge_by_a_new_limit_within_a_second(mesh, red, judged):
    place, stubs = judged
    waits = []
    for bound, level in ((33.4, "red"), (34.0, "orange")) * 3:
        assert mesh.rest("PUT", "thresholds", red, json={"min_value": bound}).status_code == 200
        waits.append(seconds_until(lambda level=level: judged_as(stubs, place, level)))
    assert statistics.median(waits) < AGREED_S


def test_every_worker_of_realtime_accepts_a_sensor_that_was_registered_a_moment_ago(mesh, place):
    stubs = mesh.stubs("realtime", ingest_service_pb2_grpc.IngestServiceStub)
    for turn in range(5):
        register(mesh, place, f"fresh-{turn}")
        answers = [stub.WriteReadings(reading(f"fresh-{turn}")) for stub in stubs]
        assert [answer.accepted for answer in answers] == [1, 1], answers


class Client(threading.Thread):
    """Makes one request after the other until it is told to stop, and keeps what failed."""

    def __init__(self, request):
        super().__init__(daemon=True)  # a failed test must not leave the run waiting for its clients
        self.request = request
        self.over = threading.Event()
        self.answered = 0
        self.failed = []

    def run(self):
        while not self.over.wait(PAUSE_S):
            answer = self.request()
            if answer.status_code == 200:
                self.answered += 1
            else:
                self.failed.append((answer.status_code, answer.text))


def row(sensor):
    moment = datetime.now(UTC).isoformat()
    return {"readings": [{"sensor_id": sensor, "capture_time": moment, "temperature": 33.0, "humidity": 60.0}]}


def test_with_one_of_two_workers_killed_no_read_fails_and_a_write_at_most_cleanly(mesh, red, place):
    register(mesh, place, "busy")
    reads = [("thresholds", EVERYTHING), ("realtime", "realtime/"), ("location", "sensors/")] * 2
    readers = [Client(partial(mesh.rest, "GET", name, path)) for name, path in reads]
    writers = [
        Client(partial(mesh.rest, "PUT", "thresholds", red, json={"max_value": 38.0})),
        Client(partial(mesh.rest, "PUT", "location", "sensors/busy", json={"interval_s": 60})),
        Client(lambda: mesh.rest("POST", "realtime", "realtime/readings", json=row("busy"))),
    ]
    for client in (*readers, *writers):
        client.start()
    for killed in ("thresholds", "location-2", "realtime"):
        time.sleep(0.3)
        mesh.up.kill(killed)
        mesh.await_recovery(killed)
    for client in (*readers, *writers):
        client.over.set()
        client.join(RECOVERY_S)
        assert not client.is_alive()
        assert client.answered > 0
    assert [client.failed for client in readers] == [[]] * len(readers)
    # A worker may have begun to write, so that only the caller can tell whether to repeat it; then it succeeds.
    assert [client.request().status_code for client in writers] == [200] * len(writers)
    for status, text in [failure for client in writers for failure in client.failed]:
        assert (status, json.loads(text)["code"]) == (503, 14)


def test_a_worker_of_each_service_is_stopped_and_started_again_and_no_read_fails(mesh):
    readers = [Client(partial(mesh.rest, "GET", name, path)) for name, path in READS.items()]
    for client in readers:
        client.start()
    for each in SERVICES:
        stopped = f"{each.name}-2"
        mesh.up.ask_to_stop(stopped)
        mesh.await_recovery(stopped)
    for client in readers:
        client.over.set()
        client.join(RECOVERY_S)
        assert client.answered > 0
    print("reads answered:", dict(zip(READS, [client.answered for client in readers], strict=True)))
    assert [client.failed for client in readers] == [[]] * len(readers)


def test_realtime_goes_on_following_when_one_worker_of_a_neighbour_dies_and_then_the_other(mesh, red, judged):
    place, stubs = judged
    for killed, bound, level in (("thresholds-2", 33.4, "red"), ("thresholds", 34.0, "orange")):
        mesh.up.kill(killed)
        while mesh.rest("PUT", "thresholds", red, json={"min_value": bound}).status_code != 200:
            time.sleep(0.05)
        seconds_until(lambda level=level: judged_as(stubs, place, level))
        mesh.await_recovery(killed)
