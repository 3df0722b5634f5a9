"""Makes the files of a small base image out of this machine's own Python, where no registry of images is reached.

`python tests/support/base_image.py FOLDER`: Python with pip as `python:slim` has it, the C and C++ libraries, a shell
and the few programs that the Dockerfile calls. Nothing is fetched.
"""

import importlib.util
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

TOOLS = ("sh", "cat", "chmod", "chown", "cp", "env", "find", "id", "ln", "ls", "mkdir", "mv", "rm", "sleep", "touch")
# What wheels expect of every Linux, beside what Python itself is linked to.
LIBRARIES = ("libstdc++.so.6", "libgcc_s.so.1", "libz.so.1", "librt.so.1", "libdl.so.2", "libpthread.so.0")
NOT_COPIED = ("site-packages", "dist-packages", "test", "tests", "__pycache__", "config-*", "tkinter")
_FOUND = re.compile(r"(\S+) => (/\S+)|^\s*(/\S+)", re.MULTILINE)


def make(root: Path) -> None:
    """Fills an empty folder."""
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    for name in ("etc", "tmp", "proc", "sys", "dev", "run", "mnt", "var/lib", "var/log", "var/cache"):
        (root / name).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc" / "group").write_text("root:x:0:\n")
    (root / "etc" / "nsswitch.conf").write_text("hosts: files dns\n")
    for name in TOOLS:
        shutil.copy2(Path(shutil.which(name) or name).resolve(), root / "usr/bin" / name)
    python = copy_python(root)
    programs = [root / "usr/bin" / name for name in TOOLS]
    copy_libraries(root, [*programs, python, *python.parent.parent.rglob("lib-dynload/*.so")])


def copy_python(root: Path) -> Path:
    """Copies the interpreter with its library and pip; returns the interpreter's copy."""
    version = f"python3.{sys.version_info.minor}"
    source = Path(sys.base_prefix)
    prefix = root / ("usr" if source == Path("/usr") else "usr/local")
    library = prefix / "lib" / version
    shutil.copytree(source / "lib" / version, library, ignore=shutil.ignore_patterns(*NOT_COPIED))
    pip = importlib.util.find_spec("pip")
    assert pip is not None
    assert pip.origin is not None
    packages = prefix / "lib" / ("python3/dist-packages" if source == Path("/usr") else f"{version}/site-packages")
    shutil.copytree(Path(pip.origin).parent, packages / "pip", ignore=shutil.ignore_patterns("__pycache__"))
    (prefix / "bin").mkdir(exist_ok=True)
    python = prefix / "bin" / version
    shutil.copy2(source / "bin" / version, python)
    for name in ("python3", "python"):
        (prefix / "bin" / name).symlink_to(version)
    return python


def copy_libraries(root: Path, programs: Iterable[Path]) -> None:
    """Copies every library that the programs are linked to, all into the folder that the loader looks into."""
    known = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
    needed = {name: path for path in programs for name, path in linked(path)}
    for name in LIBRARIES:
        found = re.search(rf"^\s*{re.escape(name)} .*=> (\S+)$", known, re.MULTILINE)
        assert found, f"this machine has no {name}"
        needed |= {name: Path(found[1]), **dict(linked(Path(found[1])))}
    folder = needed["libc.so.6"].resolve().parent
    for name, path in needed.items():
        is_loader = name.startswith("/")
        target = root / name.lstrip("/") if is_loader else root / folder.relative_to("/") / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path.resolve(), target)


def linked(path: Path) -> Iterator[tuple[str, Path]]:
    """Yields name and place of each library, and of the loader, whose name is its path."""
    done = subprocess.run(["ldd", str(path)], capture_output=True, text=True, check=False)
    for name, place, loader in _FOUND.findall(done.stdout):
        yield (loader, Path(loader)) if loader else (name, Path(place))


if __name__ == "__main__":
    make(Path(sys.argv[1]))
