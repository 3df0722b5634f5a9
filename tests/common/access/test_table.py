"""The table of who may call what: complete, and of one mind with the catalog."""

from typing import Any

import pytest
from google.protobuf import descriptor_pb2
from montrg.type.v1 import access_pb2

from services.catalog import SERVICES
from services.common.access.domain import Reach, Role
from services.common.access.table import EXTENSION, Access, access_of
from services.mesh.contracts import Contracts, json_twins, read_contracts
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
