"""`montrg watch` on real services: what comes is shown, a killed realtime is stale and live again."""

import asyncio
import io
import os
import sys
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import grpc
import pytest
from montrg.alert.v1 import alert_service_pb2 as alert_pb2
from montrg.alert.v1 import alert_service_pb2_grpc
from montrg.realtime.v1 import ingest_service_pb2 as ingest_pb2
from montrg.realtime.v1 import ingest_service_pb2_grpc
from rich.console import Console

from services.alert.app import APP as ALERT
from services.cli.main import main
from services.common.channels import connect
from services.common.watching import stream as streams
from services.location.app import APP as LOCATION
from services.thresholds.app import APP as THRESHOLDS
from services.watch import view as views
from services.watch.domain import Wanted
from tests.support.directory import make_place, register
from tests.support.mesh import Mesh, eventually
from tests.support.ports import free_port
from tests.support.program import running_program
from tests.support.watched import ZONE

SILENCE = timedelta(seconds=1.5)


class Killable(Mesh):
    """Services of which realtime is a process of its own."""

    def __init__(self, admin_url):
        super().__init__(admin_url)
        self._realtime = ExitStack()

    def start_realtime(self):
        variables = {"MONTRG_PORT": str(self.port("realtime"))} | self.neighbours_of("realtime")
        self._realtime.enter_context(running_program(self._admin_url, "realtime", **variables))

    def kill_realtime(self):
        self._realtime.close()


@pytest.fixture(scope="module")
async def mesh(admin_url):
    """Services with a place, a sensor and an alert."""
    mesh = Killable(admin_url)
    try:
        for app in (THRESHOLDS, LOCATION, ALERT):
            await mesh.start(app)
        async with grpc.aio.insecure_channel(mesh.url(LOCATION)) as channel:
            await make_place(channel, "A-1", plant="Ulsan", factory="제1 공장", area="Line 1")
            await register(channel, "S-1")
        await asyncio.to_thread(mesh.start_realtime)
        await write(mesh, 36.0)
        async with grpc.aio.insecure_channel(mesh.url(ALERT)) as channel:
            fallen = alert_pb2.Alert(loc_id="A-1", alert_level="critical", message="someone fell")
            request = alert_pb2.CreateAlertRequest(alert=fallen, actor="kim")

            async def raised():
                try:
                    await alert_service_pb2_grpc.AlertServiceStub(channel).CreateAlert(request)
                except grpc.aio.AioRpcError as error:  # it does not know the place yet
                    if error.code() not in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.NOT_FOUND}:
                        raise
                    return False
                return True

            await eventually(raised)
        yield mesh
    finally:
        mesh.kill_realtime()
        await mesh.close()


async def write(mesh, felt):
    """Sends a reading, once realtime knows the sensor."""
    reading = ingest_pb2.Reading(
        sensor_id="S-1", capture_time=datetime.now(UTC), temperature=33.0, humidity=55.0, pcv_temperature=felt
    )
    async with grpc.aio.insecure_channel(f"127.0.0.1:{mesh.port('realtime')}") as channel:
        stub = ingest_service_pb2_grpc.IngestServiceStub(channel)

        async def taken():
            answer = await stub.WriteReadings(
                ingest_pb2.WriteReadingsRequest(readings=[reading]), wait_for_ready=True, timeout=20
            )
            return answer.accepted + answer.duplicate == 1

        await eventually(taken)


async def keep_writing(mesh):
    while True:
        await write(mesh, 37.0)
        await asyncio.sleep(0.3)


async def run(mesh, *words, **variables):
    """Runs the command with its output in a pipe."""
    there = {f"MONTRG_{name.upper()}_SERVICE_URL": f"127.0.0.1:{mesh.port(name)}" for name in ("realtime", "alert")}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.cli", "watch", *words, env=os.environ | there | variables,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, error = await asyncio.wait_for(process.communicate(), 30)
    return process.returncode, out, error.decode()


async def test_one_screen_is_plain_text_also_where_the_output_has_no_such_signs(mesh):
    shown, bare = await asyncio.gather(
        run(mesh, "--once", "--factory", "제1 공장", COLUMNS="100"), run(mesh, "--once", PYTHONIOENCODING="ascii")
    )
    code, out, error = shown
    text = out.decode()
    assert (code, error) == (0, "")
    assert text.startswith("● live ")
    assert "\x1b" not in text
    line = next(line for line in text.splitlines() if line.strip().startswith("A-1"))
    assert line.split()[:6] == ["A-1", "Line", "1", "36.0", "■", "red"]
    assert "✖ critical" in text
    assert "someone fell" in text
    code, out, error = bare
    assert (code, error) == (0, "")
    assert b"!!! red" in out
    assert b"XXX critical" in out


async def test_a_place_that_is_not_there_is_told_with_what_to_do(mesh):
    code, out, error = await run(mesh, "--once", "--factory", "Pres")
    assert (code, out) == (1, b"")
    assert "Pres" in error
    assert "without --factory" in error
    assert "Traceback" not in error


def test_a_mesh_that_does_not_run_is_told_with_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(views, "PATIENCE_S", 0.3)
    address = f"127.0.0.1:{free_port()}"
    for name in ("REALTIME", "ALERT"):
        monkeypatch.setenv(f"MONTRG_{name}_SERVICE_URL", address)
    assert main(["watch", "--once"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "realtime at ipv4:" + address in told.err
    assert "is `montrg up` running" in told.err


async def test_a_killed_realtime_is_stale_and_then_live_again_with_what_came_since(mesh, monkeypatch):
    monkeypatch.setattr(streams, "HEARTBEAT_S", 0.3)  # of alert, which is in this process
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=100, height=24, color_system=None)
    watching = views.Watching(Wanted(), "worst", ZONE, SILENCE)
    async with connect(f"127.0.0.1:{mesh.port('realtime')}") as realtime, connect(mesh.url(ALERT)) as alert:
        view = views.View(watching, realtime, alert)
        shown = asyncio.create_task(views.watch(view, console))

        async def on_screen(*words):
            """Waits for a screen with all of the words, of those that are drawn from now on."""
            begin = len(file.getvalue())

            async def there():
                assert not shown.done(), shown.result()
                screens = file.getvalue()[begin:].split("\x1b[H")
                return any(all(word in screen for word in words) for screen in screens)

            await eventually(there)

        # Only while something comes the stream is live for as short a silence as this test's.
        writing = asyncio.create_task(keep_writing(mesh))
        await on_screen("live", " 37.0")
        writing.cancel()
        await asyncio.wait([writing])
        await asyncio.to_thread(mesh.kill_realtime)
        await on_screen("reconnecting (", "realtime", "(37.0)")
        await on_screen("stale since ", "(realtime)", "(37.0)", "✖ critical")
        await asyncio.to_thread(mesh.start_realtime)
        await write(mesh, 38.5)
        await on_screen("live", " 38.5", "critical")
        shown.cancel()
        with pytest.raises(asyncio.CancelledError):
            await shown
    # The cursor and what was on the terminal before are back.
    assert file.getvalue().endswith("\x1b[?25h\x1b[?1049l")
