"""A pod's Envoy in the secure profile, in front of a backend with mutual TLS: whom it takes, and whom it calls."""

import asyncio
import socket
import ssl
from collections import Counter
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import httpx
import pytest
from cryptography import x509
from montrg.location.v1 import location_service_pb2 as pb2
from montrg.location.v1 import location_service_pb2_grpc as pb2_grpc

from services import catalog
from services.certs.outside import outside_target
from services.common.channels import Target, connect
from services.common.identities import name_of
from services.common.settings import Environment, SettingsError
from services.common.tls import Authorities, Certificates
from services.mesh.admin import Admin
from services.mesh.options import Neighbour, RenderOptions, Secure
from tests.mesh.backend import Backend
from tests.support.certificates import Issuer
from tests.support.envoy import running_envoy
from tests.support.mesh import eventually
from tests.support.ports import free_ports

LOCATION, THRESHOLDS = catalog.service("location"), catalog.service("thresholds")
WATCHED_S = 0.5  # Envoy is told of a change by the kernel


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod of location, and what was issued for it; its Envoy serves thresholds, too, from the same process."""

    issuer: Issuer
    folder: Path
    ports: dict[str, int]
    backend: Backend

    def url(self, service="location"):
        return f"https://127.0.0.1:{self.ports[service]}"

    def target(self, certs=None):
        credentials = Certificates(certs) if certs else Authorities(self.folder / "ca.crt")
        return Target(f"ipv4:127.0.0.1:{self.ports['location']}", credentials, LOCATION.host)


@pytest.fixture(scope="module")
async def pod(tmp_path_factory):
    issuer = Issuer(tmp_path_factory.mktemp("certs"))
    folder = issuer.folder("location")
    process, status, *rest = free_ports(4)
    ports = dict(zip(("location", "thresholds"), rest, strict=True))
    backend = Backend(process)
    await backend.start(folder)
    options = RenderOptions(
        services=(LOCATION, THRESHOLDS),
        rest_ports=ports,
        upstreams={name: [("127.0.0.1", process)] for name in ports},
        status_port=status,
        secure=Secure(folder, folder, Path(), knows_neighbours=True),
    )
    envoy = running_envoy(options, tmp_path_factory.mktemp("envoy"))
    await asyncio.to_thread(envoy.__enter__)
    pod = Pod(issuer, folder, ports | {"status": status}, backend)

    async def healthy():
        async with client(pod) as http:
            return (await http.get("/health")).status_code == 200

    await eventually(healthy)
    yield pod
    await asyncio.to_thread(envoy.__exit__, None, None, None)
    await backend.stop()


@asynccontextmanager
async def client(pod, certs=None, service="location"):
    context = ssl.create_default_context(cafile=pod.folder / "ca.crt")
    if certs:
        context.load_cert_chain(certs / "tls.crt", certs / "tls.key")
    async with httpx.AsyncClient(base_url=pod.url(service), verify=context, timeout=10) as http:
        yield http


async def located(pod, certs=None, **headers):
    """Asks for a sensor's place, and returns the header in which the process is told who asks."""
    pod.backend.locations.headers = {}
    async with client(pod, certs) as http:
        answer = await http.get("/api/v1/locations/S-1", headers=headers)
    assert answer.status_code == 200, answer.text
    return pod.backend.locations.headers.get("x-forwarded-client-cert")


async def test_a_caller_without_a_certificate_is_served_and_is_nobodys_neighbour(pod):
    assert await located(pod) is None


async def test_a_neighbour_is_named_to_the_process(pod):
    said = await located(pod, pod.issuer.folder("realtime"))
    assert "URI=spiffe://flet-montrg/realtime" in said.split(";")


async def test_who_is_of_another_trust_domain_is_named_with_it(pod):
    said = await located(pod, pod.issuer.folder("realtime", trust_domain="elsewhere"))
    (uri,) = [part.removeprefix("URI=") for part in said.split(";") if part.startswith("URI=")]
    assert name_of(uri) is None
    assert name_of(uri, "elsewhere") == "realtime"


async def test_nobody_can_say_that_they_are_somebody_else(pod):
    forged = {"x-forwarded-client-cert": "URI=spiffe://flet-montrg/alert"}
    assert await located(pod, **forged) is None
    assert "alert" not in await located(pod, pod.issuer.folder("realtime"), **forged)


async def test_grpc_is_taken_over_the_same_port(pod):
    async with connect(pod.target(pod.issuer.folder("realtime"))) as channel:
        request = pb2.GetSensorLocationRequest(sensor_id="S-1")
        answer = await pb2_grpc.LocationServiceStub(channel).GetSensorLocation(request, timeout=5)
    assert answer.loc_id == "A"
    assert "spiffe://flet-montrg/realtime" in pod.backend.locations.headers["x-forwarded-client-cert"]


async def test_a_program_outside_of_the_mesh_needs_the_file_of_its_authorities(pod, tmp_path):
    here = {"MONTRG_PROFILE": "secure", "LOCATION_SERVICE_URL": f"127.0.0.1:{pod.ports['location']}"}
    with pytest.raises(SettingsError, match=r"certs/ca/ca.crt cannot be read"):
        outside_target("location", Environment(here), tmp_path)
    here["MONTRG_CA_FILE"] = str(pod.folder / "ca.crt")
    async with connect(outside_target("location", Environment(here), tmp_path)) as channel:
        assert await answers(pb2_grpc.LocationServiceStub(channel))
    assert "x-forwarded-client-cert" not in pod.backend.locations.headers


def test_a_program_outside_finds_a_mesh_with_other_ports_by_its_offset(tmp_path):
    assert outside_target("location", Environment({"MONTRG_PORT_OFFSET": "100"}), tmp_path).address.endswith(":30102")


async def test_through_its_envoy_a_service_reaches_the_neighbour_that_it_means_and_no_other(pod, tmp_path):
    certs, (to_location, to_thresholds) = pod.issuer.folder("alert"), free_ports(2)
    places = {LOCATION: to_location, THRESHOLDS: to_thresholds}  # both at the pod of location
    options = RenderOptions(
        services=(),
        neighbours=[Neighbour(called, [("127.0.0.1", pod.ports["location"])], port) for called, port in places.items()],
        secure=Secure(certs, certs, Path(), knows_neighbours=True),
    )
    with running_envoy(options, tmp_path):
        async with connect(f"ipv4:127.0.0.1:{to_location}") as channel:
            await eventually(lambda: answers(pb2_grpc.LocationServiceStub(channel)))
        assert "URI=spiffe://flet-montrg/alert" in pod.backend.locations.headers["x-forwarded-client-cert"]
        async with connect(f"ipv4:127.0.0.1:{to_thresholds}") as channel:
            assert not await answers(pb2_grpc.LocationServiceStub(channel))
        statistics = Admin(tmp_path / "admin.sock").ask("GET", "/stats?filter=thresholds.ssl.fail_verify_san")
        assert statistics is not None
        assert int(statistics.rpartition(": ")[2]) > 0


async def answers(stub):
    try:
        await stub.GetSensorLocation(pb2.GetSensorLocationRequest(sensor_id="S-1"), timeout=5)
    except grpc.aio.AioRpcError:
        return False
    return True


@pytest.mark.parametrize("service", ["location", "status"])
def test_plaintext_is_refused(pod, service):
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{pod.ports[service]}/ready", timeout=5)


@pytest.mark.parametrize(
    "certs",
    [
        pytest.param(lambda pod, _: pod.issuer.expired("realtime"), id="expired"),
        pytest.param(lambda _, folder: Issuer(folder).folder("realtime"), id="unknown authority"),
    ],
)
async def test_a_certificate_that_is_no_good_is_refused_though_none_would_be_taken(pod, certs, tmp_path):
    with pytest.raises((httpx.TransportError, ssl.SSLError)):
        await located(pod, certs(pod, tmp_path))


async def test_a_process_with_the_certificate_of_another_service_is_not_called(pod):
    async with client(pod, service="thresholds") as http:
        assert (await http.get("/health")).status_code == 503
        assert (await http.get("/api/v1/thresholds/3")).status_code == 503
    assert pod.backend.thresholds.calls == []


async def test_the_status_port_tells_readiness_over_tls(pod):
    async with client(pod, service="status") as http:
        assert (await http.get("/ready")).status_code == 200
        assert "envoy_server_live" in (await http.get("/stats/prometheus")).text


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1:DeprecationWarning")
def test_of_the_versions_of_tls_the_old_ones_are_refused(pod):
    assert _speaks(pod, ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    with pytest.raises(ssl.SSLError, match="alert protocol version"):
        _speaks(pod, ssl.TLSVersion.TLSv1_1)


def _speaks(pod, version):
    context = ssl.create_default_context(cafile=pod.folder / "ca.crt")
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", pod.ports["location"]), 5) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as spoken,
    ):
        return spoken.version()


async def test_certificates_and_the_authority_change_under_load_and_no_call_fails(pod, tmp_path):
    """The last one: afterwards the pod is of another authority."""
    following = Issuer(tmp_path)
    both = pod.issuer.authority.certificate + following.authority.certificate
    steps = [
        lambda: pod.issuer.renew(pod.folder, "location"),
        lambda: pod.issuer.renew(pod.folder, "location", trusted=both),
        lambda: following.renew(pod.folder, "location", trusted=both),
        lambda: following.renew(pod.folder, "location"),
    ]
    statuses: Counter[int] = Counter()
    issuers, stopped = [], asyncio.Event()
    load = asyncio.create_task(_call_until(stopped, pod, statuses))
    for step in steps:
        await asyncio.sleep(WATCHED_S)
        step()
        await asyncio.sleep(WATCHED_S)
        issuers.append(await asyncio.to_thread(_issuer_at, pod.ports["location"]))
    stopped.set()
    await load
    assert statuses.keys() == {200}
    assert statuses[200] > 50
    assert [issuers.index(issuer) for issuer in issuers] == [0, 0, 2, 2]
    # The process still has the same port, and is called by nobody whom it does not trust any more.
    with pytest.raises((httpx.TransportError, ssl.SSLError)):
        await located(pod, pod.issuer.folder("realtime"))
    assert "realtime" in await located(pod, following.folder("realtime"))


async def _call_until(stopped, pod, statuses):
    """Calls over a connection that stays, and each time over a new one, too."""
    async with client(pod) as staying:
        while not stopped.is_set():
            async with client(pod) as fresh:
                answers = await asyncio.gather(*(http.get("/api/v1/locations/S-1") for http in (staying, fresh)))
            statuses.update(answer.status_code for answer in answers)


def _issuer_at(port):
    """The name of the authority of the certificate that is shown at a port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 5) as plain, context.wrap_socket(plain) as shown:
        certificate = shown.getpeercert(binary_form=True)
    assert certificate is not None
    return x509.load_der_x509_certificate(certificate).issuer.rfc4514_string()
