"""Anything may be sent to any port: there is an answer within its time, never an internal error, and all goes on.

`make soak` runs this for ten minutes a port, by a seed; what it finds becomes a test of its own beside what it breaks.
"""

import contextlib
import gc
import random
import re
import socket
import time
from collections import Counter
from itertools import count
from typing import Any

import grpc
import psutil
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from services import catalog
from services.mesh.options import ROOT
from tests.support.fuzzing import ANSWER_S, SECONDS, broken, message
from tests.support.ports import mesh_on_free_ports
from tests.support.rest import row
from tests.support.soak import SEED
from tests.support.up import running_up
from tests.support.ways import CONTRACTS

HOST = "127.0.0.1"
# Nobody listens there: what is told of alerts must not leave this machine.
NOWHERE = "http://127.0.0.1:9/"
# Their requests hold addresses that messages are sent to, which chance must not choose.
ADDRESSED = re.compile(r"(Create|Update|Test)Subscription$")
# A request that is no message is the caller's mistake; a neighbour or a database that is away would be ours.
WRONG = {"INTERNAL", "UNKNOWN", "UNAVAILABLE", "DEADLINE_EXCEEDED", "DATA_LOSS"}
MOST_GROWTH_MB = 150
QUIET_S = 1.0

SERVICES = pytest.mark.parametrize("service", catalog.SERVICES, ids=[s.name for s in catalog.SERVICES])


@pytest.fixture(scope="module")
def mesh():
    """A mesh that stays as it was: the same processes, not much larger, and ready."""
    # What earlier tests left complains when it is collected, and shows where it came from, for which Python compiles:
    # CPython 3.11 cannot do that while it compiles something else, as Hypothesis does all the time.
    gc.collect()
    offset = mesh_on_free_ports().port_offset
    with running_up(MONTRG_REPLAY="off", MONTRG_PORT_OFFSET=str(offset)) as up:
        _set_up(offset)
        children = psutil.Process(up.process.pid).children()
        before = {child.pid: child.memory_info().rss for child in children}
        yield offset
        for service in catalog.SERVICES:
            assert requests.get(f"http://{HOST}:{service.rest_port + offset}/ready", timeout=10).status_code == 200
        after = {child.pid: child.memory_info().rss for child in psutil.Process(up.process.pid).children()}
        assert after.keys() == before.keys(), up.console()
        grown = {pid: after[pid] - size for pid, size in before.items()}
        assert max(grown.values()) < MOST_GROWTH_MB * 1024 * 1024, grown


def _set_up(offset) -> None:
    """Makes what plausible requests name: places, a sensor, what it measured."""
    location, realtime = (
        f"http://{HOST}:{catalog.service(n).rest_port + offset}/api/v1" for n in ("location", "realtime")
    )
    place: dict[str, Any] = {
        "loc_id": "A-1",
        "plant": "Ulsan",
        "factory": "Press",
        "building": "B1",
        "floor": 1,
        "area": "Line 1",
    }
    for path, body in (
        ("locations/", place),
        ("locations/", place | {"loc_id": "A-2"}),
        ("sensors/", {"sensor_id": "known", "loc_id": "A-1"}),
    ):
        assert requests.post(f"{location}/{path}", json=body, timeout=10).status_code == 201
    written = requests.post(f"{realtime}/realtime/readings", json={"readings": [row("known")]}, timeout=10)
    assert written.json()["accepted"] == 1, written.text


@SERVICES
def test_rest_answers_whatever_a_document_allows_and_what_it_does_not(mesh, service):
    document = schemathesis.openapi.from_path(ROOT / "gen" / "openapi" / f"{service.name}.json")
    found: list[Any] = [one.ok() for one in document.get_all_operations()]  # type: ignore[union-attr]
    operations = [one for one in found if not one.path.endswith(":test")]
    statuses: Counter[int] = Counter()
    base = f"http://{HOST}:{service.rest_port + mesh}"
    end = time.monotonic() + SECONDS
    with requests.Session() as session:
        for turn in count():
            for number, operation in enumerate(operations):
                for mode in GenerationMode:
                    if time.monotonic() > end:
                        print(f"{service.name}: {sum(statuses.values()):,} requests, {dict(statuses)}, SEED={SEED}")
                        return
                    chosen = SEED + 10_000 * turn + 10 * number + (mode is GenerationMode.NEGATIVE)
                    _fuzz(operation, mode, chosen, lambda case: statuses.update([_status(session, case, base)]))


def _fuzz(operation, mode, chosen, send) -> None:
    @seed(chosen)
    @settings(
        max_examples=5, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=[*HealthCheck]
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case) -> None:
        send(case)

    with contextlib.suppress(Unsatisfiable):  # where nothing can be given, nothing can be given wrong
        run()


def _status(session: requests.Session, case: Any, base: str) -> int:
    told = case.as_transport_kwargs(base_url=base)
    if isinstance(told.get("json"), dict) and isinstance(told["json"].get("recipient"), str):
        told["json"]["recipient"] = NOWHERE
    with session.request(**told, timeout=ANSWER_S, stream=True, allow_redirects=False) as answer:
        # A stream of events has no end; whatever else there is has one.
        if "event-stream" not in answer.headers.get("content-type", ""):
            words = answer.content
            assert answer.status_code < 500, (told, answer.status_code, words)
            assert answer.status_code < 400 or answer.json()["message"], (told, words)
        return answer.status_code


@SERVICES
@pytest.mark.parametrize("is_direct", [True, False], ids=["service", "envoy"])
def test_grpc_answers_messages_of_any_content_and_bytes_that_are_none(mesh, service, is_direct):
    chance = random.Random(SEED)
    methods = [m for name in service.proto_services for m in CONTRACTS.methods[name] if not ADDRESSED.search(m.name)]
    codes: Counter[str] = Counter()
    port = (service.grpc_port if is_direct else service.rest_port) + mesh
    end = time.monotonic() + SECONDS / 2
    with grpc.insecure_channel(f"{HOST}:{port}") as channel:
        while time.monotonic() < end:
            method = chance.choice(methods)
            payload = message(chance, method)
            if chance.random() < 0.5:
                payload = broken(chance, payload)
            codes.update([_code(channel, method, payload)])
    print(f"{service.name}: {sum(codes.values()):,} calls, {dict(codes)}, SEED={SEED}")


def _code(channel, method, payload) -> str:
    # A stream that has nothing to say yet ends in its time-out, which is no error.
    quiet = {"DEADLINE_EXCEEDED"} if method.server_streaming else set()
    code = _sent(channel, method, payload)
    assert code not in WRONG - quiet, (method.path, payload, code)
    return code


def _sent(channel, method, payload) -> str:
    try:
        if method.server_streaming:
            answers = channel.unary_stream(method.path)(payload, timeout=QUIET_S)
            next(answers, None)
            answers.cancel()
        else:
            channel.unary_unary(method.path)(payload, timeout=ANSWER_S)
    except grpc.RpcError as error:
        return str(error.code().name)
    return "OK"


@SERVICES
@pytest.mark.parametrize("is_direct", [True, False], ids=["service", "envoy"])
def test_a_port_survives_bytes_of_no_protocol(mesh, service, is_direct):
    chance = random.Random(SEED)
    port = (service.grpc_port if is_direct else service.rest_port) + mesh
    starts = (
        b"",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\n",
        b"\x16\x03\x01",
        b"POST / HTTP/1.1\r\nhost: x\r\n",
    )
    end = time.monotonic() + SECONDS / 4
    while time.monotonic() < end:
        # From an address of its own: the kernel keeps the port for a minute, and those of HOST are for other tests.
        source = f"127.{chance.randint(1, 254)}.{chance.randint(1, 254)}.1"
        with socket.create_connection((HOST, port), timeout=5, source_address=(source, 0)) as connection:
            try:
                connection.sendall(chance.choice(starts) + chance.randbytes(chance.randrange(3000)))
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(15)
                while connection.recv(65536):
                    pass
            except (ConnectionResetError, BrokenPipeError):
                pass  # an answer, too
