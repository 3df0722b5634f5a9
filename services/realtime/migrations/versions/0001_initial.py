"""Readings in partitions, the latest of each sensor, and what neighbours last said."""

from services.common.migrations.script import execute_script

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE realtime.readings (
    sensor_id text NOT NULL,
    capture_time timestamptz NOT NULL,
    receive_time timestamptz NOT NULL,
    loc_id text NOT NULL,
    temperature double precision NOT NULL,
    humidity double precision NOT NULL,
    pcv_temperature double precision,
    raw_temperature double precision NOT NULL,
    raw_humidity double precision NOT NULL,
    raw_pcv_temperature double precision,
    quality smallint NOT NULL,
    source text NOT NULL,
    PRIMARY KEY (sensor_id, capture_time)
) PARTITION BY RANGE (capture_time);

-- Half-empty pages: each new reading of a sensor updates its row in place.
CREATE TABLE realtime.latest (
    LIKE realtime.readings,
    PRIMARY KEY (sensor_id)
) WITH (fillfactor = 50);

CREATE TABLE realtime.neighbour_snapshot (
    name text PRIMARY KEY,
    payload bytea NOT NULL,
    fetch_time timestamptz NOT NULL
);

CREATE TABLE realtime.partition_range (
    name text PRIMARY KEY,
    low timestamptz NOT NULL,
    high timestamptz NOT NULL
);

-- Weeks from here on, months before: history comes seldom and lies far back, and each partition costs planning time.
CREATE TABLE realtime.layout (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    weekly_from timestamptz NOT NULL,
    frozen_before timestamptz NOT NULL
);
INSERT INTO realtime.layout (weekly_from, frozen_before)
VALUES (date_trunc('week', now(), 'UTC') - interval '7 days', '2000-01-01Z');
"""

# The service's role may not create or drop tables; these two functions may, and do nothing else.
FUNCTIONS = """
CREATE FUNCTION realtime.ensure_partitions(times timestamptz[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    boundary timestamptz := (SELECT weekly_from FROM realtime.layout);
    moment timestamptz;
    low timestamptz;
    high timestamptz;
    title text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(4711002);
    FOR moment IN SELECT DISTINCT unnest(times) ORDER BY 1 LOOP
        CONTINUE WHEN EXISTS (SELECT FROM realtime.partition_range p WHERE p.low <= moment AND moment < p.high);
        IF moment < boundary THEN
            low := date_trunc('month', moment);
            high := least(low + interval '1 month', boundary);
        ELSE
            low := boundary + floor(extract(epoch FROM moment - boundary) / 604800) * interval '7 days';
            high := low + interval '7 days';
        END IF;
        title := 'readings_' || to_char(low, 'YYYYMMDD');
        EXECUTE format('CREATE TABLE realtime.%I PARTITION OF realtime.readings FOR VALUES FROM (%L) TO (%L)',
                       title, low, high);
        INSERT INTO realtime.partition_range VALUES (title, low, high);
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;

CREATE FUNCTION realtime.drop_partitions(before timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    old record;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(4711002);
    FOR old IN SELECT * FROM realtime.partition_range p WHERE p.high <= before ORDER BY p.low LOOP
        EXECUTE format('DROP TABLE realtime.%I', old.name);
        DELETE FROM realtime.partition_range p WHERE p.name = old.name;
        -- What is dropped must not come back as new: readings before this are refused from now on.
        UPDATE realtime.layout SET frozen_before = greatest(frozen_before, old.high);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
REVOKE ALL ON FUNCTION realtime.ensure_partitions, realtime.drop_partitions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION realtime.ensure_partitions, realtime.drop_partitions TO montrg_realtime;
REVOKE INSERT, UPDATE, DELETE ON realtime.layout, realtime.partition_range FROM montrg_realtime;
"""


def upgrade() -> None:
    execute_script(TABLES)
    execute_script(FUNCTIONS)


def downgrade() -> None:
    execute_script(
        "DROP FUNCTION realtime.ensure_partitions, realtime.drop_partitions;"
        "DROP TABLE realtime.readings, realtime.latest, realtime.neighbour_snapshot,"
        " realtime.partition_range, realtime.layout"
    )
