"""Who calls secure pods from beside the mesh does so by TLS: the gateway, and Prometheus."""

from collections.abc import Iterator

import yaml

from services.catalog import DEPLOYED, SERVICES
from tests.deploy.checks.objects import Manifest, Objects, label, named, of_kind
from tests.deploy.checks.secure import is_secure


def gateways_show_a_certificate(objects: Objects) -> Iterator[str]:
    """A gateway in front of secure pods takes TLS alone, with a certificate that is made."""
    secure = _is_secure(objects)
    for gateway in of_kind(objects, "Gateway"):
        for listener in gateway["spec"]["listeners"]:
            if (listener["protocol"] == "HTTPS") is not secure:
                yield f"{label(gateway)} takes {listener['protocol']} at {listener['name']}, before other pods"
            for reference in listener.get("tls", {}).get("certificateRefs", ()):
                if not _certificates(objects, reference["name"]):
                    yield f"{label(gateway)}: no Certificate makes {reference['name']}"


def gateways_believe_the_services(objects: Objects) -> Iterator[str]:
    """A gateway calls secure pods by TLS, each service by its own name and certificate; and no other pods."""
    secure = _is_secure(objects)
    policies = {target["name"]: each for each in of_kind(objects, "BackendTLSPolicy") for target in _targets(each)}
    backends = {
        backend["name"]
        for route in of_kind(objects, "HTTPRoute", "GRPCRoute")
        for rule in route["spec"]["rules"]
        for backend in rule["backendRefs"]
    }
    for name in sorted(backends if secure else ()):
        if name not in policies:
            yield f"the gateway speaks plaintext to {name}: it has no BackendTLSPolicy"
    for name, policy in policies.items():
        if name not in backends or not secure:
            yield f"{label(policy)} is about {name}, which nobody calls by TLS"
        validation = policy["spec"]["validation"]
        # Where the Certificates are applied by themselves, the names of their Secrets are all that can be compared.
        if [each["name"] for each in validation.get("caCertificateRefs", ())] != [f"{name}-tls"]:
            yield f"{label(policy)} believes others than those of {name}-tls"
        if validation["hostname"] != name:
            yield f"{label(policy)} expects the name {validation['hostname']}"


def services_say_what_they_speak(objects: Objects) -> Iterator[str]:
    """Gateways learn of a Service how to call it: HTTP/2 in plaintext in dev, TLS in the secure profile."""
    for own in DEPLOYED:
        deployment, service = named(objects, "Deployment", own.host), named(objects, "Service", own.host)
        if deployment is None or service is None:
            continue
        process = deployment["spec"]["template"]["spec"]["containers"][0]
        wanted = "https" if is_secure(process, objects) else "kubernetes.io/h2c"
        for port in service["spec"]["ports"]:
            if port.get("appProtocol") != wanted:
                yield f"{label(service)} is called as {port.get('appProtocol')}, and speaks {wanted}"


def figures_are_asked_for_as_they_are_told(objects: Objects) -> Iterator[str]:
    """Prometheus asks secure sidecars by TLS, and verifies who answers; it finds no other ones there."""
    prometheus = named(objects, "Deployment", "prometheus")
    if prometheus is None or not any(named(objects, "Deployment", own.host) for own in SERVICES):
        return
    for settings in of_kind(objects, "ConfigMap"):
        if not settings["metadata"]["name"].startswith("prometheus-scrape"):
            continue
        for job in yaml.safe_load(settings["data"]["kubernetes.yml"])["scrape_configs"]:
            scheme = job.get("scheme", "http")
            if scheme != ("https" if _is_secure(objects) else "http"):
                yield f"Prometheus asks over {scheme}"
            if scheme == "https":
                yield from _verified(job.get("tls_config", {}), prometheus, objects)


def _verified(tls: Manifest, prometheus: Manifest, objects: Objects) -> Iterator[str]:
    spec = prometheus["spec"]["template"]["spec"]
    mounts = {mount["mountPath"]: mount["name"] for mount in spec["containers"][0]["volumeMounts"]}
    folder, _, file = tls.get("ca_file", "").rpartition("/")
    volume: Manifest = next((each for each in spec["volumes"] if each["name"] == mounts.get(folder)), {})
    keys = [item["path"] for item in volume.get("secret", {}).get("items", ())]
    # All of the Secret would be the authority's key, too.
    if tls.get("insecure_skip_verify") or keys != [file]:
        yield f"Prometheus does not verify who answers by {tls.get('ca_file')}, or has more than that"
    for own in DEPLOYED:
        certificate = named(objects, "Certificate", own.host)
        if certificate is None or tls.get("server_name") not in certificate["spec"]["dnsNames"]:
            yield f"Prometheus expects the name {tls.get('server_name')}, for which {own.host} has no certificate"


def _is_secure(objects: Objects) -> bool:
    """Tells whether pods are secure; where there are none, whether the gateway is made for secure ones."""
    pods = [named(objects, "Deployment", own.host) for own in SERVICES]
    if not any(pods):
        return any(True for _ in of_kind(objects, "BackendTLSPolicy"))
    return any(is_secure(pod["spec"]["template"]["spec"]["containers"][0], objects) for pod in pods if pod)


def _targets(policy: Manifest) -> list[Manifest]:
    return [each for each in policy["spec"]["targetRefs"] if (each["group"], each["kind"]) == ("", "Service")]


def _certificates(objects: Objects, secret: str) -> list[Manifest]:
    return [each for each in of_kind(objects, "Certificate") if each["spec"]["secretName"] == secret]
