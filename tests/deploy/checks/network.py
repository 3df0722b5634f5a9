"""Who may call whom, as the network policies add up to it."""

from collections.abc import Iterator
from itertools import product

from tests.deploy.checks.objects import NAMESPACE, Manifest, Objects, Pod, label, of_kind, pods, selects

DNS = (("UDP", 53), ("TCP", 53))


def policies_select_pods(objects: Objects) -> Iterator[str]:
    """A policy that selects nothing protects nothing."""
    for policy in of_kind(objects, "NetworkPolicy"):
        if not any(selects(policy["spec"]["podSelector"], pod.labels) for pod in pods(objects, own=False)):
            yield f"{label(policy)} selects no pods"


def pods_reach_their_dns(objects: Objects) -> Iterator[str]:
    """Whoever is kept in by a policy may still ask for names, over UDP and TCP, unless it calls nobody at all."""
    for pod in pods(objects):
        rules = _rules(pod, "Egress", objects)
        if rules is None or not any(rule.get("to") for rule in rules):
            continue
        for protocol, port in DNS:
            if not any("to" not in rule and _port_in(rule, protocol, port) for rule in rules):
                yield f"{pod.owner} may not ask for names over {protocol}"


def edges(objects: Objects) -> set[tuple[str, str, int]]:
    """Returns every call that both ends allow: the caller's pods, the called pods and the TCP port there."""
    known = pods(objects)
    found = set()
    for caller, called in product(known, known):
        for container in called.spec["containers"]:
            for number in (port["containerPort"] for port in container.get("ports", ())):
                if may_call(objects, caller, called, number):
                    found.add((caller.owner, called.owner, int(number)))
    return found


def may_call(objects: Objects, caller: Pod, called: Pod, port: int) -> bool:
    """Tells whether the caller's rules of egress and the called one's of ingress both allow a call."""
    out = _rules(caller, "Egress", objects)
    back = _rules(called, "Ingress", objects)
    return _allows(out, "to", called, port) and _allows(back, "from", caller, port)


def may_leave(objects: Objects, pod: Pod, port: int) -> bool:
    """Tells whether a pod may call addresses outside of the namespace at a TCP port; at which ones is not looked at."""
    rules = _rules(pod, "Egress", objects)
    return rules is None or any(
        _port_in(rule, "TCP", port) and any("ipBlock" in peer for peer in rule.get("to", ({"ipBlock": {}},)))
        for rule in rules
    )


def _rules(pod: Pod, direction: str, objects: Objects) -> list[Manifest] | None:
    """Returns all rules of a direction that hold for a pod; None where no policy does, and so everything is allowed."""
    policies = [
        policy
        for policy in of_kind(objects, "NetworkPolicy")
        if policy["metadata"]["namespace"] == NAMESPACE
        and direction in policy["spec"]["policyTypes"]
        and selects(policy["spec"]["podSelector"], pod.labels)
    ]
    if not policies:
        return None
    return [rule for policy in policies for rule in policy["spec"].get(direction.lower(), ())]


def _allows(rules: list[Manifest] | None, side: str, other: Pod, port: int) -> bool:
    return rules is None or any(_port_in(rule, "TCP", port) and _peer_in(rule, side, other) for rule in rules)


def _peer_in(rule: Manifest, side: str, other: Pod) -> bool:
    """Tells whether a pod of the namespace is one of a rule's peers; addresses are those of others."""
    if not rule.get(side):
        return True
    return any(
        selects(peer["podSelector"], other.labels)
        for peer in rule[side]
        if "podSelector" in peer and "namespaceSelector" not in peer
    )


def _port_in(rule: Manifest, protocol: str, port: int) -> bool:
    if not rule.get("ports"):
        return True
    return any(
        each.get("protocol", "TCP") == protocol and each["port"] <= port <= each.get("endPort", each["port"])
        for each in rule["ports"]
    )
