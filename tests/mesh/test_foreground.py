"""The Envoy of a pod as its container runs it: where it serves, how it drains, and what its exit code says."""

import asyncio
import contextlib
import os
import signal
import ssl
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import psutil
import pytest

from services.catalog import service
from services.issuer import keys
from services.issuer.domain import public_file
from services.mesh.deployed import ADMIN_PORT, INGRESS_PORT, STATUS_PORT
from services.mesh.options import ROOT
from tests.mesh.backend import Backend
from tests.support.certificates import Issuer
from tests.support.mesh import eventually
from tests.support.pods import free_offsets
from tests.support.ports import free_port

ADDRESS = "127.0.0.1"
THRESHOLDS = service("thresholds")
START_S, END_S = 60.0, 30.0
LIST = "/api/v1/thresholds/?limit=1"


class Runner:
    """A `montrg envoy`, in a folder of its own that is not the project's."""

    def __init__(self, folder):
        self._folder = folder
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        (self.offset,) = free_offsets([ADDRESS], [THRESHOLDS])
        self.process: Any = None

    def start(self, *words, **variables):
        own = {
            "MONTRG_ENVOY_HOST": ADDRESS, "MONTRG_PORT_OFFSET": str(self.offset), "TMPDIR": str(self.temporary),
            "PYTHONPATH": str(ROOT), **variables,
        }  # fmt: skip
        with self.log.open("ab") as output:
            argv = [sys.executable, "-m", "services.cli", "envoy", *words]
            self.process = subprocess.Popen(argv, cwd=self._folder, env=os.environ | own, stdout=output, stderr=output)

    @property
    def log(self):
        return self._folder / "envoy.log"

    def url(self, port, path):
        return f"http://{ADDRESS}:{port + self.offset}{path}"

    def envoy(self):
        """Envoy's own process."""
        (envoy,) = psutil.Process(self.process.pid).children()
        return envoy

    async def until(self, url, status=200, verify=True):
        """Waits until there is an answer with a status."""

        async def there():
            assert self.process.poll() is None, self.log.read_text()
            with contextlib.suppress(httpx.TransportError):
                async with httpx.AsyncClient(verify=verify) as client:
                    return (await client.get(url)).status_code == status

        await eventually(there, START_S)

    async def end(self):
        return await asyncio.to_thread(self.process.wait, END_S)

    def told(self, number):
        self.process.send_signal(number)


@pytest.fixture
def runner():
    # Not pytest's own folder: the path of a socket in it may have no more than 107 bytes.
    with TemporaryDirectory(prefix="montrg-") as folder:
        runner = Runner(Path(folder))
        yield runner
        if runner.process and runner.process.poll() is None:
            runner.process.kill()
            runner.process.wait()


@pytest.fixture
async def backend():
    """What the sidecar of thresholds is beside."""
    backend = Backend(free_port())
    await backend.start()
    yield backend
    await backend.stop()


@pytest.fixture
async def sidecar(runner, backend):
    runner.start("sidecar", "thresholds", MONTRG_PORT=str(backend.port))
    await runner.until(runner.url(INGRESS_PORT, LIST))
    return runner


async def get(client, runner):
    return await client.get(runner.url(INGRESS_PORT, LIST))


async def test_a_sidecar_serves_in_any_folder_and_leaves_nothing_behind(sidecar, backend):
    async with httpx.AsyncClient() as client:
        assert (await client.get(sidecar.url(STATUS_PORT, "/ready"))).text == "LIVE\n"
        assert "envoy_server_live" in (await client.get(sidecar.url(STATUS_PORT, "/stats/prometheus?usedonly"))).text
        for path in ("/quitquitquit", "/", "/config_dump", "/stats", "/ready/../quitquitquit"):
            assert (await client.post(sidecar.url(STATUS_PORT, path))).status_code == 404
        assert (await client.get(sidecar.url(ADMIN_PORT, "/ready"))).status_code == 200
    await backend.stop()
    sidecar.told(signal.SIGINT)
    assert await sidecar.end() == 0
    assert list(sidecar.temporary.iterdir()) == []


async def test_a_secure_sidecar_drains_as_well_though_its_admin_interface_is_no_port(runner, tmp_path):
    certs = Issuer(tmp_path / "certs").folder("thresholds")
    backend = Backend(free_port())
    await backend.start(certs)
    keys.issuer(tmp_path, datetime.now(UTC))
    own = {"MONTRG_PROFILE": "secure", "MONTRG_CERTS_DIR": str(certs), "MONTRG_PORT": str(backend.port)}
    runner.start("sidecar", "thresholds", **own, MONTRG_JWKS_FILE=str(public_file(tmp_path)))
    trust = ssl.create_default_context(cafile=certs / "ca.crt")
    url = runner.url(INGRESS_PORT, LIST).replace("http:", "https:")
    await runner.until(url, verify=trust)
    with pytest.raises(httpx.ConnectError):
        httpx.get(runner.url(ADMIN_PORT, "/ready"))
    runner.told(signal.SIGTERM)
    async with httpx.AsyncClient(verify=trust) as client:

        async def is_told():
            return (await client.get(url)).headers.get("connection") == "close"

        await eventually(is_told)
    await backend.stop()
    assert await runner.end() == 0
    assert list(runner.temporary.iterdir()) == []


async def test_a_sidecar_without_its_certificate_says_so(runner):
    runner.start("sidecar", "thresholds", MONTRG_PROFILE="secure", MONTRG_CERTS_DIR=str(runner.temporary))
    assert await runner.end() == 1
    assert "MONTRG_CERTS_DIR is" in runner.log.read_text()


async def test_a_sidecar_serves_on_until_its_service_has_ended_and_every_call_is_answered(sidecar, backend):
    gate = backend.thresholds.gates["list"] = asyncio.Event()
    async with httpx.AsyncClient() as client, httpx.AsyncClient() as other:
        assert "connection" not in (await other.get(sidecar.url(INGRESS_PORT, "/api/v1/thresholds/3"))).headers
        under_way = asyncio.create_task(get(client, sidecar))
        await eventually(lambda: asyncio.sleep(0, backend.thresholds.calls[-1][0] == "list"))
        sidecar.told(signal.SIGTERM)

        async def is_told():
            answer = await other.get(sidecar.url(INGRESS_PORT, "/api/v1/thresholds/3"))
            assert answer.status_code == 200
            return answer.headers.get("connection") == "close"

        await eventually(is_told)
        assert (await other.get(sidecar.url(INGRESS_PORT, "/health"))).status_code == 200
        stopping = asyncio.create_task(backend.stop(grace=20))
        await asyncio.sleep(1)
        assert sidecar.process.poll() is None
        gate.set()
        assert (await under_way).status_code == 200
        await stopping
    assert await sidecar.end() == 0


@pytest.mark.parametrize("hurry", [{"MONTRG_DRAIN_S": "1"}, {}], ids=["the time is over", "a second signal"])
async def test_a_sidecar_that_is_still_needed_ends_when(runner, backend, hurry):
    runner.start("sidecar", "thresholds", MONTRG_PORT=str(backend.port), **hurry)
    await runner.until(runner.url(INGRESS_PORT, LIST))
    runner.told(signal.SIGTERM)
    await asyncio.sleep(0.5)
    assert runner.process.poll() is None
    if not hurry:
        runner.told(signal.SIGTERM)
    assert await runner.end() == 0


async def test_if_envoy_dies_its_code_is_passed_on(sidecar):
    sidecar.envoy().kill()
    assert await sidecar.end() == 128 + signal.SIGKILL


async def test_envoy_does_not_outlive_the_one_that_runs_it(sidecar):
    envoy = sidecar.envoy()
    sidecar.process.kill()
    await asyncio.to_thread(envoy.wait, END_S)


async def test_an_edge_ends_when_no_call_is_under_way(runner, backend):
    runner.start("edge", THRESHOLDS_SERVICE_URL=f"{ADDRESS}:{backend.port}")
    await runner.until(f"http://{ADDRESS}:{THRESHOLDS.rest_port + runner.offset}{LIST}")
    runner.told(signal.SIGTERM)
    assert await runner.end() == 0


async def test_a_wrong_setting_is_named_and_nothing_is_started(runner):
    runner.start("sidecar", "thresholds", MONTRG_DRAIN_S="soon")
    assert await runner.end() == 1
    assert "MONTRG_DRAIN_S is 'soon'; give a whole number" in runner.log.read_text()
