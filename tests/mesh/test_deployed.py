"""What the Envoys of a deployment are told by their environment, and what is rendered of it."""

import re
from pathlib import Path
from typing import Any

import pytest

from services.catalog import SERVICES, service
from services.common.settings import CERTIFICATE_FILES, Environment, SettingsError
from services.mesh.contracts import read_contracts
from services.mesh.deployed import edge, gateway, sidecar
from services.mesh.options import DESCRIPTOR_SET, ROOT, RenderOptions
from services.mesh.render import render_config

CONTRACTS = read_contracts(ROOT.joinpath(*DESCRIPTOR_SET))

Address = tuple[str, int]


def listeners(options: RenderOptions) -> dict[str, Address]:
    found = render_config(options)["static_resources"]["listeners"]
    return {each["name"]: place(each["address"]) for each in found}


def place(address: dict[str, Any]) -> Address:
    return address["socket_address"]["address"], address["socket_address"]["port_value"]


def clusters(options: RenderOptions) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in render_config(options)["static_resources"]["clusters"]}


def places(cluster: dict[str, Any]) -> list[Address]:
    (group,) = cluster["load_assignment"]["endpoints"]
    return [place(each["endpoint"]["address"]) for each in group["lb_endpoints"]]


@pytest.mark.parametrize("name", [each.name for each in SERVICES])
def test_a_pod_takes_calls_from_all_and_those_of_its_service_where_its_neighbours_would_be(name: str) -> None:
    own = service(name)
    egress = {f"to_{called}": ("127.0.0.1", service(called).grpc_port) for called in own.calls}
    expected = {name: ("0.0.0.0", 8000), **egress, "status": ("0.0.0.0", 8001)}
    options = sidecar(name, Environment({})).options
    assert listeners(options) == expected
    found = clusters(options)
    assert places(found[name]) == places(found[f"{name}_ready"]) == [("127.0.0.1", own.grpc_port)]
    for called in own.calls:
        assert places(found[called]) == [(f"{service(called).host}-headless", 8000)]
        assert found[called]["cluster_type"]["name"] == "envoy.clusters.dns"
        assert found[called]["ignore_health_on_host_removal"]


def test_the_gateway_shows_callers_who_it_is_for_pods_unless_it_has_another_certificate(tmp_path: Path) -> None:
    for folder in ("own", "shown"):
        (tmp_path / folder).mkdir()
        for file in CERTIFICATE_FILES:
            (tmp_path / folder / file).touch()
    told = {"MONTRG_PROFILE": "secure", "MONTRG_CERTS_DIR": str(tmp_path / "own")}
    for more, shown in (({}, "own"), ({"MONTRG_EDGE_CERTS_DIR": str(tmp_path / "shown")}, "shown")):
        secure = gateway(Environment(told | more)).options.secure
        assert secure is not None
        assert (secure.own, secure.shown) == (tmp_path / "own", tmp_path / shown)


def test_a_call_to_a_neighbour_has_the_patience_of_the_same_call_from_outside() -> None:
    paths = {m.path for name in service("thresholds").proto_services for m in CONTRACTS.methods[name]}

    def routes(options: RenderOptions, name: str) -> dict[str, Any]:
        found = render_config(options)["static_resources"]["listeners"]
        (listener,) = [each for each in found if each["name"] == name]
        manager = listener["filter_chains"][0]["filters"][-1]["typed_config"]
        every = manager["route_config"]["virtual_hosts"][0]["routes"]
        return {each["match"]["path"]: each["route"] for each in every if each["match"].get("path") in paths}

    inside = routes(sidecar("realtime", Environment({})).options, "to_thresholds")
    assert inside == routes(RenderOptions(), "thresholds")
    assert len(inside) > 10


def test_the_edge_finds_every_process_by_name() -> None:
    options = edge(Environment({"LOCATION_SERVICE_URL": "http://10.0.0.7:50052"})).options
    ports = {each.name: ("0.0.0.0", each.rest_port) for each in SERVICES}
    assert listeners(options) == {**ports, "gateway": ("0.0.0.0", 30000), "status": ("0.0.0.0", 8001)}
    found = clusters(options)
    assert places(found["realtime_streams"]) == [("realtime-service", 50053)]
    assert places(found["location"]) == [("10.0.0.7", 50052)]
    assert found["location"]["type"] == "STATIC"


def test_addresses_ports_and_time_are_the_environments_to_choose() -> None:
    variables = {
        "MONTRG_PORT": "7", "MONTRG_PORT_OFFSET": "1000", "MONTRG_ENVOY_HOST": "10.0.0.1", "MONTRG_DRAIN_S": "60",
        "MONTRG_ENVOY_LOOPBACK": "127.0.0.9", "MONTRG_THRESHOLDS_PODS": "127.0.0.2:8000,127.0.0.3:8000",
        "MONTRG_ACCESS_LOG": "/dev/stdout", "MONTRG_CORS_ORIGINS": r"https://one\.example https://two\.example",
    }  # fmt: skip
    deployed = sidecar("realtime", Environment(variables))
    assert (deployed.process, deployed.drain_s) == (("127.0.0.9", 7), 60)
    found = listeners(deployed.options)
    assert found["realtime"] == ("10.0.0.1", 9000)
    assert found["to_thresholds"] == ("127.0.0.9", 51051)
    config = render_config(deployed.options)
    assert place(config["admin"]["address"]) == ("127.0.0.9", 10901)
    assert places(clusters(deployed.options)["thresholds"]) == [("127.0.0.2", 8000), ("127.0.0.3", 8000)]
    assert "/dev/stdout" in str(config)
    assert set(variables["MONTRG_CORS_ORIGINS"].split()) < set(deployed.options.cors_origins)


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("DRAIN_S", "-1", "a whole number from 0 to 600"),
        ("ENVOY_HOST", "localhost", "a numeric address, such as 0.0.0.0"),
        ("ENVOY_LOOPBACK", "::x", "a numeric address, such as 127.0.0.1"),
        ("THRESHOLDS_PODS", "thresholds", "host:port, such as thresholds-service-headless:8000"),
        ("ENVOY_LOG_LEVEL", "INFO", "one of trace, debug, info"),
        ("PORT", "0", "the port of the service, such as 50053"),
        ("PORT_OFFSET", "x", "a whole number from 0 to 10000"),
        ("CORS_ORIGINS", "https://(", "whole origins"),
    ],
)
def test_what_cannot_be_is_named_with_the_remedy(name: str, value: str, remedy: str) -> None:
    with pytest.raises(SettingsError, match=f"MONTRG_{name} .*{re.escape(remedy)}"):
        sidecar("realtime", Environment({f"MONTRG_{name}": value}))
