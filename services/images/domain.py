"""The list of images, made from the catalog, and the command that builds one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.catalog import SERVICES

PREFIX = "flet-montrg"


@dataclass(frozen=True, slots=True)
class Image:
    """One image.

    Attributes:
        name: the last part of its name, such as `thresholds-service`.
        target: the stage of the Dockerfile.
        service: the catalog's name of the service that it runs, or empty.
    """

    name: str
    target: str
    service: str = ""

    def tagged(self, tag: str) -> str:
        """Returns the whole name."""
        return f"{PREFIX}/{self.name}:{tag}"


IMAGES = (
    *(Image(service.host, "service", service.name) for service in SERVICES),
    Image("montrg", "cli"),
    Image("envoy", "envoy"),
    Image("postgres", "postgres"),
)


@dataclass(frozen=True, slots=True)
class Build:
    """How images are built, in the project's folder.

    Attributes:
        engine: podman or docker, with options of its own.
        tag: what follows the colon in the images' names.
        labels: the Dockerfile's arguments for its labels, such as VERSION.
        epoch: the time, in seconds, that everything in an image has, so that equal sources make equal images.
        more: arguments of the user's, which come last.
    """

    engine: Sequence[str]
    tag: str
    labels: Mapping[str, str]
    epoch: int
    more: Sequence[str]

    def command(self, image: Image) -> list[str]:
        """Returns the command that builds an image."""
        arguments = dict(self.labels)
        if image.service:
            arguments["SERVICE"] = image.service
        time = ["--timestamp", str(self.epoch)]
        if Path(self.engine[0]).name != "podman":
            # Docker knows this argument and uses it where its builder can.
            time = ["--build-arg", f"SOURCE_DATE_EPOCH={self.epoch}"]
        words = [word for name, value in sorted(arguments.items()) for word in ("--build-arg", f"{name}={value}")]
        name = image.tagged(self.tag)
        return [*self.engine, "build", "--target", image.target, "--tag", name, *words, *time, *self.more, "."]
