"""The certificates of a mesh on one machine, in a folder: makes what is missing, and renews what is due.

A new authority comes in two steps, so that nobody meets a certificate of one that they do not trust yet: it is trusted
beside the one that signs; a little later it signs, and the old one stays trusted until nothing that it signed is valid.
All of that is in the folder `ca`, so whoever looks next goes on with it:

    ca.key, ca.crt     who signs now; `ca.crt` begins with it, and has all that are trusted
    next.key, next.crt who signs next
    old-<time>.crt     who signed before, until then (seconds since 1970)
"""

import fcntl
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from services.certs import authority, folder
from services.certs.authority import BACKDATED, LEAF_LIFE, KeyPair, Names, names_of
from services.certs.places import AUTHORITY, CertificatesError
from services.common.settings import CERTIFICATE_FILES

KEY_OF_CA, NEXT, KEY_OF_NEXT = "ca.key", "next.crt", "next.key"
# All who follow the files have read them by then: Envoy is told of a change, a service looks with each handshake.
SETTLED = timedelta(seconds=5)

CERTIFICATE, KEY, TRUSTED = CERTIFICATE_FILES
_OLD = re.compile(r"old-(\d+)\.crt")


@dataclass(frozen=True, slots=True)
class Authorities:
    """Who signs, who signs next, and who signed before and until when that is trusted."""

    present: KeyPair
    next: KeyPair | None = None
    former: Mapping[datetime, bytes] = field(default_factory=dict)

    @property
    def bundle(self) -> bytes:
        """The certificates of all that are trusted."""
        coming = [self.next.certificate] if self.next else []
        return b"".join([self.present.certificate, *coming, *self.former.values()])


class Store:
    """The certificates below a folder: `ca`, and one folder for each that is wanted or was asked for."""

    def __init__(self, path: Path, wanted: Mapping[str, Names]) -> None:
        """Takes the folder, and for whom there has to be a certificate, by the names of their folders."""
        self._path = path
        self._wanted = wanted

    def refresh(self, now: datetime) -> list[str]:
        """Makes what is missing and renews what is due; returns the names of the folders that got a new certificate."""
        with self._locked():
            return self._refresh(now)

    def rotate(self, now: datetime) -> list[str]:
        """Gives everybody a new certificate of the same authority, and returns the names of the folders."""
        with self._locked():
            return self._issue(self._authorities(now), self._all(), now)

    def change_authority(self, now: datetime) -> datetime:
        """Begins with a new authority, if that is not under way; returns from when on `refresh` goes on with it."""
        with self._locked():
            self._refresh(now)
            found = self._authorities(now)
            if found.next is None:
                found = self._begin(found, now)
                self._distribute(found)
            return _settles(found) or now

    def issue(self, name: str, names: Names, now: datetime) -> Path:
        """Makes one more certificate, which is renewed as all are; returns its folder."""
        with self._locked():
            self._issue(self._authorities(now), {name: names}, now)
        return self._path / name

    def certificates(self) -> Mapping[str, list[x509.Certificate]]:
        """Returns what there is, by the names of the folders; under `ca` all that are trusted, who signs first."""
        found = {name: self._certificate(name) for name in self._all()}
        trusted = folder.read(self._path / AUTHORITY).get(TRUSTED)
        return {
            **({AUTHORITY: x509.load_pem_x509_certificates(trusted)} if trusted else {}),
            **{name: [certificate] for name, certificate in found.items() if certificate},
        }

    def _refresh(self, now: datetime) -> list[str]:
        found = self._authorities(now)
        settles = _settles(found)
        if found.next is not None and settles is not None and now >= settles:
            found = self._promote(found, found.next, now)
        elif found.next is None and authority.is_due(found.present.parsed, now):
            found = self._begin(found, now)
        kept = {until: certificate for until, certificate in found.former.items() if until > now}
        if kept != found.former:
            found = self._keep(Authorities(found.present, found.next, kept))
        due = {name: names for name, names in self._all().items() if self._is_due(name, names, found, now)}
        issued = self._issue(found, due, now)
        self._distribute(found)
        return issued

    def _authorities(self, now: datetime) -> Authorities:
        """Returns what is in `ca`, where an authority is made if there is none."""
        files = folder.read(self._path / AUTHORITY)
        if not files:
            return self._keep(Authorities(authority.make_authority(now)))
        former = {int(match[1]): files[name] for name in files if (match := _OLD.fullmatch(name))}
        try:
            first = x509.load_pem_x509_certificates(files[TRUSTED])[0]
            return Authorities(
                KeyPair(_pem(first), files[KEY_OF_CA]),
                KeyPair(files[NEXT], files[KEY_OF_NEXT]) if NEXT in files else None,
                {datetime.fromtimestamp(until, UTC): certificate for until, certificate in former.items()},
            )
        except (KeyError, ValueError) as error:
            raise CertificatesError(
                f"the authority in {self._path / AUTHORITY} cannot be read ({error}): put its files back, or remove "
                "the folder, and a new one is made"
            ) from error

    def _keep(self, found: Authorities) -> Authorities:
        coming = {NEXT: found.next.certificate, KEY_OF_NEXT: found.next.key} if found.next else {}
        former = {f"old-{int(until.timestamp())}.crt": pem for until, pem in found.former.items()}
        folder.replace(
            self._path / AUTHORITY, {TRUSTED: found.bundle, KEY_OF_CA: found.present.key, **coming, **former}
        )
        return found

    def _begin(self, found: Authorities, now: datetime) -> Authorities:
        return self._keep(Authorities(found.present, authority.make_authority(now), found.former))

    def _promote(self, found: Authorities, coming: KeyPair, now: datetime) -> Authorities:
        former = {**found.former, now + LEAF_LIFE: found.present.certificate}
        return self._keep(Authorities(coming, None, former))

    def _is_due(self, name: str, names: Names, found: Authorities, now: datetime) -> bool:
        certificate = self._certificate(name)
        if certificate is None or names_of(certificate) != names:
            return True
        return authority.is_due(certificate, now) or not authority.is_of(certificate, found.present.parsed)

    def _all(self) -> Mapping[str, Names]:
        """Returns for whom there has to be a certificate: who is wanted, and who has one already."""
        known = {AUTHORITY, *self._wanted}
        others = sorted(file.parent.name for file in self._path.glob(f"*/{CERTIFICATE}"))
        found = {name: self._certificate(name) for name in others if name not in known}
        return {**self._wanted, **{name: names_of(certificate) for name, certificate in found.items() if certificate}}

    def _issue(self, found: Authorities, wanted: Mapping[str, Names], now: datetime) -> list[str]:
        for name, names in wanted.items():
            pair = authority.issue(found.present, names, now)
            files = {CERTIFICATE: pair.certificate, KEY: pair.key, TRUSTED: found.bundle}
            folder.replace(self._path / name, files)
        return list(wanted)

    def _distribute(self, found: Authorities) -> None:
        """Tells everybody who is trusted now."""
        for name in self._all():
            files = folder.read(self._path / name)
            if files and files.get(TRUSTED) != found.bundle:
                folder.replace(self._path / name, {**files, TRUSTED: found.bundle})

    def _certificate(self, name: str) -> x509.Certificate | None:
        """Returns the certificate of a folder; None where there is none that can be used."""
        files = folder.read(self._path / name)
        with suppress(KeyError, ValueError):
            return KeyPair(files[CERTIFICATE], files[KEY]).parsed
        return None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Lets no other process change the folder meanwhile."""
        self._path.mkdir(parents=True, exist_ok=True)
        # Its owner's alone: whoever could open it could keep certificates from being renewed.
        file = os.open(self._path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)


def _settles(found: Authorities) -> datetime | None:
    """Returns from when on the next authority may sign, if there is one."""
    return found.next.parsed.not_valid_before_utc + BACKDATED + SETTLED if found.next else None


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
