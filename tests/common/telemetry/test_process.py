"""What a process tells of itself and of its database: a real server, scraped as Prometheus does it."""

import asyncio
import logging
import time
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from cryptography import x509
from montrg.operations.v1 import metrics_service_pb2 as pb2
from montrg.operations.v1 import metrics_service_pb2_grpc as pb2_grpc
from prometheus_client.parser import text_string_to_metric_families

from services import catalog
from services.common.channels import Target, connect
from services.common.database import MAX_OVERFLOW, Database
from services.common.migrations.upgrade import newest
from services.common.server import App, serve
from services.common.settings import Environment, read_service_settings
from services.common.telemetry.database import DatabaseFigures
from services.common.telemetry.process import LOOK_EVERY_S, CountedRecords, watch_the_loop
from services.common.telemetry.registry import REGISTRY
from services.common.tls import Certificates
from tests.conftest import settings_of
from tests.support.certificates import Issuer
from tests.support.mesh import eventually

LOCATION = catalog.service("location")


class Figures:
    """The figures of one answer."""

    def __init__(self, text):
        self._samples = [s for family in text_string_to_metric_families(text) for s in family.samples]

    def value(self, name, **labels):
        found = [s.value for s in self._samples if s.name == name and labels.items() <= s.labels.items()]
        return found[0] if len(found) == 1 else None

    def labels(self, name):
        (found,) = [s.labels for s in self._samples if s.name == name]
        return found


async def scraped(target):
    async with connect(target) as channel:
        answer = await pb2_grpc.MetricsServiceStub(channel).GetMetrics(pb2.GetMetricsRequest(), timeout=10)
    return Figures(answer.data.decode())


@asynccontextmanager
async def nothing_more(context, server):
    yield


async def test_a_process_tells_what_it_is_that_it_is_ready_and_how_its_database_is(admin_url):
    settings, environment = settings_of(admin_url, "location")
    async with serve(App("location", nothing_more), settings, environment) as port:

        async def is_ready():
            return (await scraped(f"127.0.0.1:{port}")).value("montrg_ready") == 1

        await eventually(is_ready)
        figures = await scraped(f"127.0.0.1:{port}")
    assert figures.labels("montrg_build_info")["service"] == "location"
    assert figures.value("montrg_database_up") == 1
    assert abs(figures.value("montrg_database_clock_skew_seconds")) < 1
    assert figures.labels("montrg_schema_revision_info") == {"revision": newest(LOCATION)}
    assert figures.value("montrg_database_pool_size") == 5 + MAX_OVERFLOW
    assert figures.value("montrg_database_query_seconds_count", kind="select") > 0


async def test_without_its_database_a_process_says_so_at_once_and_gives_no_old_figure():
    environment = Environment({"MONTRG_DATABASE_URL": "postgresql://a:b@127.0.0.1:9/d", "MONTRG_PORT": "0"})
    settings = read_service_settings("location", environment)
    async with serve(App("location", nothing_more), settings, environment) as port:
        figures = await scraped(f"127.0.0.1:{port}")
    assert (figures.value("montrg_database_up"), figures.value("montrg_ready")) == (0, 0)
    assert figures.value("montrg_database_clock_skew_seconds") is None
    assert figures.value("montrg_build_info") == 1


async def test_a_process_tells_until_when_its_certificates_hold(tmp_path):
    issuer = Issuer(tmp_path)
    certs = issuer.folder("location")
    environment = Environment(
        {
            "MONTRG_DATABASE_URL": "postgresql://a:b@127.0.0.1:9/d", "MONTRG_PORT": "0",
            "MONTRG_PROFILE": "secure", "MONTRG_CERTS_DIR": str(certs),
        }
    )  # fmt: skip
    settings = read_service_settings("location", environment)
    async with serve(App("location", nothing_more), settings, environment) as port:
        figures = await scraped(Target(f"127.0.0.1:{port}", Certificates(issuer.folder("envoy")), LOCATION.host))
    for certificate, file in (("own", "tls.crt"), ("authority", "ca.crt")):
        end = x509.load_pem_x509_certificate((certs / file).read_bytes()).not_valid_after_utc
        assert figures.value("montrg_certificate_expiry_timestamp_seconds", certificate=certificate) == end.timestamp()
        assert end > datetime.now(UTC)


async def test_a_pool_that_is_all_lent_is_told_from_a_database_that_is_away(admin_url):
    database = Database(admin_url, 1, "test")
    figures = DatabaseFigures(database, "location", lambda _: True)
    async with database.reader():
        found = {sample.name: sample.value for family in await figures() for sample in family.samples}
    await database.close()
    assert found["montrg_database_up"] == 1
    assert found["montrg_database_pool_connections"] == 0  # the last one: those that are idle


async def test_a_database_that_does_not_answer_is_away_before_prometheus_gives_up(admin_url, monkeypatch):
    database = Database(admin_url, 1, "test")
    figures = DatabaseFigures(database, "location", lambda error: isinstance(error, TimeoutError))
    monkeypatch.setattr(figures, "_statement", "SELECT now(), pg_sleep(60)")
    began = time.monotonic()
    found = {sample.name: sample.value for family in await figures() for sample in family.samples}
    await database.close()
    assert found["montrg_database_up"] == 0
    assert time.monotonic() - began < 10


def test_what_is_logged_is_counted_by_level():
    logger = logging.Logger("counted")
    logger.addHandler(CountedRecords())
    before = REGISTRY.get_sample_value("montrg_log_records_total", {"level": "WARNING"}) or 0
    logger.warning("one")
    logger.log(25, "of a level that we do not have")
    assert REGISTRY.get_sample_value("montrg_log_records_total", {"level": "WARNING"}) == before + 1


async def test_a_loop_that_is_held_up_is_noticed():
    def late():
        every = REGISTRY.get_sample_value("montrg_event_loop_lag_seconds_count") or 0
        return every - (REGISTRY.get_sample_value("montrg_event_loop_lag_seconds_bucket", {"le": "0.1"}) or 0)

    before = late()
    watching = asyncio.create_task(watch_the_loop())
    await asyncio.sleep(LOOK_EVERY_S / 2)
    time.sleep(LOOK_EVERY_S + 0.2)
    await asyncio.sleep(0.05)
    watching.cancel()
    assert late() == before + 1


async def test_who_asks_for_figures_is_not_counted_among_the_calls(admin_url):
    settings, environment = settings_of(admin_url, "location")
    async with serve(App("location", nothing_more), settings, environment) as port:
        await scraped(f"127.0.0.1:{port}")
        figures = await scraped(f"127.0.0.1:{port}")
    assert figures.value("grpc_server_started_total", grpc_method="GetMetrics") is None
