"""Reads rendered objects: those of a kind, their pods, their labels."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Manifest = dict[str, Any]
Objects = Sequence[Manifest]

NAMESPACE = "flet-montrg"


@dataclass(frozen=True, slots=True)
class Pod:
    """A template of pods, with the name of what makes them."""

    owner: str
    labels: Mapping[str, str]
    spec: Manifest

    @property
    def containers(self) -> Sequence[Manifest]:
        """All of its containers, also those that run first."""
        return [*self.spec.get("initContainers", ()), *self.spec["containers"]]

    def port(self, port: str | int) -> int | None:
        """Returns the number of a port that one of its containers has, by number or name."""
        for container in self.spec["containers"]:
            for known in container.get("ports", ()):
                if port in (known["containerPort"], known.get("name")):
                    return int(known["containerPort"])
        return None


def of_kind(objects: Objects, *kinds: str) -> Iterator[Manifest]:
    """Yields the objects of some kinds."""
    return (thing for thing in objects if thing["kind"] in kinds)


def named(objects: Objects, kind: str, name: str) -> Manifest | None:
    """Returns the object of that kind and name, if there is one."""
    return next((thing for thing in of_kind(objects, kind) if thing["metadata"]["name"] == name), None)


def the(objects: Objects, kind: str, name: str) -> Manifest:
    """Returns the object of that kind and name; without one it is a KeyError."""
    found = named(objects, kind, name)
    if found is None:
        raise KeyError(f"there is no {kind} {name}")
    return found


def label(thing: Manifest) -> str:
    """Returns what a message calls an object."""
    return f"{thing['kind']} {thing['metadata']['name']}"


def pods(objects: Objects, *, own: bool = True) -> list[Pod]:
    """Returns every template of pods; `own` leaves out those of other namespaces.

    An operator's cluster has no template, but labels that its pods will have.
    """
    found = []
    for thing in objects:
        if own and thing["metadata"].get("namespace") != NAMESPACE:
            continue
        if thing["kind"] == "Cluster":
            given = thing["spec"]["inheritedMetadata"]["labels"]
            labels = {"cnpg.io/cluster": thing["metadata"]["name"], **given}
            container = {"name": "postgres", "ports": [{"containerPort": 5432}]}
            found.append(Pod(label(thing), labels, {"containers": [container], "operated": True}))
        elif template := thing.get("spec", {}).get("template"):
            found.append(Pod(label(thing), template["metadata"]["labels"], template["spec"]))
    return found


def own_pods(objects: Objects) -> list[Pod]:
    """Returns the templates that are written out here."""
    return [pod for pod in pods(objects) if "operated" not in pod.spec]


def selects(selector: Manifest | None, labels: Mapping[str, str]) -> bool:
    """Tells whether a label selector matches; an empty one matches everything."""
    selector = selector or {}
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    return all(_meets(rule, labels) for rule in selector.get("matchExpressions", ()))


def _meets(rule: Manifest, labels: Mapping[str, str]) -> bool:
    key, operator = rule["key"], rule["operator"]
    if operator == "In":
        return labels.get(key) in rule["values"]
    if operator == "NotIn":
        return labels.get(key) not in rule["values"]
    return (key in labels) is (operator == "Exists")
