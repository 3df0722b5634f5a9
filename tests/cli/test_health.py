"""`montrg health`, against a real server."""

import asyncio

from services.cli import health
from services.cli.main import main
from services.common import server
from services.common.server import serve
from services.thresholds.app import APP
from tests.conftest import settings_of
from tests.support.ports import free_port


async def told(port: int, monkeypatch) -> int:
    monkeypatch.setenv("MONTRG_PORT", str(port))
    return await asyncio.to_thread(main, ["health", "thresholds"])


async def test_a_service_that_reaches_its_database_is_ready(admin_url, monkeypatch, capsys):
    settings, environment = settings_of(admin_url, "thresholds")
    async with serve(APP, settings, environment) as port:
        for _ in range(50):
            if await told(port, monkeypatch) == 0:
                break
        assert "thresholds is ready" in capsys.readouterr().out


async def test_a_service_without_its_database_is_not_ready(monkeypatch, capsys):
    settings, environment = settings_of(f"postgresql://x:y@127.0.0.1:{free_port()}/montrg", "thresholds")
    async with serve(APP, settings, environment) as port:
        assert await told(port, monkeypatch) == 1
    assert "thresholds" in capsys.readouterr().out


async def test_a_service_that_does_not_run_is_told_with_its_port(monkeypatch, capsys):
    port = free_port()
    assert await told(port, monkeypatch) == 1
    assert f"thresholds on port {port} does not answer" in capsys.readouterr().out


def test_the_name_is_the_one_that_services_report():
    assert health.READY == server.READY
