"""Makes the gate of a process, as its settings say."""

from functools import partial

from services.common.access.claims import ClaimNames
from services.common.access.gate import Gate, OpenGate
from services.common.access.secure import SecureGate
from services.common.access.table import table
from services.common.identities import ENVOY, name_of
from services.common.settings import DEV, Environment, ServiceSettings
from services.common.tls import peer_identity


def gate_of(settings: ServiceSettings, environment: Environment) -> Gate:
    """Returns what lets calls in. The generated modules of the service's contracts have to be imported."""
    if settings.profile == DEV:
        return OpenGate()
    return SecureGate(
        table(settings.service.proto_services),
        # The Envoy of one machine or at the edge, and that of the process's own pod, which shows the same certificate.
        frozenset({ENVOY, settings.service.name}),
        partial(peer_identity, trust_domain=settings.trust_domain),
        partial(name_of, trust_domain=settings.trust_domain),
        claim_names(environment),
    )


def claim_names(environment: Environment) -> ClaimNames:
    """Reads where tokens say what."""
    usual = ClaimNames()
    return ClaimNames(
        role=environment.text("ROLE_CLAIM", usual.role, prefixed=True),
        factories=environment.text("FACTORIES_CLAIM", usual.factories, prefixed=True),
        name=environment.text("NAME_CLAIM", usual.name, prefixed=True),
    )
