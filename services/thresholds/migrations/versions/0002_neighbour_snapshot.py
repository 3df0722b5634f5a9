"""What location said last: which mappings are whose is known while it is away."""

from services.common.migrations.script import execute_script
from services.common.neighbours import CREATE_TABLE

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    execute_script(CREATE_TABLE.format(schema="thresholds"))


def downgrade() -> None:
    execute_script("DROP TABLE thresholds.neighbour_snapshot")
