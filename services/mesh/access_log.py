"""Where an Envoy writes a line a request, if it does."""

from dataclasses import dataclass
from pathlib import Path

from services.common.settings import Environment, SettingsError


@dataclass(frozen=True, slots=True)
class AccessLog:
    """The log of requests.

    Attributes:
        file: gets one JSON line a request.
        has_client: whether these lines tell the caller's address.
    """

    file: Path
    has_client: bool = False


def read_access_log(environment: Environment) -> AccessLog | None:
    """Reads the environment; there is none unless it names a file."""
    has_client = environment.choice("LOG_CLIENT_ADDRESS", "off", ("on", "off"), prefixed=True) == "on"
    name = environment.text("ACCESS_LOG", "", prefixed=True)
    if not name:
        return None
    file = Path(name).absolute()
    # Envoy would end at its start, and name neither.
    if not file.parent.is_dir() or file.is_dir():
        raise SettingsError(
            f"MONTRG_ACCESS_LOG is {name!r}, which is no file in a folder that is there; give one, or /dev/stdout"
        )
    return AccessLog(file, has_client)
