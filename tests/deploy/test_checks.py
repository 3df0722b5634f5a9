"""Every check says what is wrong when what it is about is broken."""

import copy

import pytest
import yaml

from tests.deploy.checks import EVERYWHERE, catalog, gateway, network, pods, secure, tls
from tests.deploy.conftest import K8S
from tests.deploy.mutations import ALL, DROP, MUTATIONS, SECURE_MUTATIONS, changed

PRODUCTION = "production, all of it"
EDGE = "Deployment alert-service may not call Deployment realtime-service at 8000"


@pytest.mark.parametrize(
    ("check", "name", "way", "value", "word"), MUTATIONS, ids=[f"{m[0].__name__}-{n}" for n, m in enumerate(MUTATIONS)]
)
def test_a_check_says_what_is_broken(check, name, way, value, word, renderings):
    told = list(check(changed(renderings[ALL], name, way, value)))
    assert any(word in words for words in told), told


@pytest.mark.parametrize(
    ("check", "name", "way", "value", "word"),
    SECURE_MUTATIONS,
    ids=[f"{m[0].__name__}-{n}" for n, m in enumerate(SECURE_MUTATIONS)],
)
def test_a_check_says_what_is_no_longer_secure(check, name, way, value, word, renderings):
    told = list(check(changed(renderings[PRODUCTION], name, way, value)))
    assert any(word in words for words in told), told


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        ("scheme: https", "scheme: http", "asks over http"),
        ("ca_file: /etc/montrg/authority/ca.crt", "insecure_skip_verify: true", "does not verify"),
        ("server_name: localhost", "server_name: prometheus", "expects the name prometheus"),
    ],
)
def test_figures_that_are_asked_for_otherwise_are_found(good, bad, told, renderings):
    objects = copy.deepcopy(list(renderings[PRODUCTION]))
    (scrape,) = (each for each in objects if each["metadata"]["name"].startswith("prometheus-scrape"))
    assert good in scrape["data"]["kubernetes.yml"]
    scrape["data"]["kubernetes.yml"] = scrape["data"]["kubernetes.yml"].replace(good, bad)
    assert any(told in words for words in tls.figures_are_asked_for_as_they_are_told(objects))


def test_prometheus_has_no_key_of_the_authority(renderings):
    objects = changed(
        renderings[PRODUCTION], "Deployment prometheus", "spec template spec volumes 0 secret items", DROP
    )
    assert any("more than that" in words for words in tls.figures_are_asked_for_as_they_are_told(objects))


def test_an_issuer_whose_keys_cannot_be_fetched_is_found(renderings):
    way = "data MONTRG_OIDC_ISSUER"
    objects = changed(renderings[PRODUCTION], "ConfigMap secure-config", way, "https://login.example.com")
    assert list(secure.issuers_are_reached(objects)) == []
    objects = changed(objects, "NetworkPolicy oidc", "spec egress", [])
    told = list(secure.issuers_are_reached(objects))
    assert "Deployment location-service may not fetch the keys of https://login.example.com" in told


def test_every_check_has_a_mutation():
    # The rule that opens DNS is in many policies, an issuer takes two changes, and the name of what is scraped has a
    # hash in it: they have tests of their own.
    changed_here = {
        network.pods_reach_their_dns,
        secure.issuers_are_reached,
        tls.figures_are_asked_for_as_they_are_told,
    }
    assert set(EVERYWHERE) - {mutation[0] for mutation in (*MUTATIONS, *SECURE_MUTATIONS)} == changed_here


@pytest.mark.parametrize(("missing", "left"), [("UDP", "TCP"), ("TCP", "UDP")])
def test_dns_over_one_protocol_alone_is_not_enough(missing, left, renderings):
    objects = changed(renderings["production"], "NetworkPolicy allow-dns", "spec egress 0 ports", [])
    for rule in (rule for thing in objects for rule in thing.get("spec", {}).get("egress", ())):
        if "to" not in rule:
            rule["ports"] = [{"protocol": left, "port": 53}]
    assert any(f"over {missing}" in words for words in network.pods_reach_their_dns(objects))


@pytest.mark.parametrize(
    ("policy", "way", "value", "told"),
    [
        ("alert-service", "spec egress 2 to 2", DROP, EDGE),
        ("alert-service", "spec egress 2 ports 0 port", 80, EDGE),
        ("realtime-service", "spec ingress 0 from 2", DROP, EDGE),
        ("realtime-service", "spec ingress 0 from 0", DROP, "gateway-service may not call Deployment realtime-service"),
        (
            "gateway-service",
            "spec egress 1",
            DROP,
            "gateway-service may not call Deployment thresholds-service at 8000",
        ),
        ("realtime-service", "spec ingress 0 ports 0 port", 80, EDGE),
        ("database", "spec ingress 0", DROP, "Deployment location-service may not call Cluster database at 5432"),
        ("migrations", "spec egress 1", DROP, "Job migrations may not call Cluster database at 5432"),
        ("prometheus-to-services", "spec ingress", [], "prometheus may not call Deployment alert-service at 8001"),
    ],
)
def test_an_edge_needs_a_rule_at_both_ends(policy, way, value, told, renderings):
    objects = changed(renderings[PRODUCTION], f"NetworkPolicy {policy}", way, value)
    assert any(told in words for words in catalog.calls_are_the_catalogs(objects))


def test_a_call_past_envoy_or_against_the_catalog_is_found(renderings):
    past = changed(renderings[PRODUCTION], "NetworkPolicy alert-service", "spec egress 2 ports 0", {"port": 50053})
    past = changed(past, "NetworkPolicy realtime-service", "spec ingress 0 ports 0", {"port": 50053})
    told = "Deployment alert-service may call Deployment realtime-service at 50053, and has no need to"
    assert told in list(catalog.calls_are_the_catalogs(past))
    against = changed(renderings[PRODUCTION], "NetworkPolicy thresholds-service", "spec egress", [{}])
    # Open at one end is not open.
    assert list(catalog.calls_are_the_catalogs(against)) == []
    against = changed(against, "NetworkPolicy realtime-service", "spec ingress", [{}])
    told = "Deployment thresholds-service may call Deployment realtime-service at 8000, and has no need to"
    assert told in list(catalog.calls_are_the_catalogs(against))


def test_a_node_port_that_is_not_the_catalogs_is_found(renderings):
    config = yaml.safe_load((K8S / "overlays/kind/kind-config.yaml").read_text(encoding="utf-8"))
    objects = changed(renderings["kind"], "Service alert-service", "spec ports 0 nodePort", 30007)
    told = list(catalog.node_ports_are_the_catalogs(objects, config))
    assert any("30007" in words for words in told)
    assert "kind-config.yaml maps other ports" in told
    config["nodes"][0]["extraPortMappings"][0]["listenAddress"] = "0.0.0.0"
    assert any("others" in words for words in catalog.node_ports_are_the_catalogs(renderings["kind"], config))


def test_an_image_that_moves_or_is_of_another_version_is_found_in_production(renderings):
    way = "spec template spec containers 1 image"
    objects = changed(renderings["production"], "Deployment alert-service", way, "flet-montrg/envoy:latest")
    assert any("envoy:latest" in words for words in pods.images_are_pinned(objects, "0.1.0"))
    objects = changed(renderings["production"], "Deployment alert-service", way, "flet-montrg/envoy:0.0.9")
    assert any("envoy:0.0.9" in words for words in pods.images_are_pinned(objects, "0.1.0"))


@pytest.mark.parametrize(
    ("kind", "way", "value", "told"),
    [
        ("HTTPRoute", "spec rules 0 matches 0", DROP, "is led to nobody"),
        ("HTTPRoute", "spec rules 0 matches 0 path value", "/api/v1", "is led to alert-service, location-service"),
        ("GRPCRoute", "spec rules 0 matches 0", DROP, "is led there for"),
    ],
)
def test_a_path_or_a_contract_that_is_led_elsewhere_is_found(kind, way, value, told, renderings):
    objects = changed(renderings["components/gateway"], f"{kind} alert-service", way, value)
    found = list(gateway.routes_are_the_contracts(objects))
    assert any(told in words for words in found), found
