"""Swaps all files of a folder at once, as Kubernetes does with what it mounts: whoever watches sees whole sets.

`tls.crt` is a link to `..data/tls.crt`, and `..data` one to the folder of the files' present version, which is replaced
by a rename.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

_DATA, _NEXT = "..data", "..next"
_KEY = ".key"


def replace(folder: Path, files: Mapping[str, bytes]) -> None:
    """Gives a folder these files and no others; keys are readable by their owner alone, at no moment by others."""
    folder.mkdir(parents=True, exist_ok=True)
    version = Path(tempfile.mkdtemp(prefix="..", dir=folder))
    for name, content in files.items():
        _write(version / name, content, 0o600 if name.endswith(_KEY) else 0o644)
    version.chmod(0o755)
    (folder / _NEXT).unlink(missing_ok=True)
    (folder / _NEXT).symlink_to(version.name)
    (folder / _NEXT).replace(folder / _DATA)
    _link(folder, files)
    for other in folder.iterdir():
        if other.is_dir() and not other.is_symlink() and other.name.startswith("..") and other.name != version.name:
            shutil.rmtree(other)


def read(folder: Path) -> Mapping[str, bytes]:
    """Returns the files of a folder by their names; there are none in one that is not there."""
    with contextlib.suppress(FileNotFoundError):
        return {file.name: file.read_bytes() for file in sorted((folder / _DATA).iterdir())}
    return {}


def _link(folder: Path, files: Mapping[str, bytes]) -> None:
    for name in files:
        link = folder / name
        if not link.is_symlink():
            link.unlink(missing_ok=True)
            link.symlink_to(Path(_DATA, name))
    for link in folder.iterdir():
        if link.is_symlink() and not link.name.startswith("..") and link.name not in files:
            link.unlink()


def _write(path: Path, content: bytes, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
