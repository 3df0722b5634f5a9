"""The caller of the call under way, for what is not told by an argument: who did it, when something is written down."""

from contextvars import ContextVar

from services.common.access.domain import Caller, Kind, Scope
from services.common.errors import invalid

_CALLER: ContextVar[Caller] = ContextVar("caller")
_REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")


def caller() -> Caller:
    """Returns who makes the call under way; outside of a call it is a LookupError."""
    return _CALLER.get()


def scope() -> Scope:
    """Returns what the caller of the call under way may see; handlers hand it on to the use cases."""
    return _CALLER.get().scope


def acting(given: str) -> str:
    """Returns who does what the call under way asks for: the caller, and without sign-in who they say they are.

    Raises:
        InvalidInputError: the caller names somebody else as `actor`.
    """
    if not caller().is_known:
        return given
    name = caller().name
    if given and given != name:
        raise invalid("actor", f"is {given[:60]!r}, and you are signed in as {name!r}; leave it out")
    return name


def request_id() -> str:
    """Returns the request id of the call under way, or nothing."""
    return _REQUEST_ID.get()


def began(request_id: str) -> None:
    """Says which call the running task serves from now on; each call has a task of its own."""
    _REQUEST_ID.set(request_id)


def called_by(one: Caller) -> None:
    """Says who makes the call that the running task serves."""
    _CALLER.set(one)


def kind_of_caller() -> dict[str, str]:
    """Returns what a log may tell of who makes the call: what they are, of a neighbour which one, of nobody a name."""
    one = _CALLER.get(None)
    if one is None:
        return {}
    if one.kind is Kind.SERVICE:
        return {"caller": one.kind.value, "peer": one.name}
    return {"caller": one.kind.value if one.is_known else one.name}
