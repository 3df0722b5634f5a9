"""Kubernetes, the catalog and Envoy agree on every name and port, and on who calls whom."""

from collections.abc import Iterator

from services import catalog
from services.catalog import DEPLOYED, GATEWAY, SERVICES, Service
from services.common.settings import Environment
from services.mesh.deployed import gateway, sidecar
from services.mesh.options import ROOT, Neighbour
from tests.deploy.checks.network import edges
from tests.deploy.checks.objects import Manifest, Objects, named, pods
from tests.deploy.checks.secure import readable
from tests.deploy.checks.workloads import variables

ENVOY_PORT, STATUS_PORT, DATABASE_PORT, OTLP_PORT = 8000, 8001, 5432, 4317


def services_are_the_catalogs(objects: Objects) -> Iterator[str]:
    """Each Deployment runs its service, at its port, with its probes and settings that it knows."""
    for own, deployment in _deployed(objects):
        spec = deployment["spec"]["template"]["spec"]
        (wait,), (process, envoy) = spec["initContainers"], spec["containers"]
        told = (wait["args"], process["args"], envoy["args"])
        if told != (["db", "wait", own.name], ["serve", own.name], ["sidecar", own.name]):
            yield f"{own.host} runs {told}"
        if {wait["image"].partition(":")[0], process["image"].partition(":")[0]} != {f"flet-montrg/{own.host}"}:
            yield f"{own.host} runs the image of another service"
        annotations = deployment["spec"]["template"]["metadata"]["annotations"]
        if annotations["kubectl.kubernetes.io/default-container"] != process["name"]:
            yield f"{own.host}: kubectl logs shows the sidecar"
        probes = {kind: process[kind]["grpc"] for kind in ("startupProbe", "readinessProbe", "livenessProbe")}
        asked = tuple(probe.get("service", "") for probe in probes.values())
        if asked != ("ready", own.contracts[0], ""):
            yield f"{own.host} is asked for {asked}"
        settings = named(objects, "ConfigMap", f"{own.host}-config")
        yield from _settings(own, settings["data"] if settings else {})


def sidecars_meet(objects: Objects) -> Iterator[str]:
    """What the Envoy of each pod will listen at and call is what the Services, pods and settings say."""
    for own, deployment in _deployed(objects):
        process, envoy = deployment["spec"]["template"]["spec"]["containers"]
        options = sidecar(own.name, Environment(readable(variables(envoy, objects)))).options
        ports = {port["name"]: port["containerPort"] for container in (process, envoy) for port in container["ports"]}
        rendered = {"grpc": options.processes(own)[0][1], "http": options.rest_port(own), "status": options.status_port}
        if options.secure:
            rendered["probe"] = int(variables(process, objects).get("MONTRG_PROBE_PORT", "0"))
        if ports != rendered:
            yield f"{own.host}: the pod has the ports {ports}, and its Envoy {rendered}"
        told = variables(process, objects)
        for neighbour in options.neighbours:
            called = neighbour.service
            if told.get(f"{called.name.upper()}_SERVICE_URL") != f"{options.loopback}:{neighbour.port}":
                yield f"{own.host} does not call {called.name} through its Envoy, at {neighbour.port}"
            yield from _found(own.host, neighbour, objects)


def the_gateway_meets_all_pods(objects: Objects) -> Iterator[str]:
    """What the gateway's Envoy will listen at and call is what its own pods and the Services say."""
    deployment = named(objects, "Deployment", GATEWAY.host)
    if deployment is None:
        return
    (envoy,) = deployment["spec"]["template"]["spec"]["containers"]
    if envoy["args"] != ["gateway"]:
        yield f"{GATEWAY.host} runs {envoy['args']}"
    options = gateway(Environment(readable(variables(envoy, objects)))).options
    ports = {port["name"]: port["containerPort"] for port in envoy["ports"]}
    rendered = {"http": options.gateway_port, "status": options.status_port}
    if ports != rendered:
        yield f"{GATEWAY.host}: the pod has the ports {ports}, and its Envoy {rendered}"
    for neighbour in options.neighbours:
        yield from _found(GATEWAY.host, neighbour, objects)


def _found(host: str, neighbour: Neighbour, objects: Objects) -> Iterator[str]:
    ((name, port),) = neighbour.pods
    if not named(objects, "Deployment", neighbour.service.host):
        return  # applied by itself
    service = named(objects, "Service", name)
    if service is None or service["spec"].get("clusterIP") != "None":
        yield f"{host}: Envoy asks for {name}, and there is no headless Service of that name"
    elif port not in [each["port"] for each in service["spec"]["ports"]]:
        yield f"{host}: Envoy calls {name} at {port}, which it has not"


def prometheus_finds_pods_that_do_not_answer(objects: Objects) -> Iterator[str]:
    """Each service has a name in DNS that stands for all of its pods, ready or not, at the port of their figures."""
    for own in (each for each in DEPLOYED if named(objects, "Deployment", each.host)):
        service = named(objects, "Service", f"{own.host}-figures")
        spec = service["spec"] if service else {}
        if spec.get("selector") != {"app": own.host} or spec.get("clusterIP") != "None":
            yield f"{own.host}: Prometheus finds no pods of it by {own.host}-figures"
        elif not spec.get("publishNotReadyAddresses"):
            yield f"{own.host}: Prometheus loses a pod that does not answer before a rule can tell of it"
        elif STATUS_PORT not in [each["port"] for each in spec["ports"]]:
            yield f"{own.host}: {own.host}-figures has no port {STATUS_PORT}"


def calls_are_the_catalogs(objects: Objects) -> Iterator[str]:
    """The pods may call each other as the catalog says, the database, and who watches them, and nothing more."""
    known = {pod.owner for pod in pods(objects)}
    hosts = {service.name: f"Deployment {service.host}" for service in SERVICES}
    wanted = {(hosts[own.name], hosts[called], ENVOY_PORT) for own in SERVICES for called in own.calls}
    gate = f"Deployment {GATEWAY.host}"
    wanted |= {(gate, host, ENVOY_PORT) for host in hosts.values()}
    databases = {pod.owner for pod in pods(objects) if pod.labels.get("app.kubernetes.io/component") == "database"}
    for database in databases:
        wanted |= {(caller, database, DATABASE_PORT) for caller in (*hosts.values(), "Job migrations")}
        if database.startswith("Cluster"):
            wanted.add((database, database, DATABASE_PORT))
    wanted |= {("Deployment prometheus", host, STATUS_PORT) for host in (*hosts.values(), gate)}
    wanted |= {(host, "Deployment jaeger", OTLP_PORT) for host in (*hosts.values(), gate)}
    wanted |= {
        ("Deployment prometheus", "Deployment alertmanager", 9093),
        ("Deployment grafana", "Deployment prometheus", 9090),
        ("Deployment grafana", "Deployment jaeger", 16686),
    }
    expected = {edge for edge in wanted if {edge[0], edge[1]} <= known}
    found = edges(objects)
    yield from (f"{a} may not call {b} at {port}" for a, b, port in sorted(expected - found))
    yield from (f"{a} may call {b} at {port}, and has no need to" for a, b, port in sorted(found - expected))


def node_ports_are_the_catalogs(objects: Objects, kind_config: Manifest) -> Iterator[str]:
    """Services and the gateway have the same ports in Kind as on one machine, and Kind passes just these on."""
    found = {
        thing["metadata"]["name"]: port["nodePort"]
        for thing in objects
        if thing["kind"] == "Service" and thing["spec"].get("type") == "NodePort"
        for port in thing["spec"]["ports"]
    }
    if found != {each.host: each.rest_port for each in DEPLOYED}:
        yield f"the node ports are {found}"
    mapped = [port for node in kind_config["nodes"] for port in node["extraPortMappings"]]
    if sorted(port["containerPort"] for port in mapped) != sorted(found.values()):
        yield "kind-config.yaml maps other ports"
    if any(port["containerPort"] != port["hostPort"] or port["listenAddress"] != "127.0.0.1" for port in mapped):
        yield "kind-config.yaml maps to another port, or opens it to others"


def _deployed(objects: Objects) -> Iterator[tuple[Service, Manifest]]:
    for own in SERVICES:
        if deployment := named(objects, "Deployment", own.host):
            yield own, deployment


def _settings(own: Service, settings: dict[str, str]) -> Iterator[str]:
    if settings.get("PORT") != str(own.grpc_port) or settings.get("HOST") != "0.0.0.0":
        yield f"{own.host} listens at {settings.get('HOST')}:{settings.get('PORT')}, and is probed elsewhere"
    example = (ROOT / "services" / own.name / "env.example").read_text(encoding="utf-8")
    known = {line.lstrip("# ").partition("=")[0] for line in example.splitlines() if "=" in line}
    for name in settings:
        if not {name, f"MONTRG_{name}"} & known:
            yield f"{own.host}: env.example knows no {name}"
    urls = {name.removesuffix("_SERVICE_URL").lower() for name in settings if name.endswith("_SERVICE_URL")}
    if urls != set(own.calls):
        yield f"{own.host} has addresses of {sorted(urls)}, and calls {sorted(own.calls)}"
    for name in urls & {service.name for service in SERVICES}:
        if not settings[f"{name.upper()}_SERVICE_URL"].endswith(f":{catalog.service(name).grpc_port}"):
            yield f"{own.host} calls {name} at another port than its own"
