"""Tells on each alert of a digest what became of that: some alerts at a time, however many there are.

Where a process ends in between, another one goes on: how far one has come is kept with the digest.
"""

import asyncio
import logging
from collections.abc import Callable

from services.alert.domain import NOTIFICATION_FAILED, NOTIFIED
from services.alert.notify.domain import SENT
from services.alert.writer import Event, add_events, lock_alerts
from services.common.database import Database

log = logging.getLogger(__name__)

# On so many alerts is told in one transaction: who judges readings may wait for any of them.
CHUNK = 200
LOOK_EVERY_S = 2.0

_LEFT = """
SELECT notification_id, state, told_to, channel, cause, last_error, coalesce(send_time, clock_timestamp()) AS moment,
    coalesce((SELECT coalesce(nullif(name, ''), 'subscription ' || subscription_id) FROM alert.subscription s
              WHERE s.subscription_id = n.subscription_id), 'nobody') AS title
FROM alert.notification n WHERE told_to IS NOT NULL AND state IN ('SENT', 'DEAD') ORDER BY notification_id LIMIT 1
"""
_ALERTS = f"""
SELECT DISTINCT alert_id FROM alert.notification WHERE digest_id = $1 AND alert_id > $2 ORDER BY alert_id LIMIT {CHUNK}
"""  # noqa: S608  our own number
# Another one may have come as far meanwhile, or somebody has the digest sent once more.
_GO_ON = """
UPDATE alert.notification SET told_to = $3 WHERE notification_id = $1 AND told_to = $2 AND state = $4 RETURNING 1
"""


class Stories:
    """Tells on the alerts of digests what became of these."""

    def __init__(self, database: Database, is_away: Callable[[BaseException], bool]) -> None:
        self._database = database
        self._is_away = is_away

    async def run(self) -> None:
        """Tells until it is cancelled."""
        while True:
            try:
                while await self.go_on():
                    pass
            except Exception as error:
                if not self._is_away(error):
                    raise
                log.warning("stories away", extra={"error": error})
            await asyncio.sleep(LOOK_EVERY_S)

    async def go_on(self) -> bool:
        """Tells on the next alerts; returns whether there were any."""
        async with self._database.driver() as connection:
            digest = await connection.fetchrow(_LEFT)
            if digest is None:
                return False
            digest_id, state, told_to = digest["notification_id"], digest["state"], digest["told_to"]
            alert_ids = [row[0] for row in await connection.fetch(_ALERTS, digest_id, told_to)]
            await lock_alerts(connection, alert_ids)
            upto = alert_ids[-1] if len(alert_ids) == CHUNK else None
            if await connection.fetchval(_GO_ON, digest_id, told_to, upto, state):
                note, event_type = f"{digest['cause']} by {digest['channel']}", NOTIFIED
                if state != SENT:
                    note, event_type = f"{note}: {digest['last_error']}", NOTIFICATION_FAILED
                made = [Event(a, event_type, digest["moment"], actor=digest["title"], note=note) for a in alert_ids]
                await add_events(connection, made, planned=True)
            return True
