"""Who is let in by the gate of the secure profile: every rule, and what it says."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from services.common.access.claims import ClaimNames
from services.common.access.domain import EVERYTHING, Caller, Kind, Reach, Role
from services.common.access.secure import SecureGate
from services.common.access.table import Access
from services.common.errors import ForbiddenError, UnauthenticatedError, UnimplementedError
from services.common.identities import name_of
from tests.common.access.test_claims import encoded

TABLE = {
    "/montrg.x/View": Access(Role.VIEWER, Reach.OWN, frozenset({"alert"})),
    "/montrg.x/Engineer": Access(Role.ENGINEER, Reach.OWN),
    "/montrg.x/All": Access(Role.VIEWER, Reach.ALL),
    "/montrg.x/Inside": Access(callers=frozenset({"alert"})),
    "/montrg.x/Ingest": Access(Role.OPERATOR, Reach.OWN, devices=True),
}
REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
CHANNELZ = "/grpc.channelz.v1.Channelz/GetServers"
ADDRESS = ("x-montrg-address", "10.1.2.3")


@dataclass
class Context:
    """A call as grpc shows it: the certificate's identity, and headers."""

    peer: str | None
    headers: list[tuple[str, str]] = field(default_factory=list)

    def invocation_metadata(self) -> list[tuple[str, str]]:
        return self.headers


class Devices:
    def device(self, secret: str) -> Caller | None:
        return Caller(Kind.DEVICE, "k1", sensors=frozenset({"S-1"})) if secret == "good" else None


@pytest.fixture
def gate() -> SecureGate:
    made = SecureGate(TABLE, frozenset({"envoy", "location"}), lambda context: context.peer, name_of, ClaimNames())
    made.accept(Devices())
    return made


def claims(role: object = None, factories: object = None, name: str = "kim") -> tuple[str, str]:
    return "x-montrg-claims", encoded({"sub": name, "montrg_role": role, "montrg_factories": factories})


def certificate(name: str) -> tuple[str, str]:
    uri = f"spiffe://flet-montrg/{name}"
    return "x-forwarded-client-cert", f"By=spiffe://flet-montrg/location;Hash=ab12;URI={uri}"


def person(gate: SecureGate, method: str, role: object = None, factories: object = None) -> Caller:
    return gate.admit(method, Context("envoy", [claims(role, factories), ADDRESS]))


def refused(gate: SecureGate, method: str, context: Any, kind: type[Exception] = ForbiddenError) -> str:
    with pytest.raises(kind) as refusal:
        gate.admit(method, context)
    assert isinstance(refusal.value, (ForbiddenError, UnauthenticatedError))
    return refusal.value.reason


def test_a_neighbour_is_let_in_where_the_table_names_it(gate: SecureGate) -> None:
    caller = gate.admit("/montrg.x/Inside", Context("alert"))
    assert (caller.kind, caller.name, caller.scope) == (Kind.SERVICE, "alert", EVERYTHING)


def test_a_neighbour_is_refused_where_the_table_does_not_name_it(gate: SecureGate) -> None:
    assert refused(gate, "/montrg.x/Inside", Context("realtime")) == "CALLER_NOT_ALLOWED"
    assert refused(gate, "/montrg.x/Engineer", Context("alert")) == "CALLER_NOT_ALLOWED"


@pytest.mark.parametrize("header", [claims("admin", "*"), ("x-api-key", "good"), certificate("alert"), ADDRESS])
def test_what_a_neighbour_says_of_itself_in_headers_is_not_believed(gate: SecureGate, header: tuple[str, str]) -> None:
    assert refused(gate, "/montrg.x/Ingest", Context("realtime", [header])) == "CALLER_NOT_ALLOWED"
    assert gate.admit("/montrg.x/Inside", Context("alert", [header])).address == ""


def test_a_stranger_with_a_certificate_of_the_mesh_is_refused(gate: SecureGate) -> None:
    assert refused(gate, "/montrg.x/View", Context("printer")) == "CALLER_NOT_ALLOWED"


def test_a_connection_without_an_identity_is_nobodys_whatever_its_headers_say(gate: SecureGate) -> None:
    context = Context(None, [claims("admin", "*"), certificate("alert")])
    assert refused(gate, "/montrg.x/View", context, UnauthenticatedError) == "NO_CREDENTIAL"


@pytest.mark.parametrize("front", ["envoy", "location"])
def test_an_envoy_in_front_is_believed_for_whom_it_calls(gate: SecureGate, front: str) -> None:
    caller = gate.admit("/montrg.x/View", Context(front, [claims("viewer", ["Press"]), ADDRESS]))
    assert (caller.kind, caller.name, caller.role, caller.address) == (Kind.PERSON, "kim", Role.VIEWER, "10.1.2.3")
    caller = gate.admit("/montrg.x/Inside", Context(front, [certificate("alert"), ADDRESS]))
    assert (caller.kind, caller.name, caller.address) == (Kind.SERVICE, "alert", "10.1.2.3")


def test_a_neighbours_certificate_counts_before_a_token(gate: SecureGate) -> None:
    context = Context("location", [certificate("realtime"), claims("admin", "*")])
    assert refused(gate, "/montrg.x/Engineer", context) == "CALLER_NOT_ALLOWED"


def test_what_the_gateway_passes_on_is_of_whoever_sent_it(gate: SecureGate) -> None:
    caller = gate.admit("/montrg.x/View", Context("location", [certificate("gateway"), claims("viewer", ["Press"])]))
    assert (caller.kind, caller.name) == (Kind.PERSON, "kim")
    context = Context("location", [certificate("gateway")])
    assert refused(gate, "/montrg.x/View", context, UnauthenticatedError) == "NO_CREDENTIAL"


def test_the_gateway_itself_may_call_nothing_and_is_not_believed_past_a_pods_envoy(gate: SecureGate) -> None:
    context = Context("gateway", [claims("admin", ["*"])])
    for method in ("/montrg.x/View", "/montrg.x/Inside"):
        assert refused(gate, method, context) == "CALLER_NOT_ALLOWED"


@pytest.mark.parametrize(
    "value",
    [
        certificate("envoy")[1],
        certificate("gateway")[1],
        certificate("location")[1],
        "URI=spiffe://elsewhere/alert",
        "URI=spiffe://flet-montrg/alert;URI=spiffe://flet-montrg/alert",
        "By=spiffe://flet-montrg/alert;Hash=ab12",
        "alert",
        "",
    ],
)
def test_what_names_no_neighbour_of_this_mesh_makes_nobody_one(gate: SecureGate, value: str) -> None:
    context = Context("location", [("x-forwarded-client-cert", value)])
    assert refused(gate, "/montrg.x/Inside", context, UnauthenticatedError) == "NO_CREDENTIAL"


def test_who_shows_nothing_is_asked_to_sign_in(gate: SecureGate) -> None:
    for method in (*TABLE, REFLECTION, CHANNELZ, "/montrg.x/Nothing"):
        assert refused(gate, method, Context("envoy", [ADDRESS]), UnauthenticatedError) == "NO_CREDENTIAL"


@pytest.mark.parametrize(
    ("method", "role", "reason"),
    [
        ("/montrg.x/View", None, "NO_ROLE"),
        ("/montrg.x/View", "root", "NO_ROLE"),
        ("/montrg.x/View", "viewer", None),
        ("/montrg.x/View", "admin", None),
        ("/montrg.x/Engineer", "operator", "ROLE_TOO_LOW"),
        ("/montrg.x/Engineer", "engineer", None),
        ("/montrg.x/Engineer", "admin", None),
        ("/montrg.x/Inside", "admin", "CALLER_NOT_ALLOWED"),
        ("/montrg.x/Ingest", "viewer", "ROLE_TOO_LOW"),
        ("/montrg.x/Ingest", "operator", None),
        (REFLECTION, None, "NO_ROLE"),
        (REFLECTION, "viewer", None),
        (CHANNELZ, "engineer", "ROLE_TOO_LOW"),
        (CHANNELZ, "admin", None),
    ],
)
def test_a_person_needs_the_methods_role(gate: SecureGate, method: str, role: str | None, reason: str | None) -> None:
    context = Context("envoy", [claims(role, ["*"])])
    if reason is None:
        assert gate.admit(method, context).name == "kim"
    else:
        assert refused(gate, method, context) == reason


@pytest.mark.parametrize("method", ["/montrg.x/Nothing", "/grpc.health.v1.Health/List"])
@pytest.mark.parametrize("peer", ["envoy", "alert"])
def test_what_the_table_has_not_is_not_there_for_anybody(gate: SecureGate, method: str, peer: str) -> None:
    with pytest.raises(UnimplementedError, match="no such method"):
        gate.admit(method, Context(peer, [claims("admin", ["*"])]))


def test_a_refusal_names_the_role_that_is_needed(gate: SecureGate) -> None:
    with pytest.raises(ForbiddenError, match="takes the role engineer, and yours is viewer") as refusal:
        person(gate, "/montrg.x/Engineer", "viewer")
    assert refusal.value.metadata == {"role": "engineer"}


@pytest.mark.parametrize("factories", [None, [], ["Press"], ["Ulsan > *"]])
def test_what_is_about_every_factory_takes_everything(gate: SecureGate, factories: object) -> None:
    context = Context("envoy", [claims("admin", factories)])
    assert refused(gate, "/montrg.x/All", context) == "SCOPE_TOO_SMALL"
    assert person(gate, "/montrg.x/All", "viewer", ["Press", "*"]).name == "kim"


def test_a_device_is_let_in_by_its_key_where_devices_are(gate: SecureGate) -> None:
    caller = gate.admit("/montrg.x/Ingest", Context("envoy", [("x-api-key", "good"), ADDRESS]))
    assert (caller.kind, caller.name, caller.sensors) == (Kind.DEVICE, "k1", frozenset({"S-1"}))
    assert caller.address == "10.1.2.3"


def test_a_key_that_does_not_work_is_nobodys(gate: SecureGate) -> None:
    context = Context("envoy", [("x-api-key", "bad")])
    assert refused(gate, "/montrg.x/Ingest", context, UnauthenticatedError) == "UNKNOWN_KEY"


@pytest.mark.parametrize("secret", ["good", "bad"])
def test_elsewhere_a_key_opens_nothing_and_nobody_learns_whether_it_is_one(gate: SecureGate, secret: str) -> None:
    for method in ("/montrg.x/View", "/montrg.x/Inside", REFLECTION, CHANNELZ, "/montrg.x/Nothing"):
        assert refused(gate, method, Context("envoy", [("x-api-key", secret)])) == "NOT_FOR_DEVICES"


def test_a_service_that_knows_no_devices_lets_none_in() -> None:
    gate = SecureGate(TABLE, frozenset({"envoy"}), lambda context: context.peer, name_of, ClaimNames())
    context = Context("envoy", [("x-api-key", "good")])
    assert refused(gate, "/montrg.x/Ingest", context, UnauthenticatedError) == "UNKNOWN_KEY"


def test_a_token_counts_before_a_key(gate: SecureGate) -> None:
    context = Context("envoy", [("x-api-key", "good"), claims("viewer")])
    assert refused(gate, "/montrg.x/Ingest", context) == "ROLE_TOO_LOW"
