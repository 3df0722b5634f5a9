"""A real Envoy for a test, on free ports, in front of whatever the test starts."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from services.mesh.admin import Admin
from services.mesh.options import ROOT, Place, RenderOptions
from services.mesh.process import envoy_command
from services.mesh.render import render_config, to_yaml, write_config
from tests.support.names import ask

START_S = 20.0


@contextmanager
def running_envoy(options: RenderOptions, folder: Path, names: int | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """Runs an Envoy with these options until the block ends; its log is `folder`/envoy.log.

    It asks the name server at the port `names` for names, if that is given.
    """
    options = options.written_to(folder)
    # The files that it names, too.
    write_config(options, folder / "envoy.yaml")
    if names is not None:
        rendered = render_config(options)
        ask(rendered, names)
        (folder / "envoy.yaml").write_text(to_yaml(rendered), encoding="utf-8")
    with _running(options.admin, folder) as process:
        yield process


@contextmanager
def running_rendered(rendered: dict[str, Any], admin: Place | Path, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Runs an Envoy with a configuration until the block ends; its log is `folder`/envoy.log."""
    (folder / "envoy.yaml").write_text(to_yaml(rendered), encoding="utf-8")
    with _running(admin, folder) as process:
        yield process


@contextmanager
def _running(admin: Place | Path, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    config, log = folder / "envoy.yaml", folder / "envoy.log"
    with log.open("wb") as output:
        process = subprocess.Popen(envoy_command(config), cwd=ROOT, stderr=output, stdout=output)
    try:
        _await_ready(process, admin, log)
        yield process
    finally:
        process.terminate()
        process.wait(10)


def _await_ready(process: subprocess.Popen[bytes], admin: Place | Path, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while not Admin(admin).is_ready():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
