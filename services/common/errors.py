"""The errors that services raise. They know no transport; `interceptors.py` maps them to statuses."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_FIELD = re.compile(r"[\w.\[\]]+(?=:)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Violation:
    """One bad field of a request, with what to do about it."""

    field: str
    description: str


class DomainError(Exception):
    """Something that a caller can understand and act on.

    Args:
        message: which thing, and what to do.
        reason: a stable name in UPPER_SNAKE_CASE for programs.
        metadata: the thing's identifiers, for programs.
    """

    def __init__(self, message: str, reason: str, metadata: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.metadata = dict(metadata or {})


class NotFoundError(DomainError):
    """The named thing does not exist."""


class AlreadyExistsError(DomainError):
    """A thing of that name exists already."""


class FailedPreconditionError(DomainError):
    """The thing is in a state that does not allow this; another call must come first."""


class UnavailableError(DomainError):
    """Something that this needs is away for now; the same call may work later."""


class OutOfRangeError(DomainError):
    """The named place is outside what there is; the caller starts anew."""


class ExhaustedError(DomainError):
    """More was asked than can be done now; the same call may work a little later."""


class UnauthenticatedError(DomainError):
    """The call shows nothing that says who makes it, or something that does not hold."""


class ForbiddenError(DomainError):
    """Whoever calls may not do this."""


class UnimplementedError(DomainError):
    """There is no such method."""


class InvalidInputError(DomainError):
    """The request is wrong by itself, field by field."""

    def __init__(self, violations: Sequence[Violation], reason: str = "INVALID_ARGUMENT") -> None:
        super().__init__("; ".join(f"{v.field}: {v.description}" for v in violations), reason)
        self.violations = tuple(violations)


def invalid(field: str, description: str) -> InvalidInputError:
    """Makes the error for one bad field."""
    return InvalidInputError([Violation(field, description)])


def no_such_method() -> UnimplementedError:
    """Makes the error for a method that is not served."""
    return UnimplementedError("there is no such method; the contracts list what there is", "NO_SUCH_METHOD")


def field_of(words: str) -> str:
    """Returns the field that the words of a refusal begin with, for a log: after it may be somebody's name."""
    found = _FIELD.match(words)
    return found[0] if found else "unknown"
