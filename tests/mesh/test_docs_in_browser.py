"""The documentation as a person sees it: Swagger UI of each port, in a real browser."""

import asyncio
import functools
import html
import json
import os
import shutil
import subprocess
import threading
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from services.catalog import SERVICES
from services.mesh.options import ROOT
from tests.mesh.conftest import Mesh

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--enable-logging=stderr", "--dump-dom",
    # No name is looked up, whoever asks; and the page gets all the time that its scripts want.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--virtual-time-budget=10000",
)  # fmt: skip

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here (Debian: apt install chromium)")


@dataclass(frozen=True, slots=True)
class Seen:
    """A page as the browser has it in the end, what its console says, and the addresses that the page asked for."""

    page: str
    console: list[str]
    asked: list[str]


def browse(url: str, folder: Path) -> Seen:
    log = folder / "net.json"
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={folder}/profile", f"--log-net-log={log}", url]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=120, env={**os.environ, "HOME": str(folder)}
    )
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    network = json.loads(log.read_text())
    start = network["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    requests = [event["params"] for event in network["events"] if event["type"] == start and "params" in event]
    origin = f"http://{urlsplit(url).netloc}"
    # The browser asks its maker for news on its own account; those requests have no page as their initiator.
    return Seen(done.stdout, console, [r["url"] for r in requests if r.get("initiator") == origin])


@pytest.mark.parametrize("name", [service.name for service in SERVICES])
async def test_every_operation_is_listed_and_nothing_is_asked_of_another_host(
    name: str, mesh: Mesh, tmp_path: Path
) -> None:
    address = mesh.addresses[name]
    seen = await asyncio.to_thread(browse, f"http://{address}/docs", tmp_path)
    document = json.loads((ROOT / "gen" / "openapi" / f"{name}.json").read_text())
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert f'id="operations-{operation["tags"][0]}-{operation["operationId"]}"' in seen.page
            assert operation["summary"] in html.unescape(seen.page)
        assert f'data-path="{path}"' in seen.page
    assert seen.console == []
    assert f"http://{address}/openapi.json" in seen.asked
    assert [url for url in seen.asked if not url.startswith(f"http://{address}/")] == []


async def test_a_page_that_fails_and_asks_elsewhere_would_be_noticed(tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "index.html").write_text('<script src="http://elsewhere.example/a.js"></script><script>nothing()</script>')
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(SimpleHTTPRequestHandler, directory=str(pages)))
    threading.Thread(target=server.serve_forever).start()
    try:
        seen = await asyncio.to_thread(browse, f"http://127.0.0.1:{server.server_port}/index.html", tmp_path)
    finally:
        server.shutdown()
        server.server_close()
    assert "nothing is not defined" in seen.console[0]
    assert "http://elsewhere.example/a.js" in seen.asked
