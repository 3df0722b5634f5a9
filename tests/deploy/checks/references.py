"""Whatever one object says of another one is there."""

import json
from collections.abc import Iterator

import yaml

from services.common.settings import CERTIFICATE_FILES
from services.mesh.options import ROOT
from tests.deploy.checks.objects import (
    NAMESPACE,
    Manifest,
    Objects,
    Pod,
    label,
    named,
    of_kind,
    own_pods,
    pods,
    selects,
)

CLUSTER_WIDE = {"Namespace", "ClusterRole", "ClusterRoleBinding", "APIService", "PriorityClass"}
# What comes from outside and is no secret: the public keys of `montrg token`, levels of loggers, Envoy's access log.
PUBLIC = {
    "issuer": {"jwks.json"},
    "log-levels": {"levels"},
    "access-log": {"MONTRG_ACCESS_LOG", "MONTRG_LOG_CLIENT_ADDRESS"},
}
NAMESPACES = (NAMESPACE, f"{NAMESPACE}-logging", "kube-system")
# What every cluster has.
GIVEN = {("Role", "extension-apiserver-authentication-reader"), ("ClusterRole", "system:auth-delegator")}


def examples() -> dict[str, set[str]]:
    """Returns the keys of the Secrets that come from outside, by name: each has an example."""
    files = [path for path in (ROOT / "k8s").rglob("secret.example") if path.parent.name != "template"]
    found = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files]
    return {secret["metadata"]["name"]: set(secret["stringData"]) for secret in found}


def from_cert_manager() -> dict[str, set[str]]:
    """Returns the keys of the Secrets that cert-manager makes of the project's Certificates, by name."""
    files = [path for path in (ROOT / "k8s" / "components").rglob("*.yaml") if "cert-manager.io" in path.read_text()]
    found = [thing for path in files for thing in yaml.safe_load_all(path.read_text(encoding="utf-8"))]
    return {thing["spec"]["secretName"]: set(CERTIFICATE_FILES) for thing in of_kind(found, "Certificate")}


def selectors_match_their_templates(objects: Objects) -> Iterator[str]:
    """A Deployment that does not select its own pods is refused."""
    for thing in of_kind(objects, "Deployment", "StatefulSet"):
        template = thing["spec"]["template"]["metadata"]["labels"]
        if not thing["spec"]["selector"].get("matchLabels") or not selects(thing["spec"]["selector"], template):
            yield f"{label(thing)} does not select the pods of its own template"


def services_select_pods(objects: Objects) -> Iterator[str]:
    """A Service without pods answers nothing."""
    for thing in of_kind(objects, "Service"):
        if not _behind(thing, objects):
            yield f"{label(thing)} selects no pods"


def ports_exist(objects: Objects) -> Iterator[str]:
    """Services send to ports that containers have, and probes ask at them."""
    for thing in of_kind(objects, "Service"):
        for port in thing["spec"]["ports"]:
            target = port.get("targetPort", port["port"])
            number = {pod.port(target) for pod in _behind(thing, objects)}
            if None in number:
                yield f"{label(thing)} sends to port {target}, which its pods have not"
            # A headless one gives the pods' addresses: its callers use the number that it names as it is.
            elif thing["spec"].get("clusterIP") == "None" and number != {port["port"]}:
                yield f"{label(thing)} is headless: its port {port['port']} would have to be {number}, as its pods'"
    for pod in pods(objects, own=False):
        for container in pod.containers:
            known = {port for each in container.get("ports", ()) for port in (each["containerPort"], each.get("name"))}
            for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
                probe = container.get(kind, {})
                way = next((probe[way] for way in ("grpc", "httpGet", "tcpSocket") if way in probe), None)
                if way and way["port"] not in known:
                    yield f"{pod.owner}: the {kind} of {container['name']} asks at port {way['port']}, which it has not"


def references_resolve(objects: Objects) -> Iterator[str]:
    """ConfigMaps, Secrets, accounts, priorities, roles and Services that are named are there."""
    for owner, kind, name in _references(objects):
        if (kind, name) not in GIVEN and not named(objects, kind, name):
            yield f"{owner}: there is no {kind} {name}"
    outside = {"Secret": examples() | from_cert_manager(), "ConfigMap": PUBLIC}
    for pod in own_pods(objects):
        for kind, name, keys in _configuration(pod):
            found = named(objects, kind, name)
            known = set(found.get("data", {})) if found else outside[kind].get(name)
            if known is None:
                yield f"{pod.owner}: there is no {kind} {name}"
            elif keys - known:
                yield f"{pod.owner}: the {kind} {name} has no {', '.join(sorted(keys - known))}"


def objects_can_be_applied(objects: Objects) -> Iterator[str]:
    """`kubectl apply` keeps what it sent in an annotation, and the annotations of an object have 256 KiB."""
    for thing in objects:
        size = len(json.dumps(thing, separators=(",", ":")).encode())
        if size > 250_000:
            yield f"{label(thing)}: {size} bytes are more than kubectl apply can note of one object"


def volumes_exist(objects: Objects) -> Iterator[str]:
    """What is mounted is a volume, and no volume is there for nothing."""
    for thing in objects:
        template = thing.get("spec", {}).get("template")
        if not template:
            continue
        pod = Pod(label(thing), {}, template["spec"])
        claims = {claim["metadata"]["name"] for claim in thing["spec"].get("volumeClaimTemplates", ())}
        volumes = {volume["name"] for volume in pod.spec.get("volumes", ())} | claims
        mounted = {mount["name"] for container in pod.containers for mount in container.get("volumeMounts", ())}
        for name in sorted(mounted ^ volumes):
            yield f"{pod.owner}: {name} is mounted and no volume, or a volume and not mounted"


def namespaces_are_explicit(objects: Objects) -> Iterator[str]:
    """`kubectl apply -f` of one file puts it where it belongs, whatever namespace the caller is in."""
    for thing in objects:
        if thing["kind"] not in CLUSTER_WIDE and thing["metadata"].get("namespace") not in NAMESPACES:
            yield f"{label(thing)} has no namespace"


def _behind(service: Manifest, objects: Objects) -> list[Pod]:
    wanted = {"matchLabels": service["spec"]["selector"]}
    own = service["metadata"]["namespace"] == NAMESPACE
    return [pod for pod in pods(objects, own=own) if selects(wanted, pod.labels)]


def _references(objects: Objects) -> Iterator[tuple[str, str, str]]:
    """Yields what is named by more than its content: by whom, its kind and its name."""
    for pod in own_pods(objects):
        yield pod.owner, "ServiceAccount", pod.spec["serviceAccountName"]
        if "priorityClassName" in pod.spec:
            yield pod.owner, "PriorityClass", pod.spec["priorityClassName"]
    for thing in of_kind(objects, "RoleBinding", "ClusterRoleBinding"):
        yield label(thing), thing["roleRef"]["kind"], thing["roleRef"]["name"]
    for thing in of_kind(objects, "StatefulSet"):
        yield label(thing), "Service", thing["spec"]["serviceName"]
    for thing in of_kind(objects, "APIService"):
        yield label(thing), "Service", thing["spec"]["service"]["name"]


def _configuration(pod: Pod) -> Iterator[tuple[str, str, set[str]]]:
    """Yields what a pod takes from: kind, name and keys."""
    for container in pod.containers:
        for source in container.get("envFrom", ()):
            kind, given = ("ConfigMap", "configMapRef") if "configMapRef" in source else ("Secret", "secretRef")
            yield kind, source[given]["name"], set()
        for variable in container.get("env", ()):
            for kind, given in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
                if found := variable.get("valueFrom", {}).get(given):
                    yield kind, found["name"], {found["key"]}
    for volume in pod.spec.get("volumes", ()):
        for source in [volume, *volume.get("projected", {}).get("sources", ())]:
            for kind, given in (("ConfigMap", "configMap"), ("Secret", "secret")):
                if found := source.get(given):
                    keys = {item["key"] for item in found.get("items", ())}
                    yield kind, found.get("name") or found["secretName"], keys
