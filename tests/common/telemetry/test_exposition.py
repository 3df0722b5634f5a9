"""What is told when a part of it cannot be: the real exposition, with samplers that go wrong."""

import pytest

from services.common.interceptors import database_is_away
from services.common.telemetry.exposition import Exposition
from services.common.telemetry.samples import gauge


async def good():
    return [gauge("test_good", "Well", 7)]


async def bad():
    raise KeyError("a mistake")


class Called:
    """A sampler that is no function."""

    async def __call__(self):
        raise OSError("away")


async def test_a_sampler_with_a_mistake_takes_no_figures_from_the_others_and_is_logged(caplog):
    text, _ = await Exposition([bad, good, Called()], database_is_away).text("")
    assert b"test_good 7.0" in text
    assert b"process_start_time_seconds" in text
    assert [(record.levelname, record.sampler) for record in caplog.records] == [
        ("ERROR", "bad"),
        ("WARNING", "Called"),
    ]


@pytest.mark.parametrize("version", ["abc", "1e9", "1.x"])
async def test_who_asks_for_a_version_that_is_none_is_told_in_the_plainest_format(version):
    exposition = Exposition([good], database_is_away)
    text, content_type = await exposition.text(f"application/openmetrics-text; version={version}")
    assert content_type.startswith("text/plain; version=0.0.4")
    assert b"test_good 7.0" in text
