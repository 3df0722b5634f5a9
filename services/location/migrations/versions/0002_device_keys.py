"""Device keys, and a revision of their own."""

from services.common.migrations.script import execute_script

revision = "0002"
down_revision = "0001"

# A key's sensors are read and given out with it: a column, as the calibrations of a sensor are. The index finds the
# keys that a sensor has to be taken out of.
TABLES = """
CREATE TABLE location.device_key (
    key_id text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    sensor_ids text[] NOT NULL CONSTRAINT device_key_sensors CHECK (cardinality(sensor_ids) > 0),
    expire_time timestamptz,
    create_time timestamptz NOT NULL,
    secret_sha256 bytea NOT NULL,
    previous_sha256 bytea,
    previous_valid_until timestamptz,
    last_use_time timestamptz,
    last_use_address text NOT NULL DEFAULT ''
);
CREATE INDEX device_key_sensor_ids ON location.device_key USING gin (sensor_ids);
CREATE TABLE location.device_key_revision (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    value integer NOT NULL
);
INSERT INTO location.device_key_revision (value) VALUES (1);
"""


def upgrade() -> None:
    execute_script(TABLES)


def downgrade() -> None:
    execute_script("DROP TABLE location.device_key, location.device_key_revision")
