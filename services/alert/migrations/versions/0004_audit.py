"""Records of changes that wait for the audit trail."""

from services.common.audit.trail import CREATE_TABLE
from services.common.migrations.script import execute_script

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    execute_script(CREATE_TABLE.format(schema="alert"))


def downgrade() -> None:
    execute_script("DROP TABLE alert.audit_outbox")
