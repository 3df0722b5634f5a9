"""What commands that call a service have in common: who they sign in as, and what they say where it fails."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.common.settings import Environment


class CallError(Exception):
    """A service refused a call, or could not be reached. The message says what to do."""


def away(name: str, address: str, cause: str, environment: "Environment") -> CallError:
    """Returns what to say of a service that does not answer, by its name in the catalog."""
    from services.common.settings import profile

    return CallError(
        f"{name} at {address} does not answer ({cause}); is `montrg up` running, in the profile "
        f"{profile(environment)}? MONTRG_PROFILE, MONTRG_PORT_OFFSET and MONTRG_{name.upper()}_SERVICE_URL say how and "
        "where it is"
    )
