"""`python -m services.images [NAME ...]`: builds the images with docker or podman; what `make images` runs.

settings (environment): ENGINE, the engine's command with options of its own (default: docker, else podman, whichever
works); TAG (default: latest); ARGS, further arguments of each build; SOURCE, the address of the source for the label.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from services.images.domain import IMAGES, Build, Image
from services.mesh.options import ROOT

ENGINES = ("docker", "podman")


class BuildError(Exception):
    """An image cannot be built; the message says why and what to do."""


def main(names: Sequence[str], variables: Mapping[str, str]) -> None:
    """Builds the images of those names, or all; raises BuildError."""
    chosen = _chosen(names)
    engine = shlex.split(variables.get("ENGINE", "")) or _engine()
    epoch = int(variables.get("SOURCE_DATE_EPOCH") or _git("log", "-1", "--format=%ct") or 0)
    labels = {
        "VERSION": tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"],
        "REVISION": _git("describe", "--always", "--dirty", "--abbrev=40", "--exclude=*") or "unknown",
        "CREATED": datetime.fromtimestamp(epoch, UTC).isoformat(),
        "SOURCE": variables.get("SOURCE", ""),
    }
    build = Build(engine, variables.get("TAG") or "latest", labels, epoch, shlex.split(variables.get("ARGS", "")))
    for number, image in enumerate(chosen, 1):
        print(f"[{number}/{len(chosen)}] {image.tagged(build.tag)}", flush=True)
        _run(build.command(image))
    print("\n".join(image.tagged(build.tag) for image in chosen))


def _chosen(names: Sequence[str]) -> Sequence[Image]:
    known = {image.name: image for image in IMAGES}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise BuildError(f"there is no image {unknown[0]}; there are {', '.join(known)}")
    return [known[name] for name in names] or IMAGES


def _engine() -> Sequence[str]:
    there = [name for name in ENGINES if shutil.which(name)]
    for name in there:
        if subprocess.run([name, "info"], capture_output=True, check=False).returncode == 0:  # noqa: S603
            return (name,)
    if there:
        raise BuildError(f"`{there[0]} info` fails, so it builds nothing: is its daemon running, and may you use it?")
    raise BuildError("images are built by docker or podman, and neither is on the PATH: install one, or set ENGINE")


def _git(*words: str) -> str:
    """Returns git's answer, or nothing in a folder that is no checkout."""
    if shutil.which("git") is None:
        return ""
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603, S607


def _run(command: Sequence[str]) -> None:
    try:
        code = subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603
    except OSError as error:
        raise BuildError(f"ENGINE is {command[0]}, which does not start: {error.strerror}") from error
    if code:
        raise BuildError(f"`{shlex.join(command)}` failed with exit code {code}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:], os.environ)
    except BuildError as failure:
        raise SystemExit(f"images: {failure}") from failure
    except KeyboardInterrupt:
        raise SystemExit(130) from None
