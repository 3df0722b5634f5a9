"""What each reading of a sensor in danger changes, beside `machines`, which few do; since when shards are followed.

Of each metric the last value in the band of its level, and the worst of its alert. NULL leaves what `machines` says.
"""

from services.common.migrations.script import execute_script

revision = "0003"
down_revision = "0002"

_NAMES = ("temperature_anchor", "temperature_peak", "humidity_anchor", "humidity_peak", "pcv_anchor", "pcv_peak")


def upgrade() -> None:
    added = ", ".join(f"ADD COLUMN {name} double precision" for name in _NAMES)
    execute_script(
        f"ALTER TABLE alert.sensor_state {added};"
        " ALTER TABLE alert.evaluation ADD COLUMN followed_since timestamptz NOT NULL DEFAULT now()"
    )


def downgrade() -> None:
    dropped = ", ".join(f"DROP COLUMN {name}" for name in _NAMES)
    execute_script(f"ALTER TABLE alert.sensor_state {dropped}; ALTER TABLE alert.evaluation DROP COLUMN followed_since")
