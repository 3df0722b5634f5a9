"""Digests that are told of some alerts at a time, the level at which an alert was shelved, and standstills."""

from services.common.migrations.script import execute_script

revision = "0002"
down_revision = "0001"

# `told_to` is the last alert on which was told what became of a digest; unset where nothing is left to tell.
DIGESTS = """
ALTER TABLE alert.notification ADD COLUMN told_to integer, ADD COLUMN cancel_reason text;
CREATE INDEX notification_to_tell ON alert.notification (notification_id) WHERE told_to IS NOT NULL;
DROP INDEX alert.notification_of_digest;
CREATE INDEX notification_of_digest ON alert.notification (digest_id, alert_id) WHERE digest_id IS NOT NULL;
"""

# The highest level that the alert had reached when it was shelved: only a higher one ends the shelf.
SHELVES = """
ALTER TABLE alert.alert ADD COLUMN shelved_level text;
UPDATE alert.alert SET shelved_level = highest_level WHERE shelved_until IS NOT NULL;
"""

# When readings were judged no more, and when again; of each episode is told once.
STANDSTILLS = """
CREATE TABLE alert.standstill (
    standstill_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    begin_time timestamptz NOT NULL,
    end_time timestamptz
);
CREATE UNIQUE INDEX standstill_one_open ON alert.standstill ((true)) WHERE end_time IS NULL;
ALTER TABLE alert.notification ADD COLUMN standstill_id integer;
CREATE INDEX notification_of_standstill ON alert.notification (standstill_id) WHERE standstill_id IS NOT NULL;
"""


def upgrade() -> None:
    for part in (DIGESTS, SHELVES, STANDSTILLS):
        execute_script(part)


def downgrade() -> None:
    execute_script(
        "DROP INDEX alert.notification_of_digest;"
        " CREATE INDEX notification_of_digest ON alert.notification (digest_id) WHERE digest_id IS NOT NULL;"
        " ALTER TABLE alert.notification DROP COLUMN told_to, DROP COLUMN cancel_reason, DROP COLUMN standstill_id;"
        " ALTER TABLE alert.alert DROP COLUMN shelved_level; DROP TABLE alert.standstill"
    )
