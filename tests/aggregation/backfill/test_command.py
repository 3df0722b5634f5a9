"""`montrg aggregation` against the real service."""

import asyncio
import os
import sys

import pytest
from montrg.aggregation.v1 import backfill_service_pb2 as pb2

from services.aggregation.app import APP as AGGREGATION
from tests.support.ports import free_port

DAMAGE = "UPDATE aggregation.daily SET humidity_min = 7 WHERE day = '2026-06-15'"


async def command(target, *words):
    """Runs the command; returns its code and what it says."""
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.cli", "aggregation", *words),
        env=os.environ | {"AGGREGATION_SERVICE_URL": target},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await program.communicate()
    return program.returncode, output.decode(), errors.decode()


@pytest.fixture
def montrg(mesh, season):
    return lambda *words: command(mesh.url(AGGREGATION), *words)


async def test_what_is_wrong_is_printed_mended_and_then_right(connection, montrg):
    assert await connection.execute(DAMAGE) == "UPDATE 4"
    code, output, errors = await montrg("verify", "--start", "20260601", "--end", "20260630")
    *differences, total = output.splitlines()
    assert (code, errors.splitlines()[-1]) == (1, "verifying rollups: 100 %")
    assert len(differences) == 4
    assert all("day 2026-06-15: humidity_min is 0.07 %, of its hours" in line for line in differences)
    assert total.startswith("4 of ")
    assert "montrg aggregation backfill" in total
    code, output, _ = await montrg("backfill", "--start", "20260601", "--end", "20260630")
    assert code == 0
    assert "is done" in output
    assert "4 hours, days and months put right" in output
    code, output, _ = await montrg("verify")
    assert (code, output.endswith("are right\n")) == (0, True)


async def test_without_waiting_it_says_which_one_was_asked_for(montrg, backfills, ended):
    code, output, _ = await montrg("backfill", "--no-wait")
    number = int(output.split()[1])
    assert (code, output) == (0, f"backfill {number} is asked for\n")
    assert (await ended(pb2.Backfill(backfill_id=number))).state == pb2.Backfill.DONE


@pytest.mark.parametrize("words", [["backfill", "--start", "2026"], ["verify", "--end", "june"]], ids=" ".join)
async def test_a_day_that_there_is_not_is_one_message(montrg, words):
    code, output, errors = await montrg(*words)
    assert (code, output, len(errors.splitlines())) == (1, "", 1)
    assert errors.startswith(f"montrg: {words[1].strip('-')}_date: is '{words[2]}'; give a day")


@pytest.mark.parametrize("words", [["backfill"], ["backfill", "--no-wait"], ["verify"]], ids=" ".join)
async def test_a_service_that_is_not_there_is_one_message_with_the_remedy(words):
    code, output, errors = await command(f"127.0.0.1:{free_port()}", *words)
    assert (code, output, len(errors.splitlines())) == (1, "", 1)
    assert "AGGREGATION_SERVICE_URL" in errors
