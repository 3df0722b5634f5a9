"""How pods are sized, scaled, probed, replaced and ended."""

import re
from collections.abc import Iterator
from decimal import Decimal

from services.common.settings import Environment
from services.mesh.foreground import END_WITHIN_S
from tests.deploy.checks.objects import Manifest, Objects, label, named, of_kind, own_pods, pods, selects

_QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?")
_UNITS: dict[str | None, Decimal] = {None: Decimal(1), "m": Decimal("0.001")}
_UNITS |= {unit: Decimal(1000) ** (n + 1) for n, unit in enumerate("kMGT")}
_UNITS |= {f"{unit}i": Decimal(1024) ** (n + 1) for n, unit in enumerate("KMGT")}
# The longest that a probe may be without an answer: the default of 1 s is too short while a process starts.
PATIENCE_S = range(2, 4)


def quantity(words: object) -> Decimal | None:
    """Returns what an amount means, such as 100m or 1Gi; None for what is no amount."""
    found = _QUANTITY.fullmatch(str(words))
    return Decimal(found[1]) * _UNITS[found[2]] if found else None


def quantities_parse(objects: Objects) -> Iterator[str]:
    """Every container says what it needs, limits no CPU, and may use as much memory as it asks for."""
    for pod in pods(objects, own=False):
        for container in pod.containers:
            given = container.get("resources", {})
            for kind, amounts in given.items():
                for name, amount in amounts.items():
                    if quantity(amount) is None:
                        yield f"{pod.owner}: {container['name']} {kind} {amount!r} of {name}, which is no amount"
            if "operated" in pod.spec:
                continue
            if not {"cpu", "memory"} <= given.get("requests", {}).keys():
                yield f"{pod.owner}: {container['name']} does not say what it needs"
            elif (quantity(given.get("limits", {}).get("memory")) or 0) < (quantity(given["requests"]["memory"]) or 0):
                yield f"{pod.owner}: {container['name']} may use less memory than it needs, or any amount"
            if "cpu" in given.get("limits", {}):
                yield f"{pod.owner}: {container['name']} has a limit on CPU, which slows it down on an idle node"


def autoscalers_have_what_they_measure(objects: Objects) -> Iterator[str]:
    """The target is there, leaves its number of pods to the autoscaler, and asks for what is measured."""
    for scaler in of_kind(objects, "HorizontalPodAutoscaler"):
        target = named(objects, scaler["spec"]["scaleTargetRef"]["kind"], scaler["spec"]["scaleTargetRef"]["name"])
        if target is None:
            yield f"{label(scaler)}: there is no {scaler['spec']['scaleTargetRef']['name']}"
            continue
        if "replicas" in target["spec"]:
            yield f"{label(target)} sets replicas, where an autoscaler rules"
        for metric in (metric["resource"]["name"] for metric in scaler["spec"]["metrics"]):
            for container in target["spec"]["template"]["spec"]["containers"]:
                if metric not in container["resources"].get("requests", {}):
                    yield f"{label(scaler)} measures {metric}, and {container['name']} does not say what it needs"
        if scaler["spec"]["minReplicas"] < 2 or scaler["spec"]["maxReplicas"] <= scaler["spec"]["minReplicas"]:
            yield f"{label(scaler)} scales from fewer than two, or nowhere"


def budgets_select_pods(objects: Objects) -> Iterator[str]:
    """Every budget is about pods, and every Deployment of an autoscaler has one."""
    budgets = list(of_kind(objects, "PodDisruptionBudget"))
    for budget in budgets:
        if not any(selects(budget["spec"]["selector"], pod.labels) for pod in pods(objects)):
            yield f"{label(budget)} selects no pods"
        if budget["spec"].get("unhealthyPodEvictionPolicy") != "AlwaysAllow":
            yield f"{label(budget)} lets a broken pod keep its node from being drained"
    for scaler in of_kind(objects, "HorizontalPodAutoscaler"):
        target = named(objects, "Deployment", scaler["spec"]["scaleTargetRef"]["name"])
        labels = target["spec"]["template"]["metadata"]["labels"] if target else {}
        if not any(selects(budget["spec"]["selector"], labels) for budget in budgets):
            yield f"{label(scaler)}: its pods have no disruption budget"


def ends_fit_into_the_grace_period(objects: Objects) -> Iterator[str]:
    """A service ends after its callers have left it, its Envoy after it, and both before they are killed.

    The gateway has no process: there Envoy itself waits for its callers, and then for calls under way.
    """
    for pod in own_pods(objects):
        grace = pod.spec.get("terminationGracePeriodSeconds", 30)
        envoy = next((c for c in pod.spec["containers"] if c["name"] == "envoy"), None)
        if envoy is None:
            continue
        service = next((c for c in pod.spec["containers"] if c is not envoy), envoy)
        pause = service.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        calls = Environment(variables(service, objects)).integer("GRACE_S", 5, 0, 600)
        drain = Environment(variables(envoy, objects)).integer("DRAIN_S", 0, 0, 600)
        if not pause:
            yield f"{pod.owner}: {service['name']} stops while calls still come"
        if service is envoy:
            drain += pause
        elif drain <= pause + calls:
            yield f"{pod.owner}: Envoy ends after {drain} s, and the service after up to {pause + calls}"
        if grace <= drain + END_WITHIN_S:
            yield f"{pod.owner} is killed after {grace} s, and ends in up to {drain + END_WITHIN_S:g}"


def updates_start_before_they_stop(objects: Objects) -> Iterator[str]:
    """A rolling update takes no pod away before another one serves, and its callers know that one."""
    for thing in of_kind(objects, "Deployment"):
        component = thing["spec"]["template"]["metadata"]["labels"].get("app.kubernetes.io/component")
        if component not in {"service", "gateway"}:
            continue
        rolling = thing["spec"]["strategy"].get("rollingUpdate", {})
        if rolling.get("maxUnavailable") != 0 or not rolling.get("maxSurge"):
            yield f"{label(thing)} stops a pod before the new one serves"
        sleep = (
            thing["spec"]["template"]["spec"]["containers"][0].get("lifecycle", {}).get("preStop", {}).get("sleep", {})
        )
        # CoreDNS keeps an answer for 30 s.
        if thing["spec"].get("minReadySeconds", 0) + sleep.get("seconds", 0) <= 30:
            yield f"{label(thing)}: the old pods are gone before cluster DNS tells of the new ones"


def probes_are_patient(objects: Objects) -> Iterator[str]:
    """Every container that stays has all three probes, none of which gives up at once."""
    for pod in own_pods(objects):
        if pod.spec.get("restartPolicy", "Always") != "Always":
            continue
        for container in pod.spec["containers"]:
            for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
                if container.get(kind, {}).get("timeoutSeconds") not in PATIENCE_S:
                    yield f"{pod.owner}: {container['name']} has no {kind} that waits for 2 or 3 s"


def variables(container: Manifest, objects: Objects) -> dict[str, str]:
    """Returns a container's variables as far as ConfigMaps and the container itself give them."""
    found: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        settings = named(objects, "ConfigMap", source.get("configMapRef", {}).get("name", ""))
        found |= settings["data"] if settings else {}
    return found | {variable["name"]: variable["value"] for variable in container.get("env", ()) if "value" in variable}
