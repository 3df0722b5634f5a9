"""Looks at this machine: who listens, what is installed, the certificates, the disk."""

import os
import platform
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from services.catalog import SERVICES
from services.certs.places import FOLDER
from services.doctor.facts import Certificate, Listener, Machine, Package
from services.doctor.where import Where
from services.local.settings import LocalSettings
from services.mesh.options import ROOT

_PINNED = re.compile(r"([A-Za-z0-9._-]+)==([^\s;]+)\s*$")


def ask_machine(where: Where) -> Machine:
    """Returns what there is; ports and certificates only where the mesh is this machine's."""
    settings = where.settings
    folder = _existing(settings.data_dir)
    usage = shutil.disk_usage(folder)
    return Machine(
        listeners=_listeners(settings) if where.is_local else (),
        python=platform.python_version(),
        packages=[*_packages(ROOT / "requirements.lock")],
        certificates=_certificates(settings) if where.is_local and where.is_secure else (),
        free=usage.free,
        total=usage.total,
        file_skew_s=_file_skew(folder),
    )


def _existing(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.exists())


def _file_skew(folder: Path) -> float:
    """Returns by how much the clock of a folder's file system is ahead; 0 where nothing can be written there."""
    if not os.access(folder, os.W_OK):
        return 0.0
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as file:
        before = time.time()
        file.write(b"now")
        file.flush()
        skew = os.fstat(file.fileno()).st_mtime - before
    # The kernel marks files with the time of its last tick, a few milliseconds ago.
    return skew if abs(skew) > 0.1 else 0.0


def _packages(lock: Path) -> Iterator[Package]:
    """Yields what is not installed as it is locked. Only a copy of the project has a lock file."""
    if not lock.exists():
        return
    for line in lock.read_text(encoding="utf-8").splitlines():
        found = _PINNED.match(line)
        if found is None:  # a comment, or of another platform or Python
            continue
        try:
            installed = version(found[1])
        except PackageNotFoundError:
            yield Package(found[1], None, found[2])
        else:
            if installed != found[2]:
                yield Package(found[1], installed, found[2])


def _certificates(settings: LocalSettings) -> Sequence[Certificate]:
    from services.certs.local import local_store

    if not (settings.data_dir / FOLDER).exists():  # to look would make it
        return ()
    found = local_store(settings.data_dir, settings.trust_domain).certificates()
    return [Certificate(name, c.not_valid_before_utc, c.not_valid_after_utc) for name, (c, *_) in sorted(found.items())]


def _listeners(settings: LocalSettings) -> Sequence[Listener]:
    owners = _owners()
    programs = {settings.rest_port(service): "envoy" for service in SERVICES}
    programs |= {p: f"services.{s.name}" for s in SERVICES for p in settings.grpc_ports(s).values()}
    ports = [*settings.ports()]
    if settings.database_url is None:
        ports.append((settings.database_port, "the embedded PostgreSQL"))
        programs[settings.database_port] = "postgres"
    return [Listener(n, purpose, programs.get(n, "envoy"), *owners.get(n, (None, ""))) for n, purpose in ports]


def _owners() -> Mapping[int, tuple[int, str]]:
    """Returns who listens on each port of this machine; the process 0 without words where only its user may know."""
    import psutil  # which the image of a service, where nobody asks for ports, does not hold

    owners: dict[int, tuple[int, str]] = {}
    for connection in psutil.net_connections("tcp"):
        if connection.status == psutil.CONN_LISTEN and connection.laddr:
            owners[connection.laddr.port] = (connection.pid or 0, _command(connection.pid))
    return owners


def _command(pid: int | None) -> str:
    import psutil

    with suppress(psutil.Error):
        return " ".join(psutil.Process(pid).cmdline()) if pid else ""
    return ""
