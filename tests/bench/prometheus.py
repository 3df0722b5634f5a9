"""Prometheus with Alertmanager, as Debian has them: told of the same readings, at the shortest sensible intervals."""

import asyncio
import json
import shutil
import subprocess
import tempfile
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from tests.bench.breaches import LIMIT, Breaches
from tests.support.ports import free_ports
from tests.support.receivers import webhook

PROGRAMS = ("prometheus", "prometheus-alertmanager")
INTERVAL = "1s"
START_S = 20.0


def is_installed():
    """Whether both can be measured."""
    return all(map(shutil.which, PROGRAMS))


async def measure_prometheus(seconds):
    """Runs both, and measures what becomes of the breaches."""
    exposed, prometheus, alertmanager = free_ports(3)
    temperatures: dict[str, float] = {}
    came: dict[str, float] = {}
    async with webhook() as receiver, _exposed(exposed, temperatures) as scraped:

        def told():
            while receiver.requests:
                request = receiver.requests.pop(0)
                for alert in request.json["alerts"]:
                    if alert["status"] == "firing":
                        came.setdefault(alert["labels"]["sensor"], request.received_at)
            return came

        async def write(some):
            temperatures.update(some)

        with _running(exposed, prometheus, alertmanager, receiver.url):
            await asyncio.wait_for(scraped.wait(), START_S)
            return await Breaches(seconds).run(write, told)


@asynccontextmanager
async def _exposed(port, temperatures):
    """Serves the temperatures as they are; gives what is set once somebody has asked for them."""
    scraped = asyncio.Event()

    async def serve(reader, writer):
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                lines = [f'temperature{{sensor="{name}"}} {value}\n' for name, value in temperatures.items()]
                body = "".join(lines).encode()
                head = f"HTTP/1.1 200 OK\r\ncontent-type: text/plain; version=0.0.4\r\ncontent-length: {len(body)}"
                writer.write(f"{head}\r\n\r\n".encode() + body)
                await writer.drain()
                scraped.set()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # Prometheus has ended
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", port):
        yield scraped


@contextmanager
def _running(exposed, prometheus, alertmanager, url):
    """Both programs, until the block ends."""
    folder = Path(tempfile.mkdtemp(prefix="montrg-bench-"))
    for name, content in _settings(exposed, alertmanager, url).items():
        (folder / name).write_text(json.dumps(content))  # which is YAML, too
    argvs = (
        (PROGRAMS[1], "--config.file=alertmanager.yml", "--storage.path=alertmanager",
         f"--web.listen-address=127.0.0.1:{alertmanager}", "--cluster.listen-address="),
        (PROGRAMS[0], "--config.file=prometheus.yml", "--storage.tsdb.path=prometheus",
         f"--web.listen-address=127.0.0.1:{prometheus}"),
    )  # fmt: skip
    processes: list[subprocess.Popen[bytes]] = []
    try:
        with (folder / "log").open("wb") as log:
            processes.extend(subprocess.Popen(argv, cwd=folder, stdout=log, stderr=log) for argv in argvs)
        yield
    finally:
        for process in processes:
            process.terminate()
            process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _settings(exposed, alertmanager, url):
    """What both are told, by file: each sensor is an alert and a message of its own, as in the mesh."""
    rule = {"alert": "Hot", "expr": f"temperature >= {LIMIT}"}
    return {
        "rules.yml": {"groups": [{"name": "heat", "rules": [rule]}]},
        "prometheus.yml": {
            "global": {"scrape_interval": INTERVAL, "scrape_timeout": INTERVAL, "evaluation_interval": INTERVAL},
            "rule_files": ["rules.yml"],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alertmanager}"]}]}]},
            "scrape_configs": [{"job_name": "sensors", "static_configs": [{"targets": [f"127.0.0.1:{exposed}"]}]}],
        },
        "alertmanager.yml": {
            "route": {"receiver": "bench", "group_by": ["sensor"], "group_wait": "0s", "group_interval": INTERVAL},
            "receivers": [{"name": "bench", "webhook_configs": [{"url": url}]}],
        },
    }
