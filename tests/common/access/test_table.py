"""The table of who may call what: complete, and of one mind with the catalog."""

from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2
from montrg.type.v1 import access_pb2

from services.catalog import SERVICES, Service
from services.common.access.domain import Reach, Role
from services.common.access.table import EXTENSION, Access, access_of, built_in, table
from services.mesh.contracts import ContractError, Contracts, json_twins, read_contracts
from services.mesh.options import DESCRIPTOR_SET, ROOT

CONTRACTS: Contracts = read_contracts(ROOT.joinpath(*DESCRIPTOR_SET))
METHODS = [m for s in SERVICES for name in s.proto_services for m in CONTRACTS.methods[name]]


def options(**said: Any) -> descriptor_pb2.MethodOptions:
    made = descriptor_pb2.MethodOptions()
    made.Extensions[EXTENSION].CopyFrom(access_pb2.Access(**said))
    return made


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"role": access_pb2.ROLE_VIEWER},
        {"reach": access_pb2.REACH_OWN, "callers": ["alert"]},
        {"devices": True},
        {"devices": True, "callers": ["alert"]},
    ],
)
def test_an_option_that_leaves_something_open_does_not_count(said: dict[str, Any]) -> None:
    assert access_of(options(**said)) is None


def test_an_option_is_read_as_it_stands() -> None:
    said = options(role=access_pb2.ROLE_ENGINEER, reach=access_pb2.REACH_ALL, callers=["alert"], devices=True)
    assert access_of(said) == Access(Role.ENGINEER, Reach.ALL, frozenset({"alert"}), devices=True)


def test_who_calls_is_what_the_catalog_says() -> None:
    by_service = {s.name: set(s.proto_services) for s in SERVICES}
    in_table = {
        (caller, called)
        for called, contracts in by_service.items()
        for method in METHODS
        if method.service in contracts
        for caller in method.access.callers
    }
    assert in_table == {(s.name, called) for s in SERVICES for called in s.calls}


def test_what_neighbours_alone_call_is_in_no_contract_of_people_with_rest() -> None:
    assert not [m.path for m in METHODS if m.access.role is None and m.bindings]


def test_a_twin_in_json_is_called_by_whoever_may_call_the_original() -> None:
    for twin, original in json_twins(CONTRACTS.methods):
        rules = {m.name: m.access for m in CONTRACTS.methods[original]}
        assert [m.access for m in CONTRACTS.methods[twin]] == [rules[m.name] for m in CONTRACTS.methods[twin]]


def test_the_contracts_are_not_read_where_a_method_does_not_say_who_may_call_it(tmp_path: Path) -> None:
    files = descriptor_pb2.FileDescriptorSet.FromString(ROOT.joinpath(*DESCRIPTOR_SET).read_bytes())
    method = next(s for f in files.file for s in f.service if s.name == "LocationService").method[0]
    method.options.ClearExtension(EXTENSION)
    (tmp_path / "contracts.binpb").write_bytes(files.SerializeToString())
    words = rf"montrg\.location\.v1\.LocationService\.{method.name}: say who may call it"
    with pytest.raises(ContractError, match=words):
        read_contracts(tmp_path / "contracts.binpb")


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_the_table_of_a_process_has_every_method_that_the_contracts_name(service: Service) -> None:
    wanted = {m.path: m.access for name in service.proto_services for m in CONTRACTS.methods[name]}
    assert table(service.proto_services) == wanted


@pytest.mark.parametrize(
    ("method", "access"),
    [
        ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", Access(Role.VIEWER, Reach.COMMON)),
        ("/grpc.channelz.v1.Channelz/GetSockets", Access(Role.ADMIN, Reach.COMMON)),
        ("/grpc.anything.v1.Anything/Do", None),
        ("/montrg.nothing.v1.Nothing/Do", None),
    ],
)
def test_what_every_server_brings_with_it_has_its_access(method: str, access: Access | None) -> None:
    assert built_in(method) == access
