"""Processes that are killed in the middle of a backfill: another one goes on, and all is right in the end."""

import os
import random
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from services.aggregation.app import APP as AGGREGATION
from services.aggregation.rollup.store import SHARD_LOCKS
from services.common.reading_log import shard_of
from services.location.app import APP as LOCATION
from services.realtime.app import APP as REALTIME
from tests.aggregation.backfill.conftest import SENSORS, made_up, settled
from tests.conftest import service_url
from tests.support.mesh import eventually
from tests.support.rollups import assert_rollups_are_right

ROOT = Path(__file__).resolve().parents[3]
ASK = """
INSERT INTO aggregation.backfill (state, create_time, update_time) VALUES ('PENDING', now(), now())
RETURNING backfill_id
"""
WAITING = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND classid = $1 AND objid = $2
"""
LEASE_ENDS = "UPDATE aggregation.backfill SET lease_until = now() - interval '1 s' WHERE state = 'RUNNING'"


@pytest.fixture
def start(admin_url, mesh, tmp_path):
    """Starts a replica as a process."""
    environment = os.environ | {
        "MONTRG_DATABASE_URL": service_url(admin_url, "aggregation"),
        "MONTRG_PORT": "0",
        "LOCATION_SERVICE_URL": mesh.url(LOCATION),
        "REALTIME_SERVICE_URL": mesh.url(REALTIME),
    }
    replicas = []

    def one():
        with (tmp_path / "aggregation.log").open("ab") as output:
            argv = [sys.executable, "-m", "services.aggregation"]
            replicas.append(subprocess.Popen(argv, cwd=ROOT, env=environment, stderr=output))
        return replicas[-1]

    yield one
    for replica in replicas:
        replica.kill()
        replica.wait()


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whoever_is_killed_another_one_goes_on(
    admin_url, connection, mesh, season, start, start_again, write, seed
):
    randomly = random.Random(seed)
    await mesh.stop(AGGREGATION)
    await connection.execute("UPDATE aggregation.hourly SET readings = readings + 1 WHERE series_id % 2 = $1", seed % 2)
    await connection.execute("DELETE FROM aggregation.daily WHERE series_id % 2 = $1", seed % 2)
    asked = await connection.fetchval(ASK)
    other = await asyncpg.connect(admin_url)
    try:
        for round_ in range(2):
            await write(*made_up(1000 * seed + round_, 200))
            shard = shard_of(randomly.choice(SENSORS))
            await other.execute("SELECT pg_advisory_lock($1, $2)", SHARD_LOCKS, shard)
            replica = start()

            async def waits(shard=shard):
                return await connection.fetchval(WAITING, SHARD_LOCKS, shard) > 0

            await eventually(waits, 30.0)
            replica.kill()
            replica.wait()
            await other.execute("SELECT pg_advisory_unlock_all()")
            await connection.execute(LEASE_ENDS)
    finally:
        await other.close()
    await start_again()
    await settled(connection)
    state = await connection.fetchval("SELECT state FROM aggregation.backfill WHERE backfill_id = $1", asked)
    assert state == "DONE"
    await assert_rollups_are_right(connection)
