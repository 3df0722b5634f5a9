"""The caller of the call under way, for what is not told by an argument: who did it, when something is written down."""

from contextvars import ContextVar

from services.common.access.domain import Caller, Scope

_CALLER: ContextVar[Caller] = ContextVar("caller")
_REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")


def caller() -> Caller:
    """Returns who makes the call under way; outside of a call it is a LookupError."""
    return _CALLER.get()


def scope() -> Scope:
    """Returns what the caller of the call under way may see; handlers hand it on to the use cases."""
    return _CALLER.get().scope


def request_id() -> str:
    """Returns the request id of the call under way, or nothing."""
    return _REQUEST_ID.get()


def called_by(one: Caller, request_id: str = "") -> None:
    """Says who makes the call that the running task serves; each call has a task of its own."""
    _CALLER.set(one)
    _REQUEST_ID.set(request_id)
