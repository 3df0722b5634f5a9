"""What became of a digest is told on each of its alerts, some at a time; and what a shelf was laid on is known."""

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


def upgrade() -> None:
    for part in (DIGESTS, SHELVES):
        execute_script(part)


def downgrade() -> None:
    execute_script(
        "DROP INDEX alert.notification_of_digest;"
        " CREATE INDEX notification_of_digest ON alert.notification (digest_id) WHERE digest_id IS NOT NULL;"
        " ALTER TABLE alert.notification DROP COLUMN told_to, DROP COLUMN cancel_reason;"
        " ALTER TABLE alert.alert DROP COLUMN shelved_level"
    )
