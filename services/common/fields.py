"""Reads which fields a create or update request sets, so that what a caller left out is told from what is empty."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from google.protobuf.message import Message

from services.common.errors import invalid

REQUIRED: Final = object()  # stands for a field that cannot be cleared


def given(message: Message, names: Sequence[str]) -> dict[str, Any]:
    """Returns the named fields that the message sets."""
    return {name: getattr(message, name) for name in names if message.HasField(name)}


def changed(message: Message, mask: Sequence[str], cleared: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields that an update changes.

    Args:
        message: the resource with the new values.
        mask: the paths of the update_mask; empty means every field that is set.
        cleared: for each field that can be changed, its value when it is cleared, or REQUIRED.

    Raises:
        InvalidInputError: the mask names no such field, or clears a required one.
    """
    if not mask:
        return given(message, list(cleared))
    values: dict[str, Any] = {}
    for path in mask:
        if path not in cleared:
            raise invalid("update_mask", f"names {path!r}; give some of {', '.join(cleared)}")
        values[path] = getattr(message, path) if message.HasField(path) else cleared[path]
        if values[path] is REQUIRED:
            raise invalid(path, "cannot be cleared; give a value")
    return values


def same_id(name: str, in_path: object, in_body: object) -> None:
    """Refuses an update whose body names another resource than its path."""
    if in_body and in_body != in_path:
        raise invalid(name, f"is {in_body} in the body and {in_path} in the path; leave it out of the body")
