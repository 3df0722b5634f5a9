"""`python -m services.images.passwords`: makes the passwords that compose.yaml takes from files, below secrets/.

A file that is there stays as it is: the database knows the first password of its administrator for good. The folder is
closed to others; the files in it are not, since the users inside of the containers are others to this machine.
"""

import secrets
from pathlib import Path

from services.catalog import SERVICES
from services.local.cluster import ADMIN, DATABASE
from services.mesh.options import ROOT

FOLDER = ROOT / "secrets"
SERVER = "postgres:5432"


def make(folder: Path) -> list[str]:
    """Makes the files that are missing; returns their names."""
    folder.mkdir(mode=0o700, exist_ok=True)
    # What Alertmanager signs in with elsewhere is for people to put in.
    (folder / "alertmanager").mkdir(mode=0o755, exist_ok=True)
    made = _write(folder / "postgres", secrets.token_urlsafe(24))
    password = (folder / "postgres").read_text(encoding="utf-8").strip()
    made += _write(folder / "admin", _address(ADMIN, password))
    for service in SERVICES:
        made += _write(folder / service.name, _address(service.role, secrets.token_urlsafe(24)))
    return made


def _address(user: str, password: str) -> str:
    return f"postgresql://{user}:{password}@{SERVER}/{DATABASE}"


def _write(path: Path, words: str) -> list[str]:
    if path.exists():
        return []
    path.write_text(words + "\n", encoding="utf-8")
    path.chmod(0o644)
    return [path.name]


if __name__ == "__main__":
    print(f"made in {FOLDER}: {', '.join(make(FOLDER)) or 'nothing, all of them were there'}")
