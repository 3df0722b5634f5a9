"""What was sent long ago is dropped."""

from datetime import timedelta

from services.alert.notify import upkeep
from services.common.clock import system_clock

_OLD = """
INSERT INTO alert.notification (idempotency_key, subscription_id, cause, channel, recipient, format, language, subject,
                                content, state, create_time)
SELECT 'key-' || n, 1, 'raised', 'webhook', 'http://a/', 'json', 'ko', '', '{}',
    (ARRAY['SENT', 'DEAD', 'DIGESTED', 'CANCELLED', 'PENDING'])[1 + n % 5], now() - n * interval '1 day'
FROM generate_series(0, 99) n
"""


async def test_what_is_old_is_dropped_in_parts_unless_it_is_still_to_be_sent(connection, database, monkeypatch):
    monkeypatch.setattr(upkeep, "CHUNK", 7)
    await connection.execute(_OLD)
    before = system_clock() - timedelta(days=89, hours=12)
    assert await upkeep.drop(database, before) == 8
    left = await connection.fetch("SELECT state, create_time < $1 AS old FROM alert.notification", before)
    assert len(left) == 92
    assert [row["state"] for row in left if row["old"]] == ["PENDING"] * 2
