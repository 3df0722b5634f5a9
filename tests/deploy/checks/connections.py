"""All pods that may run at once, and what each may open, fit into the database."""

from collections.abc import Iterator

from services.catalog import GATEWAY
from services.common.database import MAX_OVERFLOW
from services.common.settings import Environment, pool_size
from services.local.connections import BESIDE_POOL, KEPT_FREE
from tests.deploy.checks.objects import Objects, named, of_kind
from tests.deploy.checks.workloads import variables

_SETTING = "max_connections="


def most_connections(objects: Objects) -> int:
    """Returns how many connections all services open at most.

    Every autoscaler has gone to its limit, and a rolling update goes through all of it so quickly that each old pod
    is still ending beside its new one.
    """
    total = 0
    for scaler in of_kind(objects, "HorizontalPodAutoscaler"):
        deployment = named(objects, "Deployment", scaler["spec"]["scaleTargetRef"]["name"])
        if deployment is None or deployment["metadata"]["name"] == GATEWAY.host:
            continue  # what has no database
        settings = variables(deployment["spec"]["template"]["spec"]["containers"][0], objects)
        each = pool_size(Environment(settings)) + MAX_OVERFLOW + BESIDE_POOL
        total += 2 * scaler["spec"]["maxReplicas"] * each
    return total


def database_takes_all_connections(objects: Objects) -> Iterator[str]:
    """The database that is a part of the rendering, if there is one, takes that many."""
    for allowed in _allowed(objects):
        if most_connections(objects) + KEPT_FREE > allowed:
            yield f"the services may open {most_connections(objects)} connections, and the database takes {allowed}"


def _allowed(objects: Objects) -> Iterator[int]:
    for thing in of_kind(objects, "StatefulSet"):
        for word in thing["spec"]["template"]["spec"]["containers"][0].get("args", ()):
            if word.startswith(_SETTING):
                yield int(word.removeprefix(_SETTING))
    for thing in of_kind(objects, "Cluster"):
        yield int(thing["spec"]["postgresql"]["parameters"]["max_connections"])
