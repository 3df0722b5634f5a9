"""Decides at the beginning of each call who makes it and whether they may."""

from collections.abc import Sequence
from typing import Any, Protocol

from services.common.access.domain import Caller, anybody

# Envoy writes these, and takes them away from whoever else does.
ADDRESS = "x-montrg-address"  # where a call came from, as Envoy saw it
CLAIMS = "x-montrg-claims"  # the payload of the token that it has verified
PEER = "x-forwarded-client-cert"  # of the neighbour that calls through it

DEVICE_KEY = "x-api-key"  # a device writes this one


class Devices(Protocol):
    """Knows devices by their keys."""

    def device(self, secret: str) -> Caller | None:
        """Returns whose key it is; None for one that does not work."""


class Gate(Protocol):
    """What lets a call in. It raises UnauthenticatedError or ForbiddenError for one that it does not."""

    def admit(self, method: str, context: Any) -> Caller:  # noqa: ANN401  grpc's untyped context
        """Returns who calls `method`, its path."""

    def accept(self, devices: Devices) -> None:
        """Has it let devices in by their keys."""


class OpenGate:
    """Lets everybody do everything: the development profile, which listens where only its user can reach it."""

    def admit(self, method: str, context: Any) -> Caller:  # noqa: ANN401, ARG002
        """Returns the caller who stands for everybody."""
        return anybody(header(context.invocation_metadata(), ADDRESS))

    def accept(self, devices: Devices) -> None:
        """Needs no keys: devices are let in as everybody is."""


def header(metadata: Sequence[tuple[str, str | bytes]] | None, name: str) -> str:
    """Returns the value of a header, or nothing."""
    return next((str(value) for key, value in metadata or () if key == name), "")
