"""Places, sensors and the revision."""

from services.common.migrations.script import execute_script
from services.common.revisions import CREATE_TABLE

revision = "0001"
down_revision = None

# Ids are compared byte by byte, so that a list has the same order on every server, whatever its locale is.
# Calibrations belong to their sensor alone, are read and replaced with it and never searched: a column, not a table.
TABLES = """
CREATE TABLE location.location (
    loc_id text COLLATE "C" PRIMARY KEY,
    plant text NOT NULL DEFAULT '',
    factory text NOT NULL,
    building text NOT NULL,
    floor integer NOT NULL,
    area text NOT NULL,
    upd_dt timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE location.sensor (
    sensor_id text COLLATE "C" PRIMARY KEY,
    loc_id text COLLATE "C" NOT NULL CONSTRAINT sensor_location REFERENCES location.location,
    name text NOT NULL DEFAULT '',
    is_active boolean NOT NULL DEFAULT true,
    height_m double precision,
    interval_s integer NOT NULL DEFAULT 60 CONSTRAINT sensor_interval CHECK (interval_s > 0),
    index_kind text NOT NULL DEFAULT 'summer',
    calibrations jsonb NOT NULL DEFAULT '[]',
    upd_dt timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sensor_loc_id ON location.sensor (loc_id, sensor_id);
"""


def upgrade() -> None:
    execute_script(CREATE_TABLE.format(schema="location"))
    execute_script(TABLES)


def downgrade() -> None:
    execute_script("DROP TABLE location.sensor, location.location, location.revision")
