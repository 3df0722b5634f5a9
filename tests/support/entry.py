"""How callers get into pods, and pods to each other: in plaintext, or in the secure profile with certificates."""

import asyncio
import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import grpc
import httpx

from services.certs.authority import utc_now
from services.certs.local import of_service
from services.certs.places import FOLDER, authorities_file
from services.certs.store import Store
from services.common.access.claims import ClaimNames
from services.common.access.domain import Role
from services.common.channels import Target
from services.common.identities import TRUST_DOMAIN
from services.common.renewing_channel import RenewingChannel
from services.common.tls import Authorities, Certificates
from services.issuer import keys
from services.issuer.domain import Grantee, public_file
from services.mesh.options import Secure

# What a channel tried again would not be seen to fail.
_OPTIONS = [("grpc.enable_retries", 0)]


class Plain:
    """The development profile.

    Attributes:
        certificates: what `Mesh` takes; None here.
        headers: what a person's call brings.
    """

    scheme = "http"
    certificates: "Signed | None" = None

    def __init__(self):
        self.headers: dict[str, str] = {}

    def variables(self, name):
        """What the programs of a service's pod are told."""
        return {}

    def rendered(self, options, name):
        """An Envoy's options, where it calls as a service."""
        return options

    def channel(self, port):
        """A channel from outside, on which nothing is tried again."""
        return grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=_OPTIONS)

    def target(self, port, host):
        """Where a process itself is called, by its own neighbour's rights."""
        return Target(f"ipv4:127.0.0.1:{port}")

    def client(self, **options):
        """A client of REST."""
        return httpx.AsyncClient(**options)

    async def renew(self, with_authority):
        """Gives everybody a new certificate."""


class Signed(Plain):
    """The secure profile: an authority, a certificate for each service, and tokens of an issuer."""

    scheme = "https"

    def __init__(self, folder, names, addresses):
        """Makes certificates for services by their names, whose pods are at these addresses."""
        now = utc_now()
        self._folder = folder
        self._store = Store(folder / FOLDER, {name: of_service(name, TRUST_DOMAIN, ips=addresses) for name in names})
        self._store.refresh(now)
        self.certificates = self
        self._authorities = authorities_file(folder)
        self._trust = ssl.create_default_context(cafile=self._authorities)
        kim = Grantee("kim", Role.ADMIN, ("*",))
        token = keys.issuer(folder, now).token(kim, ClaimNames(), datetime.now(UTC), timedelta(hours=3))
        self.headers = {"authorization": f"Bearer {token}"}

    def folder(self, name):
        """Where a service's certificate is."""
        return self._folder / FOLDER / name

    def variables(self, name):
        return {
            "MONTRG_PROFILE": "secure",
            "MONTRG_CERTS_DIR": str(self.folder(name)),
            "MONTRG_JWKS_FILE": str(public_file(self._folder)),
        }

    def rendered(self, options, name):
        certs = self.folder(name)
        return replace(options, secure=Secure(own=certs, shown=certs, folder=self._folder))

    def channel(self, port):
        trusted = Authorities(self._authorities)
        address = f"127.0.0.1:{port}"
        return RenewingChannel(trusted.channel, lambda with_: grpc.aio.secure_channel(address, with_, _OPTIONS))

    def target(self, port, host):
        return Target(f"ipv4:127.0.0.1:{port}", Certificates(self.folder("alert")), host)

    def client(self, **options):
        return httpx.AsyncClient(verify=self._trust, **options)

    async def renew(self, with_authority):
        if with_authority:
            settles = self._store.change_authority(utc_now())
            self._trust.load_verify_locations(self._authorities)
            await asyncio.sleep((settles - utc_now()).total_seconds())
            self._store.refresh(utc_now())
        else:
            self._store.rotate(utc_now())
