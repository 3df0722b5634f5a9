"""Records of changes that wait for the audit trail."""

from services.common.audit.trail import CREATE_TABLE
from services.common.migrations.script import execute_script

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    execute_script(CREATE_TABLE.format(schema="location"))


def downgrade() -> None:
    execute_script("DROP TABLE location.audit_outbox")
