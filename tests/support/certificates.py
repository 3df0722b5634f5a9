"""Certificates for tests: good ones, and those that have to be refused."""

from datetime import timedelta
from pathlib import Path

from services.certs import folder
from services.certs.authority import KeyPair, issue, make_authority, utc_now
from services.certs.local import of_service
from services.common.identities import TRUST_DOMAIN

LIFE = timedelta(hours=1)


class Issuer:
    """An authority, and the folders of what it has signed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.authority = make_authority(utc_now())

    def folder(self, name: str, **more) -> Path:
        """A folder with a new certificate for a service, by default one hour long, of the trust domain."""
        self.renew(self._path / name, name, **more)
        return self._path / name

    def renew(self, path: Path, name: str, *, life=LIFE, trust_domain=TRUST_DOMAIN, trusted=None) -> KeyPair:
        """Swaps a new certificate in."""
        pair = issue(self.authority, of_service(name, trust_domain), utc_now(), life)
        trusted = trusted or self.authority.certificate
        folder.replace(path, {"tls.crt": pair.certificate, "tls.key": pair.key, "ca.crt": trusted})
        return pair

    def expired(self, name: str) -> Path:
        """A folder with a certificate that was good until a minute ago."""
        return self.folder(name, life=timedelta(minutes=-1))
