"""Whether a caller may call a method: the rules over the contracts' table. Pure."""

from services.common.access.domain import ANYTHING, Caller, Kind, Reach, Role
from services.common.access.table import Access
from services.common.errors import ForbiddenError

ROLES = ", ".join(role.name.lower() for role in Role)


def require(caller: Caller, access: Access) -> None:
    """Raises ForbiddenError where a caller may not call a method of that access; its reason says which rule."""
    if caller.kind is Kind.SERVICE:
        _require_service(caller, access)
    elif caller.kind is Kind.DEVICE:
        require_for_devices(access)
    else:
        _require_person(caller, access)


def require_for_devices(access: Access | None) -> None:
    """Raises ForbiddenError where no device may call a method, or where there is none."""
    if access is None or not access.devices:
        raise ForbiddenError(
            "a device key writes readings and no more; sign in, and send the token as `authorization: Bearer ...`",
            "NOT_FOR_DEVICES",
        )


def _require_service(caller: Caller, access: Access) -> None:
    if caller.name not in access.callers:
        raise ForbiddenError(f"{caller.name} is none of the services that call this", "CALLER_NOT_ALLOWED")


def _require_person(caller: Caller, access: Access) -> None:
    if access.role is None:
        raise ForbiddenError("this is between services; nobody who signs in may call it", "CALLER_NOT_ALLOWED")
    needed = access.role.name.lower()
    if caller.role is None:
        raise ForbiddenError(
            f"your token has none of the roles {ROLES}, and this takes {needed}; ask whoever gives out roles",
            "NO_ROLE",
            {"role": needed},
        )
    if caller.role < access.role:
        raise ForbiddenError(
            f"this takes the role {needed}, and yours is {caller.role.name.lower()}; ask whoever gives out roles",
            "ROLE_TOO_LOW",
            {"role": needed},
        )
    if access.reach is Reach.ALL and not caller.scope.is_everything:
        raise ForbiddenError(
            f"this is about every factory, so it takes the scope {ANYTHING}, and yours is {caller.scope.words()}",
            "SCOPE_TOO_SMALL",
        )
