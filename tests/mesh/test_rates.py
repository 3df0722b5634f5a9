"""Calls a second, counted by a real Envoy: of a person, a device, an address, and of those who show no credential."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import grpc
import httpx
import pytest
import pytest_asyncio
from montrg.thresholds.v1 import threshold_service_pb2 as pb2
from montrg.thresholds.v1 import threshold_service_pb2_grpc as pb2_grpc

from services.catalog import service
from services.common.settings import Environment, SettingsError
from services.mesh.limits import Limits, read_limits
from services.mesh.options import RenderOptions
from services.mesh.render import render_config
from tests.mesh.backend import Backend
from tests.mesh.conftest import until
from tests.support.envoy import running_rendered
from tests.support.ports import free_ports

GET = "/api/v1/thresholds/3"
SECRET = b"known to this test and its Envoy"
# Each may save up the calls of two seconds. A hop, so that a test can come from any address.
LIMITS = Limits(identity_rate=4, address_rate=10, stranger_rate=1, trusted_hops=1)
MANY = 60


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def token(subject: str) -> str:
    return signed({"iss": "test", "sub": subject})


def signed(claims: dict[str, str]) -> str:
    parts = ({"alg": "HS256", "typ": "JWT"}, claims)
    head = ".".join(encoded(json.dumps(part).encode()) for part in parts)
    return f"{head}.{encoded(hmac.digest(SECRET, head.encode(), hashlib.sha256))}"


def verifying() -> dict[str, Any]:
    """The filter that verifies tokens, as the secure profile has one."""
    keys = {"keys": [{"kty": "oct", "alg": "HS256", "k": encoded(SECRET)}]}
    provider = {"issuer": "test", "local_jwks": {"inline_string": json.dumps(keys)}, "payload_in_metadata": "claims"}
    either = [{"provider_name": "test"}, {"allow_missing": {}}]
    return {
        "name": "envoy.filters.http.jwt_authn",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication",
            "providers": {"test": provider},
            "rules": [{"match": {"prefix": "/"}, "requires": {"requires_any": {"requirements": either}}}],
        },
    }


@pytest_asyncio.fixture(scope="module")
async def backend() -> AsyncIterator[Backend]:
    (port,) = free_ports(1)
    backend = Backend(port)
    await backend.start()
    yield backend
    await backend.stop()


@pytest_asyncio.fixture(scope="module")
async def port(tmp_path_factory: pytest.TempPathFactory, backend: Backend) -> AsyncIterator[int]:
    port, admin = free_ports(2)
    upstreams = {"thresholds": [("127.0.0.1", backend.port)]}
    options = RenderOptions(
        services=[service("thresholds")], rest_ports={"thresholds": port}, upstreams=upstreams, admin_port=admin,
        limits=LIMITS,
    )  # fmt: skip
    config = render_config(options)
    (listener,) = config["static_resources"]["listeners"]
    filters = listener["filter_chains"][0]["filters"][-1]["typed_config"]["http_filters"]
    names = [each["name"] for each in filters]
    filters.insert(names.index("identity_limit"), verifying())
    with running_rendered(config, ("127.0.0.1", admin), tmp_path_factory.mktemp("rates")):
        yield port


@pytest_asyncio.fixture
async def client(port: int) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10) as client:
        await until(client, "/ready", 200)
        yield client


async def statuses(client: httpx.AsyncClient, address: str, path: str = GET, **headers: str) -> Counter[int]:
    """What many calls at once from an address are answered."""
    sent = {"x-forwarded-for": address, **headers}
    return Counter(answer.status_code for answer in await calls(client, [sent] * MANY, path))


async def calls(client: httpx.AsyncClient, sent: list[dict[str, str]], path: str = GET) -> list[httpx.Response]:
    return await asyncio.gather(*(client.get(path, headers=headers) for headers in sent))


def bearer(subject: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token(subject)}"}


async def test_who_calls_too_often_is_told_when_to_come_again_and_others_are_not_in_the_way(
    client: httpx.AsyncClient,
) -> None:
    # They share no address: a person's limit is theirs wherever they are.
    answers = await calls(client, [{"x-forwarded-for": f"10.1.0.{n}", **bearer("one")} for n in range(MANY)])
    refused = [answer for answer in answers if answer.status_code == 429]
    assert 8 <= MANY - len(refused) < 30
    answer = refused[0]
    assert answer.headers["retry-after"] == "1"
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["code"] == 8
    assert answer.json()["message"].startswith("too many calls a second; wait a second")
    other = await client.get(GET, headers={"x-forwarded-for": "10.1.0.1", **bearer("two")})
    assert other.status_code == 200


async def test_a_device_key_has_calls_of_its_own(client: httpx.AsyncClient) -> None:
    sent = [{"x-forwarded-for": f"10.2.0.{n}", "x-api-key": "mk_a_secret"} for n in range(MANY)]
    assert 429 in [answer.status_code for answer in await calls(client, sent)]
    guess = await client.get(GET, headers={**sent[0], "x-api-key": "mk_a_guess"})
    assert guess.status_code == 200


async def test_an_address_that_calls_as_many_people_is_bounded_and_another_is_not(client: httpx.AsyncClient) -> None:
    sent = [{"x-forwarded-for": "10.3.0.1", **bearer(f"many-{n}")} for n in range(MANY)]
    found = Counter(answer.status_code for answer in await calls(client, sent))
    assert found[200] >= 20
    assert found[429] > 0
    assert (await client.get(GET, headers={**sent[0], "x-forwarded-for": "10.3.0.2"})).status_code == 200


async def test_all_of_a_network_of_ipv6_is_one_address(client: httpx.AsyncClient) -> None:
    sent = [{"x-forwarded-for": f"2001:db8::{n:x}", **bearer(f"six-{n}")} for n in range(MANY)]
    assert 429 in [answer.status_code for answer in await calls(client, sent)]
    elsewhere = {**sent[0], "x-forwarded-for": "2001:db8:0:1::1"}
    assert (await client.get(GET, headers=elsewhere)).status_code == 200


async def test_who_shows_nothing_has_few_calls_and_guesses_count_too(client: httpx.AsyncClient) -> None:
    assert (await statuses(client, "10.4.0.1"))[200] < 10
    # What is no token is none.
    assert (await statuses(client, "10.4.0.4", authorization="Basic YTpi"))[200] < 10
    guesses = await statuses(client, "10.4.0.2", authorization="Bearer no.token.this")
    assert guesses[401] >= 20
    assert guesses[429] > 0
    # Nobody is a neighbour by saying so.
    said = await statuses(client, "10.4.0.3", **{"x-forwarded-client-cert": "URI=spiffe://flet-montrg/alert"})
    assert said[429] > 0


async def test_tokens_that_name_nobody_are_counted_together(client: httpx.AsyncClient) -> None:
    unnamed = signed({"iss": "test", "preferred_username": "kim"})
    sent = [{"x-forwarded-for": f"10.7.0.{n}", "authorization": f"Bearer {unnamed}"} for n in range(MANY)]
    found = Counter(answer.status_code for answer in await calls(client, sent))
    assert found[200] >= 8
    assert found[429] > 0


@pytest.mark.parametrize("path", ["/health", "/ready"])
async def test_probes_are_for_all(client: httpx.AsyncClient, path: str) -> None:
    assert await statuses(client, "10.5.0.1", path) == {200: MANY}


@pytest.mark.parametrize("path", ["/docs", "/docs/swagger-ui-bundle.js", "/openapi.json"])
async def test_pages_are_for_all_and_so_large_that_they_are_counted(client: httpx.AsyncClient, path: str) -> None:
    found = await statuses(client, f"10.8.0.{len(path)}", path)
    assert found[200] > 0
    assert found[429] > 0


async def test_a_service_is_told_the_address_that_calls_and_not_that_of_the_gateway(
    client: httpx.AsyncClient, backend: Backend
) -> None:
    headers = {"x-forwarded-for": "203.0.113.9, 10.9.0.1", "x-montrg-address": "10.9.0.2", **bearer("far")}
    assert (await client.get(GET, headers=headers)).status_code == 200
    assert [value for name, value in backend.metadata[-1] if name == "x-montrg-address"] == ["10.9.0.1"]


@pytest.mark.usefixtures("client")
async def test_a_grpc_caller_hears_of_it_in_grpc(port: int) -> None:
    metadata = (("x-forwarded-for", "10.6.0.1"), ("authorization", f"Bearer {token('grpc')}"))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_retries", 0)]) as channel:
        stub = pb2_grpc.ThresholdServiceStub(channel)
        request = pb2.GetThresholdRequest(threshold_id=3)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await asyncio.gather(*(stub.GetThreshold(request, metadata=metadata) for _ in range(MANY)))
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert ("retry-after", "1") in [*caught.value.initial_metadata(), *caught.value.trailing_metadata()]


def test_nobody_counts_in_dev_and_in_secure_by_default() -> None:
    dev, secure = read_limits(Environment({})), read_limits(Environment({"MONTRG_PROFILE": "secure"}))
    assert (dev.identity_rate, dev.address_rate, dev.stranger_rate) == (0, 0, 0)
    assert (secure.identity_rate, secure.address_rate, secure.stranger_rate) == (200, 1_000, 50)
    assert "local_ratelimit" not in str(render_config(RenderOptions(limits=dev)))


@pytest.mark.parametrize("name", ["RATE_PER_IDENTITY", "RATE_PER_ADDRESS", "TRUSTED_HOPS", "ENVOY_HEAP_MIB"])
def test_a_limit_that_is_no_number_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=f"MONTRG_{name} is 'many'; give a whole number from"):
        read_limits(Environment({f"MONTRG_{name}": "many"}))
