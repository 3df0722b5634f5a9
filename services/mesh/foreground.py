"""Runs Envoy in the foreground, and at a signal lets its callers go elsewhere before it ends.

It stays for as long as Envoy does, beside every process of a service, so it imports little.
"""

import dataclasses
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from services.common.death_signal import dies_with_parent
from services.mesh.deployed import Deployed
from services.mesh.options import ROOT, Place
from services.mesh.process import envoy_command

LOOK_EVERY_S = 0.1
END_WITHIN_S = 5.0
LEVELS_EVERY_S = 1.0

_STOP = frozenset({signal.SIGTERM, signal.SIGINT})
_AWAITED = _STOP | {signal.SIGCHLD}


def run(deployed: Deployed, render: Sequence[str]) -> int:
    """Renders a configuration into a folder of its own and runs Envoy with it, until a signal or until Envoy ends.

    Args:
        deployed: the Envoy.
        render: the command that renders it into the file whose path is added to it. It is a process of its own, since
            what it imports is several times as large as all that has to stay.

    Returns:
        0 after a signal, or the exit code of what failed.
    """
    # Waited for instead of handled, so that none comes at a wrong moment; the first process of a container gets no
    # other ones.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)
    try:
        with TemporaryDirectory(prefix="montrg-envoy-") as folder:
            config = Path(folder) / "envoy.yaml"
            rendered = subprocess.run([*render, str(config)], check=False)  # noqa: S603  our own command
            if rendered.returncode:
                return _exit_code(rendered.returncode)
            options = deployed.options.written_to(config.parent)
            return _run(dataclasses.replace(deployed, options=options), config, before)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _run(deployed: Deployed, config: Path, mask: set[int | signal.Signals]) -> int:
    bind = dies_with_parent(signal.SIGKILL)

    def begin() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        bind()

    command = envoy_command(config, log_level=deployed.log_level)
    # A terminal's Ctrl-C goes to a whole group; in one of its own Envoy would not end before it has drained.
    envoy = subprocess.Popen(command, cwd=ROOT, process_group=0, preexec_fn=begin)  # noqa: S603, PLW1509
    if _stopped(deployed, envoy):
        _drain(deployed, envoy)
        _end(envoy)
        return 0
    return _exit_code(envoy.wait())


def _stopped(deployed: Deployed, envoy: subprocess.Popen[bytes]) -> bool:
    """Waits for a signal to stop, and keeps Envoy's levels meanwhile; returns False once Envoy has ended."""
    if deployed.levels_file is None:
        return _signalled(envoy, None)
    from services.mesh.admin import Admin  # here, since few need it
    from services.mesh.levels import EnvoyLevels

    levels = EnvoyLevels(Admin(deployed.options.admin), deployed.levels_file, deployed.log_level)
    while envoy.poll() is None:
        if _signalled(envoy, LEVELS_EVERY_S):
            return True
        levels.look(datetime.now(UTC))
    return False


def _signalled(envoy: subprocess.Popen[bytes], seconds: float | None) -> bool:
    """Waits for a signal to stop; returns False once so many seconds have passed, or Envoy has ended."""
    deadline = None if seconds is None else time.monotonic() + seconds
    while envoy.poll() is None:
        told = _next_signal(deadline)
        if told in _STOP:
            return True
        if told is None:
            return False
    return False


def _next_signal(deadline: float | None) -> int | None:
    if deadline is None:
        return signal.sigwaitinfo(_AWAITED).si_signo
    told = signal.sigtimedwait(_AWAITED, max(0.0, deadline - time.monotonic()))
    return None if told is None else told.si_signo


def _drain(deployed: Deployed, envoy: subprocess.Popen[bytes]) -> None:
    """Has callers go elsewhere; returns when nobody needs this Envoy any more, or nobody may wait any longer."""
    from services.mesh.admin import Admin  # here, since it is needed only now

    admin = Admin(deployed.options.admin)
    deadline = time.monotonic() + deployed.drain_s
    # An Envoy that does not answer has not begun to serve.
    is_needed = admin.drain()
    while is_needed and time.monotonic() < deadline:
        # A second signal ends the wait, and so does the end of Envoy.
        if _signalled(envoy, LOOK_EVERY_S) or envoy.poll() is not None:
            return
        # Once its process refuses calls an Envoy can only do so, too: those who still come had better not reach it.
        is_needed = (deployed.process is not None and _listens(deployed.process)) or admin.active_requests() > 0


def _listens(place: Place) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in place[0] else socket.AF_INET) as probe:
        probe.settimeout(1)
        return probe.connect_ex(place) == 0


def _end(envoy: subprocess.Popen[bytes]) -> None:
    envoy.terminate()
    try:
        envoy.wait(END_WITHIN_S)
    except subprocess.TimeoutExpired:
        envoy.kill()
        envoy.wait()


def _exit_code(returned: int) -> int:
    """Returns the exit code by which a shell tells what became of a process."""
    return returned if returned >= 0 else 128 - returned
