"""More readings than the database can take, as REST clients meet it."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg

from tests.support.rest import row

REALTIME_SETTINGS = {"MONTRG_INGEST_WAITING_ROWS": "100"}
BATCH = 60


async def test_what_is_too_much_is_refused_with_429_and_nothing_that_was_acknowledged_is_lost(rest, known, admin_url):
    begin = datetime.now(UTC) - timedelta(hours=1)
    batches = [
        [row("known", begin + timedelta(seconds=n * BATCH + second)) for second in range(BATCH)] for n in range(8)
    ]
    database = await asyncpg.connect(admin_url)
    try:
        async with database.transaction():
            await database.execute("LOCK TABLE realtime.latest IN ACCESS EXCLUSIVE MODE")
            tasks = [asyncio.create_task(rest.write(*batch)) for batch in batches]
            refused, waiting = await asyncio.wait(tasks, timeout=3)
        answers = await asyncio.gather(*waiting)
        assert refused
        for task in refused:
            answer = task.result()
            assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (429, 8, "1")
        acknowledged = sum(answer.json()["accepted"] + answer.json()["late"] for answer in answers)
        assert acknowledged == BATCH * len(waiting)
        assert await database.fetchval("SELECT count(*) FROM realtime.readings") == acknowledged
        # What was refused can be sent again, as the header says.
        assert (await rest.write(*batches[0])).status_code == 200
    finally:
        await database.close()
