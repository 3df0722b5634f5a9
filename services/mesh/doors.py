"""The doors of an Envoy: each port that callers come to, the services behind it, and the pages that it serves."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.catalog import GATEWAY, Service
from services.mesh import pages
from services.mesh.options import RenderOptions
from services.mesh.pages import Page


@dataclass(frozen=True, slots=True)
class Door:
    """One port that callers come to.

    Attributes:
        name: what its listener is called, and who answers in the access log.
        port: where it is.
        services: who is behind it.
        pages: what it serves from files.
        is_gateway: whether it tells services apart by what is asked for; otherwise it takes all calls for its only one.
    """

    name: str
    port: int
    services: Sequence[Service]
    pages: Sequence[Page]
    is_gateway: bool = False


def doors(options: RenderOptions) -> list[Door]:
    """Returns the door of each service, and the gateway's, if there is to be one."""
    own = [Door(s.name, options.rest_port(s), (s,), pages.of_service(s, options)) for s in options.services]
    if options.gateway_port is None:
        return own
    behind = options.behind_gateway
    files = pages.of_gateway(behind, options)
    return [*own, Door(GATEWAY.name, options.gateway_port, behind, files, is_gateway=True)]
