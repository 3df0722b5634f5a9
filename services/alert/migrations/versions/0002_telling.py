"""What became of a digest is told on each of its alerts, some at a time."""

from services.common.migrations.script import execute_script

revision = "0002"
down_revision = "0001"

# `told_to` is the last alert on which was told what became of a digest; unset where nothing is left to tell.
DIGESTS = """
ALTER TABLE alert.notification ADD COLUMN told_to integer;
CREATE INDEX notification_to_tell ON alert.notification (notification_id) WHERE told_to IS NOT NULL;
DROP INDEX alert.notification_of_digest;
CREATE INDEX notification_of_digest ON alert.notification (digest_id, alert_id) WHERE digest_id IS NOT NULL;
"""


def upgrade() -> None:
    execute_script(DIGESTS)


def downgrade() -> None:
    execute_script(
        "DROP INDEX alert.notification_of_digest;"
        " CREATE INDEX notification_of_digest ON alert.notification (digest_id) WHERE digest_id IS NOT NULL;"
        " ALTER TABLE alert.notification DROP COLUMN told_to"
    )
