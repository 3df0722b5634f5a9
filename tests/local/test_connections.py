"""The budget of database connections, with real servers."""

import pytest

from services.common.settings import SettingsError
from services.local import connections
from services.local.postgres import EmbeddedPostgres
from services.local.settings import LocalSettings, read_settings
from tests.support.ports import free_port


def told(workers: str, pool_size: str = "5") -> LocalSettings:
    return read_settings({"MONTRG_WORKERS": workers, "MONTRG_POOL_SIZE": pool_size})


def test_the_embedded_server_takes_a_hundred_connections_and_more_where_more_workers_need_them():
    assert connections.for_embedded(told("1")) == 100
    assert connections.needed(told("16")) > 100
    assert connections.for_embedded(told("16")) > connections.needed(told("16"))


def test_a_pool_size_under_its_documented_name_counts_as_the_services_count_it():
    assert connections.needed(read_settings({"POOL_SIZE": "9"})) == connections.needed(told("1", "9"))


def test_more_connections_than_one_machine_should_hold_are_refused_with_the_remedy():
    with pytest.raises(SettingsError, match="lower MONTRG_POOL_SIZE or MONTRG_WORKERS"):
        connections.for_embedded(told("16", "100"))


async def test_an_embedded_server_starts_with_as_many_as_are_allowed_and_says_what_it_takes(folder):
    most = connections.MOST
    with EmbeddedPostgres(folder / "data", free_port(), max_connections=most) as server:
        await connections.require(told("16", "5"), server.admin_url)
        with pytest.raises(SettingsError, match=r"takes 997 of them: .* or raise the server's max_connections"):
            await connections.require(told("16", "30"), server.admin_url)
