"""Rows in PostgreSQL's binary format, read back from a real table."""

from datetime import UTC, datetime

import asyncpg
import numpy as np

from services.common.binary_copy import binary_rows, timestamps


async def test_a_table_holds_what_the_columns_held(admin_url):
    moments = [datetime(1999, 12, 31, 23, 59, 59, 999_999, UTC), datetime(2026, 7, 15, tzinfo=UTC)] * 2
    microseconds = np.array([int(m.timestamp()) * 1_000_000 + m.microsecond for m in moments])
    floats = np.array([1.5, np.nan, -0.0, 1e300])
    smalls = np.array([-1, 0, 1, 32_767], dtype=np.int16)
    texts = [("제1공장", ""), ("a", "b" * 300)]
    data = binary_rows(texts, np.array([0, 1, 1, 0]), [timestamps(microseconds), floats, smalls, microseconds])

    async def source():
        yield data

    connection = await asyncpg.connect(admin_url)
    try:
        await connection.execute("CREATE TEMP TABLE t (a text, b text, c timestamptz, d float8, e int2, f int8)")
        await connection.copy_to_table("t", source=source(), format="binary")
        rows = [tuple(row) for row in await connection.fetch("SELECT * FROM t")]
    finally:
        await connection.close()
    words = [texts[0], texts[1], texts[1], texts[0]]
    numbers = zip(moments, [1.5, None, -0.0, 1e300], smalls.tolist(), microseconds.tolist(), strict=True)
    assert rows == [(*word, *number) for word, number in zip(words, numbers, strict=True)]
