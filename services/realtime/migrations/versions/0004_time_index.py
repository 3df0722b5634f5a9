"""A short span of all sensors is read without the rest of its week."""

from services.common.migrations.script import execute_script

revision = "0004"
down_revision = "0003"

# Readings lie in a partition about as they came, which is about by time: an index over ranges of pages is enough, and
# costs next to nothing to keep.
INDEX = "CREATE INDEX readings_time ON realtime.readings USING brin (capture_time) WITH (autosummarize = on)"


def upgrade() -> None:
    execute_script(INDEX)


def downgrade() -> None:
    execute_script("DROP INDEX realtime.readings_time")
