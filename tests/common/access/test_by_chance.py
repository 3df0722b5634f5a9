"""The gate and what anybody may put into its headers: the answer is a caller or a refusal, whatever comes."""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from services.common.access.claims import ClaimNames, person
from services.common.access.domain import Role, scope_of
from services.common.access.secure import SecureGate
from services.common.errors import ForbiddenError, UnauthenticatedError, UnimplementedError
from services.common.identities import name_of
from tests.common.access.test_claims import encoded
from tests.common.access.test_secure import TABLE, Context, Devices

ODD = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=12,
)
CLAIMS = st.dictionaries(
    st.sampled_from(["sub", "preferred_username", "montrg_role", "montrg_factories", "realm_access"]), ODD, max_size=5
)
VALUES = st.text(max_size=60) | CLAIMS.map(encoded) | st.just("URI=spiffe://flet-montrg/alert")
HEADERS = st.lists(
    st.tuples(st.sampled_from(["x-montrg-claims", "x-forwarded-client-cert", "x-api-key", "x-montrg-address"]), VALUES),
    max_size=4,
)


@given(payload=st.text(max_size=80) | CLAIMS.map(encoded))
@settings(max_examples=100, deadline=None)
def test_a_payload_of_any_shape_names_a_person_or_nobody(payload):
    with contextlib.suppress(UnauthenticatedError):
        caller = person(payload, ClaimNames(role="realm_access.roles"))
        assert caller.name.strip()
        assert caller.role is None or isinstance(caller.role, Role)


@given(claims=CLAIMS)
@settings(max_examples=100, deadline=None)
def test_nobody_gets_a_role_or_a_factory_that_the_token_does_not_spell_out(claims):
    with contextlib.suppress(UnauthenticatedError):
        caller = person(encoded(claims), ClaimNames())
        said = claims.get("montrg_role")
        words = {str(each).strip().lower() for each in (said if isinstance(said, list) else [said])}
        assert caller.role is None or caller.role.name.lower() in words
        factories = claims.get("montrg_factories")
        strings = [
            each.strip()
            for each in (factories if isinstance(factories, list) else [factories])
            if isinstance(each, str)
        ]
        assert caller.scope == scope_of([each for each in strings if each])


@given(
    peer=st.none() | st.sampled_from(["envoy", "location", "alert", "stranger"]),
    headers=HEADERS,
    method=st.sampled_from([*TABLE, "/montrg.x/Nothing", "/grpc.channelz.v1.Channelz/GetServers", ""]),
)
@settings(max_examples=150, deadline=None)
def test_a_call_with_any_headers_is_somebodys_or_is_refused(peer, headers, method):
    gate = SecureGate(TABLE, frozenset({"envoy", "location"}), lambda context: context.peer, name_of, ClaimNames())
    gate.accept(Devices())
    with contextlib.suppress(UnauthenticatedError, ForbiddenError, UnimplementedError):
        gate.admit(method, Context(peer, headers))
        assert peer is not None
