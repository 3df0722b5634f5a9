"""The names by which the programs of a mesh know each other: SPIFFE ids in certificates. Pure."""

from services.catalog import Gateway, Service

TRUST_DOMAIN = "flet-montrg"
NAMESPACE = "flet-montrg"
# An Envoy that is no pod's own: that of one machine, and the edge.
ENVOY = "envoy"
_SCHEME = "spiffe://"


def spiffe_id(name: str, trust_domain: str = TRUST_DOMAIN) -> str:
    """Returns the id of a service of the catalog, or of `envoy`, such as `spiffe://flet-montrg/location`."""
    return f"{_SCHEME}{trust_domain}/{name}"


def name_of(uri: str, trust_domain: str = TRUST_DOMAIN) -> str | None:
    """Returns the name in an id; None for one of another trust domain and for what is no such id."""
    prefix = spiffe_id("", trust_domain)
    name = uri.removeprefix(prefix)
    return name if name and uri.startswith(prefix) and "/" not in name else None


def hosts_of(service: Service | Gateway) -> tuple[str, ...]:
    """Returns the names by which a service's processes and pods are called in a cluster, the shortest first."""
    names = (service.host, f"{service.host}-headless")
    return tuple(name + end for end in ("", f".{NAMESPACE}.svc", f".{NAMESPACE}.svc.cluster.local") for name in names)
