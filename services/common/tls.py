"""The certificates of a process in the secure profile: read from files, and read again when others are swapped in."""

import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import grpc

from services.common.identities import TRUST_DOMAIN, name_of
from services.common.settings import CERTIFICATE_FILES, SettingsError


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate with its key, and the authorities that others' certificates have to be of; all PEM."""

    certificate: bytes
    key: bytes
    authorities: bytes


class ClientCredentials(Protocol):
    """What a channel with TLS is opened with."""

    def channel(self) -> grpc.ChannelCredentials:
        """Returns the credentials for a new channel: the same object for as long as the files are the same."""


class Certificates:
    """A folder with `tls.crt`, `tls.key` and `ca.crt`, as cert-manager and Kubernetes make them.

    What cannot be read, or only by halves, while others are being swapped in, is read again with the next look.
    """

    def __init__(self, folder: Path) -> None:
        """Takes the folder, whose files have to be there: a SettingsError names the one that is not."""
        self._files = [folder / name for name in CERTIFICATE_FILES]
        self._mark = self._look()
        self._pair = self._read()
        self._channel: grpc.ChannelCredentials | None = None

    def pair(self) -> Pair:
        """Returns what is in the files now; cheap where they have not changed."""
        try:
            mark = self._look()
            if mark == self._mark:
                return self._pair
            pair = self._read()
            if mark != self._look():  # not all of them are of one time
                return self._pair
        except SettingsError:
            return self._pair
        self._mark = mark
        if pair != self._pair:
            self._pair, self._channel = pair, None
        return self._pair

    def channel(self) -> grpc.ChannelCredentials:
        """Returns what a channel to a neighbour is opened with: it knows the authorities, and shows the certificate."""
        pair = self.pair()
        if self._channel is None:
            self._channel = grpc.ssl_channel_credentials(pair.authorities, pair.key, pair.certificate)
        return self._channel

    def server(self) -> grpc.ServerCredentials:
        """Returns what a port that takes mutual TLS alone is opened with; each handshake meets the newest files."""
        changes: Any = _Changes(self)  # its type does not say that it may return None
        first = _server_configuration(self._pair)
        return grpc.dynamic_ssl_server_credentials(first, changes, require_client_authentication=True)

    def _look(self) -> list[tuple[int, int]]:
        return [_mark_of(file) for file in self._files]

    def _read(self) -> Pair:
        """Reads the files; a key that is another certificate's is a SettingsError, as what is no PEM."""
        certificate, key, authorities = self._files
        pair = Pair(*map(_contents, self._files))
        try:
            check = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            check.load_cert_chain(certificate, key, password="")
            check.load_verify_locations(authorities)
        except OSError as error:
            raise SettingsError(f"{certificate.parent} holds no certificate with its key: {error}") from error
        return pair


class _Changes:
    """Called by gRPC at each handshake, by one thread at a time: returns None where nothing has changed."""

    def __init__(self, certificates: Certificates) -> None:
        self._certificates = certificates
        self._told = certificates.pair()

    def __call__(self) -> grpc.ServerCertificateConfiguration | None:
        pair = self._certificates.pair()
        if pair is self._told:
            return None
        self._told = pair
        return _server_configuration(pair)


class Authorities:
    """The file of the authorities that callers from outside of the mesh trust, who sign in by other means."""

    def __init__(self, file: Path) -> None:
        """Takes the file, which has to be there: a SettingsError names it."""
        self._file = file
        self._mark = _mark_of(file)
        self._channel = grpc.ssl_channel_credentials(_contents(file))

    def channel(self) -> grpc.ChannelCredentials:
        """Returns what a channel to an Envoy is opened with."""
        try:
            mark = _mark_of(self._file)
            if mark != self._mark:
                self._channel = grpc.ssl_channel_credentials(_contents(self._file))
                self._mark = mark
        except SettingsError:
            return self._channel
        return self._channel


def peer_identity(context: Any, trust_domain: str = TRUST_DOMAIN) -> str | None:  # noqa: ANN401  grpc's untyped context
    """Returns who has made the connection of a call, as its certificate says: a name of the catalog, or `envoy`.

    It is None without mutual TLS, and for a certificate of another trust domain.
    """
    ids = context.auth_context().get("peer_spiffe_id", ())
    return name_of(ids[0].decode(), trust_domain) if len(ids) == 1 else None


def _server_configuration(pair: Pair) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration([(pair.key, pair.certificate)], pair.authorities)


def _mark_of(file: Path) -> tuple[int, int]:
    """Returns what changes with a file's contents, also where a link on its path is replaced."""
    try:
        found = os.stat(file)  # noqa: PTH116  once a handshake, and Path.stat costs twice as much
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from error
    return found.st_ino, found.st_mtime_ns


def _contents(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from error
