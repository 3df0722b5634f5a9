"""Where the certificates of a mesh on one machine are, for programs that make none."""

from pathlib import Path

FOLDER = "certs"
# What people see, and who signs.
EDGE, AUTHORITY = "edge", "ca"


class CertificatesError(Exception):
    """The folder cannot be used; the message says why and what to do."""


def authorities_file(data_dir: Path) -> Path:
    """Returns the file of the authorities that whoever calls this mesh from outside has to trust."""
    return data_dir / FOLDER / AUTHORITY / "ca.crt"
