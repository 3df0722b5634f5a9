"""The passwords of the services' database roles, made once and kept where only their owner can read them."""

import json
import os
import secrets
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from services.catalog import SERVICES, Service
from services.common.settings import SettingsError
from services.local.children import ChildError

FILE_NAME = "roles.json"


def role_passwords(path: Path) -> dict[str, str]:
    """Returns each service's password by the service's name; missing ones are made and kept in the file."""
    known = _read(path)
    passwords = {service.name: known.get(service.name) or secrets.token_urlsafe(24) for service in SERVICES}
    if not passwords.items() <= known.items():
        _write(path, known | passwords)
    return passwords


def passwords_of_urls(folder: Path) -> dict[str, str]:
    """Returns each service's password by the service's name, out of a folder with one file a service.

    A file has the service's name and holds its `DATABASE_URL`, so that the role is made with just what the service logs
    in with. It raises SettingsError for a file that is missing or is no login of that service's role.
    """
    return {service.name: _password_of_url(service, folder / service.name) for service in SERVICES}


def _password_of_url(service: Service, path: Path) -> str:
    wanted = f"MONTRG_ROLES_DIR: give postgresql://{service.role}:password@host/database in {path}"
    try:
        url = make_url(path.read_text(encoding="utf-8").strip())
    except OSError as error:
        raise SettingsError(f"{wanted}, which cannot be read ({error.strerror})") from error
    except (ArgumentError, ValueError):
        # The cause would show the file's contents.
        raise SettingsError(f"{wanted}, which has no such address") from None
    if url.username != service.role:
        raise SettingsError(f"{wanted}; the user there is {url.username}, and the migrations grant to {service.role}")
    if not url.password:
        raise SettingsError(f"{wanted}; there is no password")
    return url.password


def _read(path: Path) -> dict[str, str]:
    try:
        return {str(name): str(word) for name, word in json.loads(path.read_text(encoding="utf-8")).items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError) as error:
        raise ChildError(f"{path} cannot be read ({error}): remove it, and new passwords are made and set") from error


def _write(path: Path, passwords: dict[str, str]) -> None:
    """Replaces the file as a whole; it is never open to others, not even for a moment."""
    side = path.with_suffix(".new")
    side.unlink(missing_ok=True)
    descriptor = os.open(side, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(passwords, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    side.replace(path)
