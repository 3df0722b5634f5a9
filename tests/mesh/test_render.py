"""The rendered configuration: it is Envoy's to judge, equals the committed one, and says what the catalog says."""

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf.descriptor_pb2 import FieldDescriptorProto

from services.catalog import SERVICES
from services.mesh import templates
from services.mesh.access_log import AccessLog
from services.mesh.clusters import MOST_STREAMS
from services.mesh.contracts import ContractError, Contracts, Method, read_contracts
from services.mesh.deployed import RENDERED, committed
from services.mesh.options import DESCRIPTOR_SET, ROOT, Issuers, RenderOptions
from services.mesh.process import envoy_command, validate_command
from services.mesh.render import files, render_config, to_yaml, write_config
from services.mesh.routes import KEPT_S, RETRY_READ, keeps, routes
from services.mesh.transcoder import event_routes
from tests.support.certificates import Issuer

CONTRACTS = read_contracts(ROOT.joinpath(*DESCRIPTOR_SET))


def route_of(service: str, path: str) -> dict[str, Any]:
    catalogued = next(s for s in SERVICES if s.name == service)
    return next(r for r in routes(catalogued, CONTRACTS) if r["match"].get("path") == path)


@pytest.fixture(params=committed(), ids=lambda file: "-".join(file.relative_to(RENDERED).with_suffix("").parts))
def rendered(request: pytest.FixtureRequest) -> Path:
    """Each committed file."""
    file: Path = request.param
    return file


@pytest.fixture(scope="module")
def certs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a certificate."""
    return Issuer(tmp_path_factory.mktemp("certs")).folder("envoy")


def test_what_is_committed_is_what_is_rendered(rendered: Path) -> None:
    for file, text in files(committed()[rendered], rendered).items():
        assert file.read_text(encoding="utf-8") == text


def test_nothing_else_is_committed() -> None:
    wanted = {file for destination, options in committed().items() for file in files(options, destination)}
    assert set(RENDERED.rglob("*.yaml")) == wanted


def test_what_is_committed_names_no_path_of_a_machine(rendered: Path) -> None:
    text = rendered.read_text(encoding="utf-8")
    assert str(ROOT) not in text
    assert "${" not in text


def test_envoy_would_start_with_what_is_committed(rendered: Path, certs: Path, tmp_path: Path) -> None:
    options = committed()[rendered]
    if options.secure is not None:  # its certificates are in folders that this machine does not have
        secure = replace(options.secure, own=certs, shown=certs, folder=tmp_path)
        rendered = tmp_path / "envoy.yaml"
        jwks = tmp_path / "jwks.json"
        jwks.write_text('{"keys": []}')
        write_config(replace(options, secure=secure, issuers=Issuers(jwks)), rendered)
    result = subprocess.run(validate_command(rendered), cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert "warning" not in result.stderr


def test_absolute_paths_make_it_startable_from_anywhere(tmp_path: Path) -> None:
    config = tmp_path / "deep" / "envoy.yaml"
    write_config(RenderOptions(root=ROOT, access_log=AccessLog(tmp_path / "access.log")), config)
    result = subprocess.run(validate_command(config), cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_every_service_has_a_listener_on_its_port_and_nowhere_else() -> None:
    resources = yaml.safe_load(to_yaml(render_config(RenderOptions())))["static_resources"]
    addresses = {item["name"]: item["address"]["socket_address"] for item in resources["listeners"]}
    assert addresses == {s.name: {"address": "127.0.0.1", "port_value": s.rest_port} for s in SERVICES}


def test_ports_and_addresses_are_the_callers_to_choose() -> None:
    options = RenderOptions(
        listen_address="0.0.0.0",
        rest_ports={"location": 21001},
        upstreams={"location": [("127.0.0.1", 21002), ("127.0.0.1", 21003)]},
        admin_port=21004,
    )
    config = render_config(options)
    listener = next(item for item in config["static_resources"]["listeners"] if item["name"] == "location")
    assert listener["address"]["socket_address"] == {"address": "0.0.0.0", "port_value": 21001}
    assert config["admin"]["address"]["socket_address"] == {"address": "127.0.0.1", "port_value": 21004}
    for cluster in config["static_resources"]["clusters"]:
        if cluster["name"] in ("location", "location_streams", "location_ready"):
            endpoints = cluster["load_assignment"]["endpoints"][0]["lb_endpoints"]
            assert [e["endpoint"]["address"]["socket_address"]["port_value"] for e in endpoints] == [21002, 21003]


def test_a_read_is_sent_again_and_a_write_only_if_nobody_began_it() -> None:
    read = route_of("thresholds", "/montrg.thresholds.v1.ThresholdService/GetThreshold")["route"]
    write = route_of("thresholds", "/montrg.thresholds.v1.ThresholdService/CreateThreshold")["route"]
    assert read["retry_policy"]["retry_on"] == RETRY_READ
    assert write["retry_policy"]["retry_on"] == "connect-failure,refused-stream"
    assert (read["timeout"], write["timeout"]) == ("5s", "5s")


def test_a_batch_of_readings_has_half_a_minute() -> None:
    route = route_of("realtime", "/montrg.realtime.v1.IngestService/WriteReadings")["route"]
    assert route["timeout"] == "30s"


def endless(cluster: str) -> dict[str, str]:
    return {"cluster": cluster, "timeout": "0s", "idle_timeout": "0s"}


def test_a_stream_has_no_end_and_may_be_silent_and_is_asked_for_again_only_where_nobody_began_it() -> None:
    route = route_of("thresholds", "/montrg.thresholds.v1.ThresholdService/WatchChanges")["route"]
    retries = route.pop("retry_policy")
    assert route == endless("thresholds_streams")
    assert retries["retry_on"] == "connect-failure,refused-stream"
    assert "per_try_timeout" not in retries


def test_a_stream_in_rest_has_a_route_of_its_own_that_asks_for_events() -> None:
    listeners = render_config(RenderOptions())["static_resources"]["listeners"]
    manager = next(item for item in listeners if item["name"] == "realtime")["filter_chains"][0]["filters"][-1]
    found = manager["typed_config"]["route_config"]["virtual_hosts"][0]["routes"]
    events = [route for route in found if "grpc_json_transcoder" in str(route) and "cluster" in route.get("route", {})]
    assert [route["match"]["safe_regex"]["regex"] for route in events] == ["/api/v1/realtime/watch/?"]
    assert events[0]["route"].items() >= endless("realtime_streams").items()


def test_a_stream_has_a_small_window_so_that_its_readers_cannot_fill_envoys_memory() -> None:
    windows = {}
    for cluster in render_config(RenderOptions())["static_resources"]["clusters"]:
        (options,) = cluster["typed_extension_protocol_options"].values()
        windows[cluster["name"]] = options["explicit_http_config"]["http2_protocol_options"]
    assert windows["realtime_streams"]["initial_stream_window_size"] == 64 * 1024
    connection = windows["realtime_streams"]["initial_connection_window_size"]
    assert connection >= MOST_STREAMS * 64 * 1024, "stalled streams would stop all others"
    assert windows["realtime"]["initial_stream_window_size"] == 16 * 1024 * 1024


@pytest.mark.parametrize(
    ("service", "contract", "method", "shape"),
    [
        ("thresholds", "ThresholdService", "ListThresholds", {"list": "thresholds"}),
        ("thresholds", "MappingService", "ListSensorMappings", {"list": "mappings"}),
        ("thresholds", "MappingService", "CreateMapping", {"id": "map_id", "location": "/api/v1/mappings/"}),
        ("location", "LocationService", "BatchGetLocations", {"list": "locations"}),
        ("location", "LocationService", "CreateLocation", {"id": "loc_id", "location": "/api/v1/locations/loc/"}),
        ("location", "SensorService", "CreateSensor", {"id": "sensor_id", "location": "/api/v1/sensors/"}),
        ("realtime", "RealtimeService", "GetMeasurements", None),
        ("realtime", "IngestService", "ListReadings", {"list": "readings"}),
    ],
)
def test_the_shape_of_an_answer_follows_from_its_contract(
    service: str, contract: str, method: str, shape: dict[str, str] | None
) -> None:
    route = route_of(service, f"/montrg.{service}.v1.{contract}/{method}")
    assert route.get("metadata", {}).get("filter_metadata", {}).get("envoy.filters.http.lua") == shape


def test_what_is_kept_is_a_list_that_rest_reads_at_one_path() -> None:
    found = [m for methods in CONTRACTS.methods.values() for m in methods if m.path in KEPT_S]
    assert {m.path for m in found} == set(KEPT_S)
    for method in found:
        assert method.is_read
        assert CONTRACTS.unwrapped_field(method.response)
        assert [binding.variables for binding in method.bindings] == [()]


def test_only_a_port_that_keeps_something_has_the_filter_for_it() -> None:
    assert [service.name for service in SERVICES if keeps(service)] == ["thresholds"]
    for listener in render_config(RenderOptions())["static_resources"]["listeners"]:
        manager = listener["filter_chains"][0]["filters"][-1]["typed_config"]
        keep = next(f for f in manager["http_filters"] if f["name"] == "keep")
        assert keep["disabled"] == (listener["name"] != "thresholds")


def test_a_list_with_other_fields_than_its_token_is_refused() -> None:
    contracts = _with_field("montrg.thresholds.v1.ListThresholdsResponse", "total")
    with pytest.raises(ContractError, match="one repeated message field"):
        contracts.unwrapped_field("montrg.thresholds.v1.ListThresholdsResponse")


def test_a_resource_that_does_not_begin_with_its_id_is_refused() -> None:
    contracts = _with_field("montrg.thresholds.v1.Threshold", "etag", first=True)
    create: Method = next(m for m in contracts.methods["montrg.thresholds.v1.ThresholdService"] if m.is_create)
    with pytest.raises(ContractError, match="first field must be threshold_id"):
        contracts.location(create)


def _with_field(message: str, name: str, *, first: bool = False) -> Contracts:
    changed = type(CONTRACTS.messages[message]).FromString(CONTRACTS.messages[message].SerializeToString())
    fields = [*changed.field]
    del changed.field[:]
    extra = FieldDescriptorProto(
        name=name, number=99, label=FieldDescriptorProto.LABEL_OPTIONAL, type=FieldDescriptorProto.TYPE_STRING
    )
    changed.field.extend([extra, *fields] if first else [*fields, extra])
    return replace(CONTRACTS, messages={**CONTRACTS.messages, message: changed})


def test_a_hole_is_filled_with_the_value_itself_or_with_its_text() -> None:
    piece = {"port": "${port}", "list": ["${name}-a", 1], "whole": "${list}"}
    values = {"port": 1, "name": "x", "list": [{"y": 2}]}
    assert templates.fill(piece, values) == {"port": 1, "list": ["x-a", 1], "whole": [{"y": 2}]}


def test_a_hole_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError, match="port"):
        templates.fill(["${port}"], {})


def test_envoys_may_run_side_by_side_unless_hot_restart_is_asked_for() -> None:
    assert "--disable-hot-restart" in envoy_command(Path("x"))
    assert "--base-id 7" in " ".join(envoy_command(Path("x"), base_id=7))


def test_envoy_has_one_worker_thread_or_a_change_would_not_drop_what_another_keeps() -> None:
    assert "--concurrency 1" in " ".join(envoy_command(Path("x")))


def test_a_file_that_is_streamed_has_no_events_and_no_time_limit() -> None:
    catalogued = next(s for s in SERVICES if s.name == "aggregation")
    methods = {m.name: m for m in CONTRACTS.methods["montrg.aggregation.v1.AggregationService"]}
    export = methods["ExportAggregation"]
    assert (export.is_file, export.server_streaming) == (True, True)
    assert event_routes(catalogued, RenderOptions(), CONTRACTS) == []
    route = route_of("aggregation", export.path)["route"]
    assert route.items() >= endless("aggregation_streams").items()


def test_what_is_read_of_millions_of_rows_has_its_time_and_no_second_try_beside_it() -> None:
    route = route_of("aggregation", "/montrg.aggregation.v1.AggregationService/GetAggregation")["route"]
    assert route["timeout"] == "30s"
    assert route["retry_policy"]["retry_on"] == RETRY_READ
    assert "per_try_timeout" not in route["retry_policy"]
