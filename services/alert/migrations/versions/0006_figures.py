"""What figures tell of outboxes is found without a look at all that is in them."""

from services.common.migrations.script import execute_script

revision = "0006"
down_revision = "0005"

INDEXES = """
CREATE INDEX alert_event_undelivered ON alert.alert_event (create_time) WHERE NOT delivered;
CREATE INDEX notification_dead ON alert.notification (notification_id) WHERE state = 'DEAD' AND cause <> 'test';
CREATE INDEX notification_failing ON alert.notification (channel, recipient) WHERE state = 'PENDING' AND attempts > 0;
"""


def upgrade() -> None:
    execute_script(INDEXES)


def downgrade() -> None:
    execute_script("DROP INDEX alert.alert_event_undelivered, alert.notification_dead, alert.notification_failing")
