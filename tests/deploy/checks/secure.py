"""The secure profile: who shows which certificate, who verifies it, and that nothing speaks plaintext beside it."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from services.catalog import DEPLOYED, GATEWAY, SERVICES, Gateway, Service
from services.cli.envoy import SIDECAR
from services.common.identities import hosts_of, spiffe_id
from services.common.settings import CERTIFICATE_FILES, SECURE
from services.mesh.options import ROOT
from tests.deploy.checks.network import may_leave
from tests.deploy.checks.objects import Manifest, Objects, label, named, of_kind, own_pods
from tests.deploy.checks.workloads import variables

_PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
_KEY = {"algorithm": "ECDSA", "size": 256, "encoding": "PKCS8", "rotationPolicy": "Always"}
# Of whoever owns a file and of its group, which is the pod's: nobody else may read a key.
_MODE = 0o440
# What a secure Envoy reads has to be there when its settings are read.
_FILES = TemporaryDirectory(prefix="montrg-")


def is_secure(container: Manifest, objects: Objects) -> bool:
    """Tells whether a container is told the secure profile."""
    return variables(container, objects).get("MONTRG_PROFILE") == SECURE


def readable(told: Mapping[str, str]) -> dict[str, str]:
    """Returns the variables of a secure container with files that are on this machine, too."""
    if told.get("MONTRG_PROFILE") != SECURE:
        return dict(told)
    folder = Path(_FILES.name)
    keys = folder / "jwks.json"
    for name in (*CERTIFICATE_FILES, keys.name):
        (folder / name).touch()
    found = {"MONTRG_CERTS_DIR": str(folder)}
    if told.get("MONTRG_JWKS_FILE"):
        found["MONTRG_JWKS_FILE"] = str(keys)
    return {**told, **found}


def settings_are_known(objects: Objects) -> Iterator[str]:
    """Whatever all pods are told is a setting that is described."""
    files = [*(ROOT / "services").glob("*/env.example"), ROOT / "docs" / "security.md"]
    texts = [SIDECAR, *(file.read_text(encoding="utf-8") for file in files)]
    known = {name for text in texts for name in re.findall(r"\bMONTRG_[A-Z_]+", text)}
    settings = named(objects, "ConfigMap", "secure-config") or {"data": {}}
    yield from (f"ConfigMap secure-config: nobody reads {name}" for name in sorted(settings["data"].keys() - known))


def pods_are_secure(objects: Objects) -> Iterator[str]:
    """Each service's process, its Envoy and the gateway's are told the secure profile; calls go through the Envoys."""
    for each, spec in _with_gateway(objects):
        for container in spec["containers"]:
            if not is_secure(container, objects):
                yield f"{each.host}: {container['name']} runs in the development profile"
    for own, spec in _pods(objects):
        told = variables(spec["containers"][0], objects)
        if told.get("MONTRG_EGRESS") != "sidecar":
            yield f"{own.host} has neighbours' addresses of its Envoy, and would speak TLS to it"
        if told.get("MONTRG_WEBHOOK_ALLOW_PRIVATE", "off") != "off":
            yield f"{own.host} sends webhooks anywhere in the network that it is in"


def addresses_are_the_callers(objects: Objects) -> Iterator[str]:
    """Envoy believes what is before a secure mesh where a call comes from, or everybody would have one address."""
    has_proxy, has_gateway = any(True for _ in of_kind(objects, "Gateway")), named(objects, "Deployment", GATEWAY.host)
    for own, spec in _with_gateway(objects):
        if not has_proxy and (own is GATEWAY or not has_gateway):
            continue  # nobody is before it
        told = variables(spec["containers"][-1], objects)
        if told.get("MONTRG_PROFILE") == SECURE and told.get("MONTRG_TRUSTED_HOPS") != "1":
            yield f"{own.host} takes its gateway for whoever calls"


def issuers_are_reached(objects: Objects) -> Iterator[str]:
    """An Envoy that verifies the tokens of an OIDC issuer may fetch its keys."""
    for pod in own_pods(objects):
        for container in pod.containers:
            told = variables(container, objects)
            if container["name"] == "envoy" and told.get("MONTRG_OIDC_ISSUER"):
                port = urlsplit(told["MONTRG_OIDC_JWKS_URL"]).port or 443
                if not may_leave(objects, pod, port):
                    yield f"{pod.owner} may not fetch the keys of {told['MONTRG_OIDC_ISSUER']}"


def pods_have_their_certificates(objects: Objects) -> Iterator[str]:
    """What a secure pod is told to read is mounted there as a whole, so that changes reach it, and others may not."""
    for own, spec in _with_gateway(objects):
        volumes = {volume["name"]: volume for volume in spec["volumes"]}
        security = spec["securityContext"]
        for container in spec["containers"]:
            told = variables(container, objects)
            if told.get("MONTRG_PROFILE") != SECURE:
                continue
            volume = volumes.get(_mounted(container, told["MONTRG_CERTS_DIR"]), {})
            if volume.get("secret", {}).get("secretName") != f"{own.host}-tls":
                yield f"{own.host}: {container['name']} has no folder with the certificate of {own.host}"
            elif volume["secret"].get("defaultMode") != _MODE or security.get("fsGroup") != security["runAsGroup"]:
                yield f"{own.host}: others than its user may read the key of {own.host}, or not even that one"
        envoy = spec["containers"][-1]
        told = variables(envoy, objects)
        if told.get("MONTRG_PROFILE") == SECURE and (keys := told.get("MONTRG_JWKS_FILE")):
            volume = volumes.get(_mounted(envoy, str(PurePosixPath(keys).parent)), {})
            if volume.get("configMap", {}).get("name") != "issuer":
                yield f"{own.host}: Envoy has no folder with the keys of the issuer"


def kubelets_ask_where_they_can(objects: Objects) -> Iterator[str]:
    """A kubelet has no certificate: it asks a process at a port of health alone, and Envoy over HTTPS."""
    for own, spec in _pods(objects):
        process = spec["containers"][0]
        secure = is_secure(process, objects)
        wanted = int(variables(process, objects).get("MONTRG_PROBE_PORT", "0")) if secure else own.grpc_port
        for kind in _PROBES:
            if process.get(kind, {}).get("grpc", {}).get("port") != wanted:
                yield f"{own.host}: the {kind} of its process is at another port than {wanted}"
    for each, spec in _with_gateway(objects):
        envoy = spec["containers"][-1]
        for kind in _PROBES:
            scheme = envoy.get(kind, {}).get("httpGet", {}).get("scheme", "HTTP")
            if scheme != ("HTTPS" if is_secure(envoy, objects) else "HTTP"):
                yield f"{each.host}: the {kind} of Envoy asks over {scheme}"


def certificates_are_the_services(objects: Objects) -> Iterator[str]:
    """Each secure pod's Secret is made by a Certificate of that service's identity, which is short-lived."""
    for own in DEPLOYED:
        deployment = named(objects, "Deployment", own.host)
        certificate = named(objects, "Certificate", own.host)
        if certificate is None:
            if deployment and is_secure(deployment["spec"]["template"]["spec"]["containers"][0], objects):
                yield f"{own.host} has no Certificate"
            continue
        spec = certificate["spec"]
        if spec["secretName"] != f"{own.host}-tls":
            yield f"{label(certificate)} is written into {spec['secretName']}, where no pod looks"
        if spec["uris"] != [spiffe_id(own.name)]:
            yield f"{label(certificate)} is for {', '.join(spec['uris'])}, and not for {spiffe_id(own.name)} alone"
        if missing := set(hosts_of(own)) - set(spec["dnsNames"]):
            yield f"{label(certificate)} is not for {', '.join(sorted(missing))}"
        if (spec["duration"], spec["renewBefore"]) != ("24h", "8h"):
            yield f"{label(certificate)} lasts for {spec['duration']}, and is renewed {spec['renewBefore']} before"
        if spec["privateKey"] != _KEY:
            yield f"{label(certificate)} has a key of another kind, or keeps it: {spec['privateKey']}"
        if not {"server auth", "client auth"} <= set(spec["usages"]):
            yield f"{label(certificate)} may not be shown at both ends"


def authorities_are_there(objects: Objects) -> Iterator[str]:
    """Who signs a certificate is there; the mesh's authority keeps its key, or what it signed would count no more."""
    for certificate in of_kind(objects, "Certificate"):
        reference = certificate["spec"]["issuerRef"]
        # One of the cluster comes from outside. The gateway may be applied by itself, without those of the mesh.
        is_here = reference["kind"] == "Issuer" and any(True for _ in of_kind(objects, "Issuer"))
        if is_here and not named(objects, "Issuer", reference["name"]):
            yield f"{label(certificate)}: there is no Issuer {reference['name']}"
    for issuer in of_kind(objects, "Issuer"):
        if "ca" not in issuer["spec"]:
            continue
        secret = issuer["spec"]["ca"]["secretName"]
        made = [each for each in of_kind(objects, "Certificate") if each["spec"]["secretName"] == secret]
        if not made:
            yield f"{label(issuer)} signs with {secret}, which no Certificate makes"
        for authority in made:
            if authority["spec"].get("isCA") is not True:
                yield f"{label(authority)} may sign nothing"
            if authority["spec"]["privateKey"].get("rotationPolicy") != "Never":
                yield f"{label(authority)} is renewed with another key, and then nobody believes its certificates"


def _pods(objects: Objects) -> Iterator[tuple[Service, Manifest]]:
    for own in SERVICES:
        if deployment := named(objects, "Deployment", own.host):
            yield own, deployment["spec"]["template"]["spec"]


def _with_gateway(objects: Objects) -> Iterator[tuple[Service | Gateway, Manifest]]:
    """Yields the gateway's pods, too, which have an Envoy alone."""
    for own in DEPLOYED:
        if deployment := named(objects, "Deployment", own.host):
            yield own, deployment["spec"]["template"]["spec"]


def _mounted(container: Manifest, path: str) -> str:
    """Returns the volume that is at a path as a whole, or nothing."""
    found = [each for each in container.get("volumeMounts", ()) if each["mountPath"] == path and "subPath" not in each]
    return found[0]["name"] if found and found[0].get("readOnly") else ""
