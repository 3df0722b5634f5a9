"""`montrg up` as a user runs it: its programs killed one by one while clients go on, and three kinds of clients."""

import json
import random
import shutil
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import httpx
import psutil
import pytest
from montrg.realtime.v1 import ingest_service_pb2 as ingest_pb2
from montrg.realtime.v1 import ingest_service_pb2_grpc, realtime_service_pb2_grpc
from montrg.realtime.v1 import realtime_service_pb2 as pb2

from tests.support.ports import mesh_on_free_ports
from tests.support.soak import SEED, kills
from tests.support.up import RECOVERY_S, running_up
from tests.support.writing import write_until_acknowledged

OFFSET = mesh_on_free_ports().port_offset
THRESHOLDS, LOCATION, REALTIME, AGGREGATION, ALERT = (f"127.0.0.1:{port + OFFSET}" for port in range(30001, 30006))
PROGRAMS = ("realtime", "postgres", "aggregation", "location", "thresholds", "envoy")
KILLS = kills(usual=8)


@pytest.fixture(scope="module")
def up():
    with running_up(MONTRG_PORT_OFFSET=str(OFFSET)) as up:
        yield up


@pytest.fixture(scope="module")
def http(up):
    with httpx.Client(timeout=10) as client:
        yield client


def measured(http):
    answer = http.get(f"http://{REALTIME}/api/v1/realtime/")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_real_readings_are_judged_against_the_legal_limits(http):
    by_sensor = {m["sensor_id"]: m for m in measured(http)["measurements"]}
    assert {"EWR", "JFK", "LGA"} <= by_sensor.keys()
    for sensor in ("EWR", "JFK", "LGA"):
        assert by_sensor[sensor]["metrics"]["pcv_temperature"]["status"] in {"normal", "warning", "critical"}
    year_ago = (datetime.now(UTC) - timedelta(days=364)).isoformat()
    series = http.get(f"http://{REALTIME}/api/v1/realtime/readings", params={"sensor_id": "EWR", "end_time": year_ago})
    assert len(series.json()) > 10
    assert {row["source"] for row in series.json()} == {"replay"}


def test_a_program_of_generated_stubs_does_the_main_job(http):
    channel = grpc.insecure_channel(REALTIME)
    reading = ingest_pb2.Reading(sensor_id="LGA", temperature=38.0, humidity=50.0)
    reading.capture_time.GetCurrentTime()
    request = ingest_pb2.WriteReadingsRequest(readings=[reading])
    assert ingest_service_pb2_grpc.IngestServiceStub(channel).WriteReadings(request).accepted == 1
    stub = realtime_service_pb2_grpc.RealtimeServiceStub(channel)
    answer = stub.GetPlaceMeasurements(pb2.GetPlaceMeasurementsRequest(loc_id="LGA-sorting"))
    values = [(m.metrics.pcv_temperature.value, m.metrics.pcv_temperature.level) for m in answer.measurements]
    channel.close()
    assert values == [(37.4, "red")]


def test_the_shift_leader_of_the_replay_is_told_of_the_heat_wave(up, http):
    def told():
        sent = http.get(f"http://{ALERT}/api/v1/notifications/", params={"state": "sent"}).json()
        return {one["recipient"] for one in sent} == {f"http://127.0.0.1:{30008 + OFFSET}/…"}

    up.await_true(told, RECOVERY_S)
    lines = (up.folder / "data" / "logs" / "replay.log").read_text().splitlines()
    said = [line for line in map(json.loads, filter(_is_json, lines)) if line["message"] == "told"]
    assert said
    assert {line["place"].split(" / ")[0] for line in said} == {"New York"}


def _is_json(line):
    return line.startswith("{")  # the progress of the import is for people


def test_grpcurl_finds_the_contract_by_reflection_and_does_the_main_job(up):
    grpcurl = Path(sys.executable).with_name("grpcurl")
    command = [str(grpcurl), "-plaintext", REALTIME, "montrg.realtime.v1.RealtimeService/GetMeasurements"]
    answer = json.loads(subprocess.run(command, check=True, capture_output=True, timeout=20).stdout)
    assert {"EWR", "JFK", "LGA"} <= {m["sensorId"] for m in answer["measurements"]}


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed here")
def test_the_printed_curl_lines_work(up):
    printed = up.console().rsplit("Try:", 1)[1].split("\n\n")[0].replace("\\\n", " ")
    lines = [line.strip() for line in printed.splitlines() if line.strip()]
    assert len(lines) == 5
    for line in lines:
        answer = subprocess.run(f"{line} -sSf", shell=True, check=True, capture_output=True, timeout=20)  # noqa: S602
        assert json.loads(answer.stdout) or "/alerts/" in line  # there may be no danger yet


def schedule():
    """Which program is killed after how many seconds: each one first, then by chance."""
    chance = random.Random(SEED)
    names = [*PROGRAMS, *chance.choices(PROGRAMS, k=KILLS - len(PROGRAMS))]
    return [(name, chance.uniform(0.3, 2.0)) for name in names]


class Writer(threading.Thread):
    """Writes readings through REST, each batch until it is acknowledged, and keeps what was."""

    def __init__(self, number):
        super().__init__(daemon=True)  # a failed test must not leave the run waiting for its writers
        self.sensor = f"chaos-{number}"
        self.acknowledged = []
        self.failures = 0
        self.over = threading.Event()
        self._random = random.Random(number)

    def run(self):
        moment = datetime.now(UTC) - timedelta(days=2)
        with httpx.Client(timeout=5) as client:
            while not self.over.is_set():
                moment += timedelta(seconds=1)
                temperature = round(self._random.uniform(20, 40), 2)
                row = {"sensor_id": self.sensor, "temperature": temperature, "humidity": 50}
                row |= {"capture_time": moment.isoformat()}
                self.failures += write_until_acknowledged(client, f"http://{REALTIME}/api/v1/realtime/readings", [row])
                self.acknowledged.append((moment, temperature))


def test_whatever_is_killed_no_acknowledged_reading_is_lost_or_doubled(up, http):
    place = {"loc_id": "chaos", "plant": "", "factory": "Chaos", "building": "C", "floor": 0, "area": "All"}
    assert http.post(f"http://{LOCATION}/api/v1/locations/", json=place).status_code == 201
    writers = [Writer(number) for number in range(4)]
    for writer in writers:
        body = {"sensor_id": writer.sensor, "loc_id": "chaos"}
        assert http.post(f"http://{LOCATION}/api/v1/sensors/", json=body).status_code == 201
        writer.start()
    for name, pause_s in schedule():
        time.sleep(pause_s)
        up.kill(name)
    time.sleep(2.0)
    for writer in writers:
        writer.over.set()
    for writer in writers:
        writer.join(60)
        assert not writer.is_alive()
    assert sum(writer.failures for writer in writers) > 0, "the kills touched nobody: the test shows nothing"
    for writer in writers:
        assert stored(http, writer.sensor) == writer.acknowledged
    up.await_true(lambda: all(is_ready(http, port) for port in (THRESHOLDS, LOCATION, REALTIME)), RECOVERY_S)
    up.await_true(lambda: measured(http)["degraded"] == [], RECOVERY_S)
    written = sum(len(writer.acknowledged) for writer in writers)
    up.await_true(lambda: rolled_up(http, "Chaos") == written, RECOVERY_S)


def is_ready(http, service):
    return http.get(f"http://{service}/ready").status_code == 200


def rolled_up(http, factory):
    """How many readings of a factory are in the rollups of this and the last month."""
    path = f"http://{AGGREGATION}/api/v1/aggregation/pcv_temperature/factory/{factory}"
    now = datetime.now(UTC)
    query = {"start_date": f"{now - timedelta(days=3):%Y%m}", "end_date": f"{now + timedelta(days=1):%Y%m}"}
    answer = http.get(path, params=query).json()
    return sum(row["readings"] for place in answer["locations"] for row in place["date"])


def stored(http, sensor):
    rows, token = [], ""
    while True:
        query = {"sensor_id": sensor, "limit": 1000, "page_token": token}
        answer = http.get(f"http://{REALTIME}/api/v1/realtime/readings", params=query)
        rows += [(datetime.fromisoformat(row["capture_time"]), row["temperature"]) for row in answer.json()]
        token = answer.headers.get("x-next-page-token", "")
        if not token:
            return rows


def subscriptions(http):
    return http.get(f"http://{ALERT}/api/v1/subscriptions/").json()


def test_it_stops_on_ctrl_c_leaves_nothing_behind_and_goes_on_with_its_data(up, http):
    created = http.post(
        f"http://{THRESHOLDS}/api/v1/thresholds/",
        json={"threshold_type": "humidity", "level": "red", "min_value": 97.25},
    )
    path = created.headers["location"]
    children = psutil.Process(up.process.pid).children(recursive=True)
    assert up.stop() == 0, up.console()
    assert not [child for child in children if child.is_running()]
    up.start()
    assert http.get(f"http://{THRESHOLDS}{path}").json()["min_value"] == 97.25
    up.await_true(lambda: [one["enabled"] for one in subscriptions(http)] == [True], RECOVERY_S)
