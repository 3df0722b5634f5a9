"""The gate of the secure profile: who calls is in certificates, tokens and device keys; what they may, in the table."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from services.catalog import GATEWAY, SERVICES
from services.common.access import policy
from services.common.access.claims import ClaimNames, person
from services.common.access.domain import Caller, service
from services.common.access.gate import ADDRESS, CLAIMS, DEVICE_KEY, PEER, Devices, header
from services.common.access.table import Access, built_in
from services.common.errors import ForbiddenError, UnauthenticatedError, no_such_method

_SERVICES = frozenset(each.name for each in SERVICES)
# It passes on what people send: to be called by it says nothing of who calls. Nobody takes its word for that, either.
_PASSES_ON = frozenset({GATEWAY.name})
_Metadata = Sequence[tuple[str, str | bytes]]


class SecureGate:
    """Lets in whoever the table names.

    A connection is always of somebody: of a neighbour, which then calls, or of an Envoy in front, which tells for whom
    it calls. Only an Envoy is believed what its headers say; it removes them from what it is sent itself.
    """

    def __init__(
        self,
        table: Mapping[str, Access],
        fronts: frozenset[str],
        peer_of: Callable[[Any], str | None],
        name_of: Callable[[str], str | None],
        claims: ClaimNames,
    ) -> None:
        """Takes what it decides by.

        Args:
            table: the access of each method by its path.
            fronts: the identities of the Envoys in front of this process.
            peer_of: returns the identity in the certificate of a call's connection, from grpc's context.
            name_of: returns the identity in a SPIFFE id of this mesh, or None.
            claims: where tokens say what.
        """
        self._table = table
        self._fronts = fronts
        self._peer_of = peer_of
        self._name_of = name_of
        self._claims = claims
        self._devices: Devices | None = None

    def accept(self, devices: Devices) -> None:
        """Has it know devices by their keys; without, no device may call anything."""
        self._devices = devices

    def admit(self, method: str, context: Any) -> Caller:  # noqa: ANN401  grpc's untyped context
        """Returns who calls. Whoever is known may learn that a method does not exist.

        One that the table has not is as if not there, even if the process serves it: nobody said whom it is for.
        """
        access = self._table.get(method) or built_in(method)
        if access is not None and access.mesh:
            return self._itself(context)
        caller = self._caller(access, context)
        if access is None:
            raise no_such_method()
        policy.require(caller, access)
        return caller

    def _caller(self, access: Access | None, context: Any) -> Caller:  # noqa: ANN401
        peer = self._peer(context)
        if peer in self._fronts:
            return self._told(access, context.invocation_metadata() or ())
        return _neighbour(peer)

    def _itself(self, context: Any) -> Caller:  # noqa: ANN401
        """Returns whose connection it is, whomever an Envoy may call for."""
        return service(self._peer(context))

    def _peer(self, context: Any) -> str:  # noqa: ANN401
        peer = self._peer_of(context)
        if peer is None:
            raise UnauthenticatedError(
                "the connection has no certificate of this mesh; call through Envoy, or with a service's certificate",
                "NO_CREDENTIAL",
            )
        return peer

    def _told(self, access: Access | None, metadata: _Metadata) -> Caller:
        """Returns for whom an Envoy in front calls."""
        address = header(metadata, ADDRESS)
        peer = _uri(header(metadata, PEER))
        neighbour = self._name_of(peer) if peer else None
        if neighbour is not None and neighbour not in self._fronts | _PASSES_ON:
            return _neighbour(neighbour, address)
        payload = header(metadata, CLAIMS)
        if payload:
            return person(payload, self._claims, address)
        secret = header(metadata, DEVICE_KEY)
        if secret:
            return self._device(access, secret, address)
        raise UnauthenticatedError(
            "sign in: send a token, which `montrg token` or your identity provider gives you, as "
            f"`authorization: Bearer ...`; a device that writes readings sends its key as `{DEVICE_KEY}`",
            "NO_CREDENTIAL",
        )

    def _device(self, access: Access | None, secret: str, address: str) -> Caller:
        # First what needs no look at the key: elsewhere nobody learns whether it is one.
        policy.require_for_devices(access)
        device = self._devices.device(secret) if self._devices is not None else None
        if device is None:
            raise UnauthenticatedError(
                f"{DEVICE_KEY}: is no key that works, or works no more; give one that an engineer has made",
                "UNKNOWN_KEY",
            )
        return replace(device, address=address)


def _neighbour(name: str, address: str = "") -> Caller:
    if name not in _SERVICES:
        raise ForbiddenError(f"{name} is no service of this mesh", "CALLER_NOT_ALLOWED")
    return service(name, address)


def _uri(forwarded: str) -> str:
    """Returns the URI of `By=...;Hash=...;URI=spiffe://...`, as an Envoy writes it of a certificate."""
    pairs = [part.partition("=") for part in forwarded.split(";")]
    uris = [value.strip('"') for key, _, value in pairs if key.lower() == "uri"]
    return uris[0] if len(uris) == 1 else ""
