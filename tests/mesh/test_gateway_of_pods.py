"""The gateway before pods, in the secure profile: two real Envoys, as in a cluster, and a process that looks."""

import asyncio
import json
import ssl
from base64 import urlsafe_b64decode
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from services.catalog import SERVICES, service
from services.common.access.claims import ClaimNames
from services.common.access.domain import Role
from services.common.identities import spiffe_id
from services.common.settings import Environment
from services.issuer import keys
from services.issuer.domain import Grantee, public_file
from services.mesh.deployed import gateway
from services.mesh.limits import Limits
from services.mesh.options import Issuers, RenderOptions, Secure
from tests.mesh.backend import Backend
from tests.mesh.conftest import until
from tests.support.certificates import Issuer
from tests.support.envoy import running_envoy
from tests.support.ports import free_ports

ONE = "/api/v1/thresholds/3"


@dataclass(frozen=True, slots=True)
class Before:
    """A client of the gateway, a token, and the process behind the pod's Envoy."""

    client: httpx.AsyncClient
    token: str
    backend: Backend

    def told(self) -> dict[str, str]:
        return dict(self.backend.metadata[-1])


@pytest_asyncio.fixture(scope="module")
async def before(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Before]:
    folder = tmp_path_factory.mktemp("m")
    certificates = Issuer(folder / "certs")
    own, front = certificates.folder("thresholds"), certificates.folder("gateway")
    issuer = keys.issuer(folder, datetime.now(UTC))
    token = issuer.token(Grantee("kim", Role.VIEWER, ("*",)), ClaimNames(), datetime.now(UTC), timedelta(hours=1))
    process, pod, port, status, nobody = free_ports(5)
    backend = Backend(process)
    await backend.start(own)
    of_pod = RenderOptions(
        services=[service("thresholds")],
        rest_ports={"thresholds": pod},
        upstreams={"thresholds": [("127.0.0.1", process)]},
        secure=Secure(own, own, Path(), knows_neighbours=True),
        issuers=Issuers(public_file(folder)),
        limits=Limits(trusted_hops=1),
        is_between_neighbours=True,
    )
    places = {f"MONTRG_{each.name.upper()}_PODS": f"127.0.0.1:{nobody}" for each in SERVICES}
    told = {"MONTRG_PROFILE": "secure", "MONTRG_CERTS_DIR": str(front), "MONTRG_THRESHOLDS_PODS": f"127.0.0.1:{pod}"}
    told["MONTRG_TRUSTED_HOPS"] = "1"
    options = gateway(Environment(places | told)).options
    options = replace(options, listen_address="127.0.0.1", gateway_port=port, status_port=status)
    with ExitStack() as stack:
        for name, each in (("pod", of_pod), ("front", options)):
            (folder / name).mkdir()
            await asyncio.to_thread(stack.enter_context, running_envoy(each, folder / name))
        trust = ssl.create_default_context(cafile=front / "ca.crt")
        async with httpx.AsyncClient(base_url=f"https://127.0.0.1:{port}", verify=trust, timeout=15) as client:
            made = Before(client, token, backend)
            client.headers["authorization"] = f"Bearer {token}"
            await until(client, ONE, 200)
            del client.headers["authorization"]
            yield made
    await backend.stop()


async def test_a_pod_verifies_the_token_and_is_told_who_passed_it_on(before: Before) -> None:
    forged = {
        "x-forwarded-client-cert": f"URI={spiffe_id('alert')}",
        "x-montrg-claims": "e30",
    }
    answer = await before.client.get(ONE, headers={"authorization": f"Bearer {before.token}", **forged})
    assert answer.json()["threshold_id"] == 3
    told = before.told()
    payload = told["x-montrg-claims"]
    assert json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"] == "kim"
    assert f"URI={spiffe_id('gateway')}" in told["x-forwarded-client-cert"]
    assert spiffe_id("alert") not in told["x-forwarded-client-cert"]
    assert "authorization" not in told


@pytest.mark.parametrize(
    ("sent", "address"),
    [({}, "127.0.0.1"), ({"x-forwarded-for": "203.0.113.9, 198.51.100.7"}, "198.51.100.7")],
    ids=["nobody is in front", "a proxy is in front, and its caller has made something up"],
)
async def test_a_pod_takes_the_caller_from_the_gateway_as_the_gateway_has_it_from_its_one_proxy(
    before: Before, sent: dict[str, str], address: str
) -> None:
    answer = await before.client.get(ONE, headers={"authorization": f"Bearer {before.token}", **sent})
    assert answer.status_code == 200
    assert before.told()["x-montrg-address"] == address


async def test_a_token_that_does_not_count_ends_in_the_pod(before: Before) -> None:
    asked = len(before.backend.metadata)
    answer = await before.client.get(ONE, headers={"authorization": f"Bearer {before.token[:-4]}"})
    assert (answer.status_code, answer.json()["code"]) == (401, 16)
    assert len(before.backend.metadata) == asked


async def test_the_gateway_says_which_pods_live_and_are_ready(before: Before) -> None:
    states = {each.name: {"alive": False, "ready": False} for each in SERVICES}
    for is_ready in (True, False):
        await before.backend.set_serving("ready", serving=is_ready)
        states["thresholds"] = {"alive": True, "ready": is_ready}
        for _ in range(100):
            answer = await before.client.get("/health")
            if answer.json()["services"] == states:
                break
            await asyncio.sleep(0.1)
        assert (answer.status_code, answer.json()["services"]) == (503, states)
    await before.backend.set_serving("ready", serving=True)


async def test_the_page_is_for_everybody_and_is_told_the_profile(before: Before) -> None:
    assert (await before.client.get("/")).status_code == 200
    assert (await before.client.get("/settings.json")).json()["profile"] == "secure"
