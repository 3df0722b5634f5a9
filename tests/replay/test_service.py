"""The replay against a mesh in memory: what it sends, what it keeps, and how it goes on."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from services.replay import state
from services.replay.record import WAVE, YEAR, Row, Values, load
from services.replay.service import BATCH, INTERVAL, PACE, Replay
from services.replay.stations import STATIONS

NOW = datetime(2026, 7, 15, 5, 0, tzinfo=UTC)


class FakeMesh:
    """Keeps what it is sent; with `breaks_after`, ends like a killed process instead of taking another batch."""

    def __init__(self, breaks_after=None):
        self.registered, self.batches = [], []
        self.stored = {}
        self.breaks_after = breaks_after

    async def register(self, station):
        self.registered.append(station.name)

    async def has_readings(self, station):
        return any(name == station.name for name, _ in self.stored)

    async def write(self, rows):
        if self.breaks_after == len(self.batches):
            raise asyncio.CancelledError
        self.batches.append(list(rows))
        self.stored |= {(row.station, row.moment): row.values for row in rows}


@pytest.fixture(scope="module")
def record():
    return load()


def _same(moment):
    return moment


def quiet(done, total):
    pass


async def test_a_first_start_registers_the_stations_and_imports_the_year(record, tmp_path):
    mesh, seen = FakeMesh(), []
    known = await Replay(mesh, record, tmp_path / "s.json", lambda: NOW).import_history(
        lambda done, total: seen.append((done, total))
    )
    assert mesh.registered == [station.name for station in STATIONS]
    assert len(mesh.stored) == len(record.rows) == known.imported
    assert max(map(len, mesh.batches)) == BATCH <= 5_000
    assert seen[0] == (0, len(record.rows))
    assert seen[-1] == (len(record.rows), len(record.rows))
    assert min(moment for _, moment in mesh.stored) > NOW - YEAR
    assert max(moment for _, moment in mesh.stored) <= NOW


async def test_an_interrupted_import_goes_on_with_the_same_shift(record, tmp_path):
    path = tmp_path / "s.json"
    mesh = FakeMesh(breaks_after=3)
    with pytest.raises(asyncio.CancelledError):
        await Replay(mesh, record, path, lambda: NOW).import_history(quiet)
    mesh.breaks_after = None
    await Replay(mesh, record, path, lambda: NOW + timedelta(hours=7)).import_history(quiet)
    assert sum(map(len, mesh.batches)) == len(mesh.stored) == len(record.rows)


async def test_a_lost_state_does_not_import_a_second_history(record, tmp_path):
    mesh = FakeMesh()
    mesh.stored["EWR", NOW] = Values(80, 50)
    known = await Replay(mesh, record, tmp_path / "s.json", lambda: NOW).import_history(quiet)
    assert (known.total, mesh.batches) == (0, [])


async def test_live_readings_are_captured_now_and_the_next_start_goes_on_where_they_stopped(record, tmp_path):
    path = tmp_path / "s.json"
    for start in range(2):
        mesh = FakeMesh()
        now = NOW + timedelta(days=start)
        replay = Replay(mesh, record, path, partial(_same, now))
        known = await replay.import_history(quiet)
        mesh.batches, mesh.breaks_after = [], 1
        run = asyncio.create_task(replay.live(known))
        while not mesh.batches:
            await asyncio.sleep(0)
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
        position = WAVE + start * INTERVAL * PACE
        assert mesh.batches == [[Row(now, name, series.at(position)) for name, series in record.series.items()]]


async def test_a_night_that_is_missing_everywhere_sends_nothing(record, tmp_path):
    mesh = FakeMesh()
    known = state.State(NOW, 0, 0, datetime(2013, 10, 26, 2, tzinfo=UTC))
    run = asyncio.create_task(Replay(mesh, record, tmp_path / "s.json", lambda: NOW).live(known))
    while not (tmp_path / "s.json").exists():
        await asyncio.sleep(0.01)
    run.cancel()
    await asyncio.gather(run, return_exceptions=True)
    assert mesh.batches == []
