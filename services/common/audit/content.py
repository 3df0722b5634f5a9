"""What a record says of a change: the thing before and after it, and who made it. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from services.common.access.domain import Caller, Kind

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

# The metadata of a dataclass's field whose value never gets into a record: `secret` becomes `has_secret`.
SECRET: Mapping[str, bool] = MappingProxyType({"secret": True})


def shown_as(shown: Callable[[Any], Any]) -> Mapping[str, Any]:
    """Returns the metadata of a field of whose value a record says only what `shown` makes of it."""
    return {"shown": shown}


# What tells of a caller comes from outside; longer than this, or with control characters, a record would be refused.
MOST_LETTERS = 100

CREATED, UPDATED, DELETED = "created", "updated", "deleted"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who made a change.

    Attributes:
        caller: who made the call; None for what the service did of itself.
        request_id: the call's; empty without one.
        claimed: who they say they are, which counts where nobody signs in.
    """

    caller: Caller | None
    request_id: str = ""
    claimed: str | None = None


def record(
    actor: Actor,
    service: str,
    thing: tuple[str, object],
    before: "DataclassInstance | None",
    after: "DataclassInstance | None",
) -> dict[str, Any]:
    """Returns a record by the field names of the contract, without its id, its time and what is optional.

    Args:
        actor: who made the change.
        service: who owns the thing.
        thing: its kind, and what identifies it among its kind.
        before: the thing as it was; None where it was created.
        after: the thing as it is; None where it was deleted.
    """
    kind, thing_id = thing
    action = CREATED if before is None else DELETED if after is None else UPDATED
    shown = {"before": content(before), "after": content(after)}
    return {
        "service": service,
        "kind": kind,
        "id": str(thing_id),
        "action": action,
        **_actor(service, actor),
        "changed_fields": changed_fields(before, after),
        **{name: value for name, value in shown.items() if value is not None},
    }


def content(value: "DataclassInstance | None") -> dict[str, Any] | None:
    """Returns a value's fields as JSON has them: times in UTC, and of a secret only whether it is set."""
    if value is None:
        return None
    shown: dict[str, Any] = {}
    for field in fields(value):
        held = getattr(value, field.name)
        if "secret" in field.metadata:
            shown[f"has_{field.name}"] = held is not None
        else:
            shown[field.name] = _plain(field.metadata.get("shown", _same)(held))
    return shown


def changed_fields(before: "DataclassInstance | None", after: "DataclassInstance | None") -> list[str]:
    """Returns the names of the fields whose values differ, secret ones too; of what is new or gone there are none."""
    if before is None or after is None:
        return []
    return [field.name for field in fields(after) if getattr(before, field.name) != getattr(after, field.name)]


def _same(value: Any) -> Any:  # noqa: ANN401  whatever a dataclass holds
    return value


def _plain(value: Any) -> Any:  # noqa: ANN401  whatever a dataclass holds
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, (list, tuple, frozenset)):
        return [_plain(one) for one in (sorted(value) if isinstance(value, frozenset) else value)]
    return content(value) if hasattr(value, "__dataclass_fields__") else value


def _actor(service: str, actor: Actor) -> dict[str, Any]:
    caller = actor.caller
    if caller is None:
        return {"actor": service, "actor_kind": Kind.SERVICE.value}
    claimed = None if caller.is_known else actor.claimed
    said = {"actor": claimed or caller.name, "address": caller.address, "request_id": actor.request_id}
    told = {name: "".join(filter(str.isprintable, word))[:MOST_LETTERS] for name, word in said.items()}
    return (
        told
        | {"actor_kind": caller.kind.value}
        | ({} if caller.role is None else {"actor_role": caller.role.name.lower()})
    )
