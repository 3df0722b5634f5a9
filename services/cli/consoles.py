"""The console that commands show things on."""

import sys
from io import TextIOWrapper
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def console(missing: str = "") -> "Console":
    """Returns a console on standard output; `missing` says what to do where there is no rich, as in some images."""
    try:
        from rich.console import Console
    except ModuleNotFoundError as error:
        from services.common.settings import SettingsError

        raise SettingsError(missing or "the image of a service shows nothing; use the image `montrg`") from error
    if isinstance(sys.stdout, TextIOWrapper):  # a name in Korean must not end it on a terminal that has no such signs
        sys.stdout.reconfigure(errors="replace")
    return Console()
