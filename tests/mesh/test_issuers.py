"""What Envoy makes of tokens, before a service sees a call; and what nobody can tell a service by themselves."""

import asyncio
import json
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import httpx
import jwt
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import ec
from montrg.thresholds.v1 import threshold_service_pb2 as pb2
from montrg.thresholds.v1 import threshold_service_pb2_grpc as pb2_grpc

from services import catalog
from services.common.access.claims import ClaimNames
from services.common.access.domain import Role
from services.common.settings import Environment, SettingsError
from services.issuer import domain, keys
from services.mesh.issuers import read_issuers
from services.mesh.options import RenderOptions
from tests.mesh.backend import Backend
from tests.mesh.conftest import until
from tests.support.envoy import running_envoy
from tests.support.oidc import Provider, running_provider
from tests.support.ports import free_ports

ONE = "/api/v1/thresholds/3"
LIST = "/api/v1/thresholds/"
OIDC = "https://login.example/realms/plant"
KIM = domain.Grantee("kim", Role.VIEWER, ("*",))
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with running_provider(tmp_path_factory.mktemp("provider"), OIDC) as made:
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mesh")


class Signed:
    """An Envoy that asks who calls, and what the service behind it has been told."""

    def __init__(self, backend: Backend, client: httpx.AsyncClient, port: int, folder: Path) -> None:
        self.backend, self.client, self.port, self.folder = backend, client, port, folder

    def token(self, lasts: timedelta = HOUR) -> str:
        now = datetime.now(UTC)
        return keys.issuer(self.folder, now).token(KIM, ClaimNames(), now, lasts)

    async def get(self, token: str | None = None, path: str = ONE, **headers: str) -> httpx.Response:
        given = {"authorization": f"Bearer {token}"} if token is not None else {}
        return await self.client.get(path, headers=given | headers)

    def told(self) -> dict[str, str]:
        return dict(self.backend.metadata[-1])

    def claims(self) -> dict[str, Any]:
        payload = self.told()["x-montrg-claims"]
        found: dict[str, Any] = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return found


@pytest_asyncio.fixture(scope="module")
async def signed(folder: Path, provider: Provider) -> AsyncIterator[Signed]:
    keys.issuer(folder, datetime.now(UTC))
    grpc_port, admin, port = free_ports(3)
    backend = Backend(grpc_port)
    await backend.start()
    settings = {
        "MONTRG_OIDC_ISSUER": OIDC,
        "MONTRG_OIDC_JWKS_URL": provider.url,
        "MONTRG_OIDC_CA_FILE": str(provider.authorities),
    }
    options = RenderOptions(
        services=(catalog.service("thresholds"),),
        rest_ports={"thresholds": port},
        upstreams={"thresholds": [("127.0.0.1", grpc_port)]},
        admin_port=admin,
        issuers=read_issuers(Environment(settings), domain.public_file(folder)),
    )
    envoy = running_envoy(options, folder)
    await asyncio.to_thread(envoy.__enter__)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=15) as client:
        await until(client, ONE, 200)
        yield Signed(backend, client, port, folder)
    await asyncio.to_thread(envoy.__exit__, None, None, None)
    await backend.stop()


def refusal(answer: httpx.Response) -> str:
    body = answer.json()
    assert (answer.status_code, body["code"]) == (401, 16), answer.text
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert answer.headers["content-type"] == "application/json"
    return str(body["message"])


async def test_a_token_that_counts_becomes_claims_and_ends_at_envoy(signed: Signed) -> None:
    assert (await signed.get(signed.token())).status_code == 200
    assert (signed.claims()["sub"], signed.claims()["montrg_role"]) == ("kim", "viewer")
    assert "authorization" not in signed.told()


async def test_without_one_the_service_decides(signed: Signed) -> None:
    assert (await signed.get()).status_code == 200
    assert "x-montrg-claims" not in signed.told()


async def test_the_token_of_another_issuer_whose_keys_are_fetched_counts_too(
    signed: Signed, provider: Provider
) -> None:
    for _ in range(100):  # its keys are fetched in the background
        if (await signed.get(provider.token(sub="8"))).status_code == 200:
            break
        await asyncio.sleep(0.05)
    assert signed.claims()["sub"] == "8"


@pytest.mark.parametrize("scheme", ["bearer", "Bearer"])
async def test_the_scheme_is_known_as_people_write_it(signed: Signed, scheme: str) -> None:
    await signed.client.get(ONE, headers={"authorization": f"{scheme} {signed.token()}"})
    assert signed.claims()["sub"] == "kim"


async def test_a_token_that_does_not_count_is_refused_before_the_service(signed: Signed, provider: Provider) -> None:
    await signed.get(provider.token())
    stranger = ec.generate_private_key(ec.SECP256R1())
    good = signed.token()
    head, payload, signature = good.split(".")
    forged = {"iss": "flet-montrg", "aud": "flet-montrg", "sub": "x", "exp": datetime.now(UTC) + HOUR}
    kid = jwt.get_unverified_header(good)["kid"]
    bad = {
        "expired": provider.token(exp=datetime.now(UTC) - HOUR),
        "without an end": jwt.encode({"iss": OIDC, "aud": "flet-montrg", "sub": "7"}, provider.key, "ES256"),
        "for others": provider.token(aud="payroll"),
        "of others": provider.token(iss="https://elsewhere"),
        "of an issuer with another's key": provider.token(iss="flet-montrg"),
        "signed by a stranger": jwt.encode(forged, stranger, "ES256", headers={"kid": kid}),
        "not signed": jwt.encode(forged, "", "none"),
        "tampered with": f"{head}.{payload[:-2]}{'AA' if payload[-2:] != 'AA' else 'BB'}.{signature}",
        "cut": good[:-4],
        "no token": "x",
        "two": f"{good}, Bearer {good}",
    }
    before = len(signed.backend.metadata)
    for name, token in bad.items():
        said = refusal(await signed.get(token))
        assert said.startswith("the token does not count, sign in anew by `montrg token` or "), name
    assert refusal(await signed.get(good[:-4], **{"x-api-key": "k"}))
    assert len(signed.backend.metadata) == before


async def test_a_grpc_caller_is_refused_in_grpc(signed: Signed, provider: Provider) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{signed.port}") as channel:
        stub = pb2_grpc.ThresholdServiceStub(channel)
        for token in (signed.token()[:-4], provider.token(aud="payroll")):
            with pytest.raises(grpc.aio.AioRpcError) as failure:
                await stub.GetThreshold(
                    pb2.GetThresholdRequest(threshold_id=3), metadata=[("authorization", f"Bearer {token}")]
                )
            assert failure.value.code() is grpc.StatusCode.UNAUTHENTICATED
            assert "sign in anew" in str(failure.value.details())


@pytest.mark.parametrize("path", ["/health", "/ready", "/docs", "/docs/start.js", "/openapi.json"])
async def test_what_is_for_all_is_so_for_an_old_token_too(signed: Signed, path: str) -> None:
    assert (await signed.get("x", path)).status_code == 200


async def test_a_page_may_ask_whether_it_may_send_a_token(signed: Signed) -> None:
    origin = "http://localhost:5173"
    asked = await signed.client.options(
        ONE,
        headers={
            "origin": origin,
            "access-control-request-method": "GET",
            "access-control-request-headers": "authorization,x-api-key",
        },
    )
    assert (asked.status_code, asked.headers["access-control-allow-origin"]) == (200, origin)
    refused = await signed.get("x", origin=origin)
    assert refusal(refused)
    assert refused.headers["access-control-allow-origin"] == origin


async def test_nobody_can_tell_a_service_what_only_envoy_knows(signed: Signed) -> None:
    forged = {
        "x-montrg-claims": "e30",
        "X-Montrg-Claims": "e30",
        "x-montrg-address": "10.0.0.1",
        "x-montrg-anything": "1",
        "x-forwarded-client-cert": "URI=spiffe://flet-montrg/alert",
    }
    await signed.get(None, **forged)
    known = {name: value for name, value in signed.told().items() if name.startswith(("x-montrg-", "x-forwarded-c"))}
    assert known == {"x-montrg-address": "127.0.0.1"}
    await signed.get(signed.token(), **forged)
    assert signed.claims()["sub"] == "kim"
    async with grpc.aio.insecure_channel(f"127.0.0.1:{signed.port}") as channel:
        request = pb2.GetThresholdRequest(threshold_id=3)
        await pb2_grpc.ThresholdServiceStub(channel).GetThreshold(
            request, metadata=[(name.lower(), value) for name, value in forged.items()]
        )
    assert {name for name in signed.told() if name.startswith("x-montrg-")} == {"x-montrg-address"}


async def test_a_list_is_not_kept_where_people_sign_in(signed: Signed) -> None:
    before = len(signed.backend.thresholds.calls)
    for token in (signed.token(), None, None, signed.token()):
        await signed.get(token, LIST)
    assert len(signed.backend.thresholds.calls) == before + 4


async def test_a_new_key_counts_without_a_restart_and_the_tokens_of_the_old_one_go_on(signed: Signed) -> None:
    old = signed.token()
    keys.new_key(signed.folder, datetime.now(UTC))
    for _ in range(100):
        if (await signed.get(signed.token())).status_code == 200:
            break
        await asyncio.sleep(0.05)
    assert (await signed.get(signed.token())).status_code == 200
    assert (await signed.get(old)).status_code == 200
    keys.new_key(signed.folder, datetime.now(UTC), alone=True)
    for _ in range(100):
        if (await signed.get(old)).status_code == 401:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the old key still counts")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "nobody could sign in; set MONTRG_OIDC_ISSUER"),
        ({"MONTRG_JWKS_FILE": "/nowhere/jwks.json"}, "MONTRG_JWKS_FILE is /nowhere/jwks.json, which is not there"),
        ({"MONTRG_OIDC_ISSUER": OIDC}, "MONTRG_OIDC_JWKS_URL is ''; give the jwks_uri, with https://, that"),
        ({"MONTRG_OIDC_ISSUER": OIDC, "MONTRG_OIDC_JWKS_URL": "http://x/y"}, "MONTRG_OIDC_JWKS_URL is 'http://x/y'"),
        ({"MONTRG_OIDC_ISSUER": OIDC, "MONTRG_OIDC_JWKS_URL": "https://x:y/"}, "MONTRG_OIDC_JWKS_URL is 'https://x"),
        (
            {"MONTRG_OIDC_ISSUER": "plant", "MONTRG_OIDC_JWKS_URL": "https://x/y", "MONTRG_OIDC_CLIENT_ID": "x"},
            "MONTRG_OIDC_ISSUER is 'plant', and MONTRG_OIDC_CLIENT_ID is set; browsers sign in",
        ),
        (
            {"MONTRG_OIDC_ISSUER": OIDC, "MONTRG_OIDC_JWKS_URL": "https://x/y", "MONTRG_OIDC_CA_FILE": "/nowhere"},
            "MONTRG_OIDC_CA_FILE is '/nowhere', which is not there",
        ),
    ],
)
def test_a_setting_that_lets_nobody_in_is_named(settings: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_issuers(Environment(settings))
    assert str(refused.value).startswith(words)
