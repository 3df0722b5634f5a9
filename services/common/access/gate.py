"""Decides at the beginning of each call who makes it and whether they may."""

from collections.abc import Sequence
from typing import Any, Protocol

from services.common.access.domain import Caller, anybody

ADDRESS = "x-montrg-address"  # where a call came from, as Envoy saw it


class Gate(Protocol):
    """What lets a call in. It raises UnauthenticatedError or ForbiddenError for one that it does not."""

    def admit(self, method: str, context: Any) -> Caller:  # noqa: ANN401  grpc's untyped context
        """Returns who calls `method`, its path."""


class OpenGate:
    """Lets everybody do everything: the development profile, which listens where only its user can reach it."""

    def admit(self, method: str, context: Any) -> Caller:  # noqa: ANN401, ARG002
        """Returns the caller who stands for everybody."""
        return anybody(header(context.invocation_metadata(), ADDRESS))


def header(metadata: Sequence[tuple[str, str | bytes]] | None, name: str) -> str:
    """Returns the value of a header, or nothing."""
    return next((str(value) for key, value in metadata or () if key == name), "")
