"""Rollups per hour, day and month, the consumer's places in the reading log, places that ever were, and backfills."""

from services.common.migrations.script import execute_script
from services.common.neighbours import CREATE_TABLE as NEIGHBOUR_TABLE
from services.common.reading_log import CREATE_TABLES as LOG_TABLES

revision = "0001"
down_revision = None

# The zone that the rollups are kept in, whatever the processes are set to. And up to which batch of the log some cells
# may be further than their shard's cursor, since a backfill made them.
STATE = """
CREATE TABLE aggregation.site (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    zone text NOT NULL
);

CREATE TABLE aggregation.shard (
    shard smallint PRIMARY KEY,
    ahead_seq bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
INSERT INTO aggregation.shard (shard) SELECT generate_series(0, 15);

CREATE TABLE aggregation.place (
    loc_id text PRIMARY KEY,
    plant text NOT NULL,
    factory text NOT NULL,
    building text NOT NULL,
    floor integer NOT NULL,
    area text NOT NULL
);
"""

# Values are whole hundredths. `seq` is the last batch of the log that is in the cell. A cell of the running hour is
# updated with every reading: room on its page lets it stay there.
_VALUES = """
    readings integer NOT NULL,
    suspect integer NOT NULL,
    temperature_sum bigint NOT NULL,
    humidity_sum bigint NOT NULL,
    pcv_temperature_readings integer NOT NULL,
    pcv_temperature_sum bigint NOT NULL,
    temperature_min integer NOT NULL,
    humidity_min integer NOT NULL,
    pcv_temperature_min integer,
    first_time timestamptz NOT NULL,
    temperature_max integer NOT NULL,
    humidity_max integer NOT NULL,
    pcv_temperature_max integer,
    last_time timestamptz NOT NULL
"""
ROLLUPS = f"""
CREATE TABLE aggregation.series (
    series_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sensor_id text NOT NULL,
    loc_id text NOT NULL,
    shard smallint NOT NULL,
    UNIQUE (sensor_id, loc_id)
);
CREATE INDEX series_loc_id ON aggregation.series (loc_id);
CREATE INDEX series_shard ON aggregation.series (shard);

CREATE TABLE aggregation.hourly (
    series_id integer NOT NULL,
    hour_start timestamptz NOT NULL,
    day date NOT NULL,
    hour smallint NOT NULL,
    seq bigint NOT NULL,
    {_VALUES},
    PRIMARY KEY (series_id, hour_start)
) WITH (fillfactor = 80);

CREATE TABLE aggregation.daily (
    series_id integer NOT NULL,
    day date NOT NULL,
    {_VALUES},
    PRIMARY KEY (series_id, day)
) WITH (fillfactor = 70);

CREATE TABLE aggregation.monthly (
    series_id integer NOT NULL,
    month date NOT NULL,
    {_VALUES},
    PRIMARY KEY (series_id, month)
) WITH (fillfactor = 70);
"""

BACKFILLS = """
CREATE TABLE aggregation.backfill (
    backfill_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    start_date date,
    end_date date,
    state text NOT NULL,
    range_start timestamptz,
    range_end timestamptz,
    done_until timestamptz,
    cells bigint NOT NULL DEFAULT 0,
    changed bigint NOT NULL DEFAULT 0,
    reason text,
    create_time timestamptz NOT NULL,
    update_time timestamptz NOT NULL,
    worker text,
    lease_until timestamptz
);
"""


def upgrade() -> None:
    for part in (STATE, ROLLUPS, BACKFILLS):
        execute_script(part)
    execute_script(LOG_TABLES.format(schema="aggregation"))
    execute_script(NEIGHBOUR_TABLE.format(schema="aggregation"))


def downgrade() -> None:
    execute_script(
        "DROP TABLE aggregation.site, aggregation.shard, aggregation.place, aggregation.series, aggregation.hourly,"
        " aggregation.daily, aggregation.monthly, aggregation.backfill, aggregation.log_cursor, aggregation.log_member,"
        " aggregation.neighbour_snapshot"
    )
