"""The trace that an event of an alert belongs to, and a message about it; NULL where that is not told."""

from services.common.migrations.script import execute_script

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    execute_script(
        "ALTER TABLE alert.alert_event ADD COLUMN traceparent text;"
        " ALTER TABLE alert.notification ADD COLUMN traceparent text"
    )


def downgrade() -> None:
    execute_script(
        "ALTER TABLE alert.alert_event DROP COLUMN traceparent; ALTER TABLE alert.notification DROP COLUMN traceparent"
    )
