"""Programs that no wheel brings: tests that need one are skipped where it is missing, unless it is required."""

import os
import shutil

REQUIRED = os.environ.get("MONTRG_TEST_REQUIRES", "").split(",")


def program(name: str, *others: str) -> str | None:
    """Returns the path of a program, or None; one that has to be there and is not fails whoever asks for it.

    The others are what it is called elsewhere.
    """
    found = next(filter(None, map(shutil.which, (name, *others))), None)
    if found is None and name in REQUIRED:
        raise LookupError(f"there is no {name} here, and MONTRG_TEST_REQUIRES names it: install it")
    return found
