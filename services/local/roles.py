"""The passwords of the services' database roles, made once and kept where only their owner can read them."""

import json
import os
import secrets
from pathlib import Path

from services import catalog


def role_passwords(path: Path) -> dict[str, str]:
    """Returns the password of each service's role; missing ones are made and kept in the file."""
    known: dict[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    passwords = {s.name: known.get(s.name) or secrets.token_urlsafe(24) for s in catalog.SERVICES}
    if passwords != known:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(passwords, file)
    return passwords
