"""A real Prometheus beside a mesh, without patience: all durations of its rules are a fraction of the real ones."""

import re
import subprocess
import time
from contextlib import contextmanager

import httpx
import yaml

from services.local.monitoring import command, write
from tests.support.ports import free_port
from tests.support.programs import program

PROMETHEUS = program("prometheus")
MISSING = "there is no prometheus here; Debian has it in the package of that name"
# A minute of the rules, in seconds.
MINUTE_S = 5
# Who is well says so every few seconds: of what is older than a minute of the rules, no less than this is meant.
LEAST_AGE_S = 10
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def shortened(text):
    """The rules of a file with a minute of MINUTE_S: in `for`, in windows, and in seconds that are written n * 60."""
    text = re.sub(r"(?<=for: )(\d+)([smh])\b", _duration, text)
    text = re.sub(r"(?<=\[)(\d+)([smh])\b", _duration, text)
    return re.sub(r"\b([\d.]+) \* 60\b", lambda found: f"{max(float(found[1]) * MINUTE_S, LEAST_AGE_S):g}", text)


def _duration(found):
    return f"{int(found[1]) * _SECONDS[found[2]] * MINUTE_S * 1000 // 60}ms"


class Prometheus:
    """What it knows."""

    def __init__(self, port):
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=10)

    def _get(self, path, **parameters):
        answer = self._client.get(path, params=parameters)
        assert answer.is_success, (parameters, answer.text)
        return answer.json()["data"]

    def query(self, expression):
        """The series of an expression, each as labels and a value."""
        found = self._get("/query", query=expression)
        if found["resultType"] == "scalar":
            return [({}, float(found["result"][1]))]
        return [(each["metric"], float(each["value"][1])) for each in found["result"]]

    def exemplars(self, expression):
        """What leads from the series of an expression to traces, without where and when."""
        now = time.time()
        found = self._get("/query_exemplars", query=expression, start=now - 3600, end=now + 60)
        return [each["labels"] for series in found for each in series["exemplars"]]

    def targets(self):
        """The health of each target, by its job and its process."""
        found = self._get("/targets")["activeTargets"]
        return {(each["labels"]["job"], each["labels"].get("process", "")): each["health"] for each in found}

    def firing(self):
        """The alerts that fire, but for the one that always does: their names and services, with all that they say."""
        alerts = [each for each in self._get("/alerts")["alerts"] if each["state"] == "firing"]
        told = {(each["labels"]["alertname"], each["labels"].get("service", "")): each for each in alerts}
        assert told.pop(("MontrgWatchdog", ""), None) or not told
        return told

    def rules(self):
        """Every rule, with how it went."""
        return [rule for group in self._get("/rules")["groups"] for rule in group["rules"]]

    def close(self):
        self._client.close()


@contextmanager
def running_prometheus(settings, folder):
    """Runs it beside a mesh of these settings until the block ends."""
    port = free_port()
    file = write(settings, folder)
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    # A process takes longer to tell its figures while its database is away.
    content["global"] = {"scrape_interval": "2s", "scrape_timeout": "2s", "evaluation_interval": "1s"}
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    for rules in (folder / "rules").glob("*.yml"):
        rules.write_text(shortened(rules.read_text(encoding="utf-8")), encoding="utf-8")
    argv = [*command(file), f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(argv, stdout=log, stderr=log, cwd=folder)
    prometheus = Prometheus(port)
    try:
        deadline = time.monotonic() + 30
        while not _is_ready(port):
            assert process.poll() is None, (folder / "prometheus.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        yield prometheus
    finally:
        prometheus.close()
        process.terminate()
        process.wait(20)


def _is_ready(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/-/ready").is_success
    except httpx.HTTPError:
        return False
