"""Readings as a hypertable where there is TimescaleDB, and from when to when there are readings."""

from services.common.migrations.script import execute_script

revision = "0003"
down_revision = "0002"

# What is decided here is never decided again: whoever installs TimescaleDB later keeps the partitions.
LAYOUT = """
ALTER TABLE realtime.layout
    ADD COLUMN kind text NOT NULL DEFAULT 'partitions' CHECK (kind IN ('partitions', 'hypertable'));

CREATE FUNCTION realtime.reading_parts() RETURNS TABLE (low timestamptz, high timestamptz)
LANGUAGE sql STABLE SET search_path = pg_catalog AS 'SELECT low, high FROM realtime.partition_range';

-- From the first part that has readings to the end of the last one. With its times in the statement each look is into
-- one part alone, and ends at its first row.
CREATE FUNCTION realtime.reading_extent(OUT first_time timestamptz, OUT end_time timestamptz)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog SET timezone = 'UTC' AS $$
DECLARE
    look text := 'SELECT EXISTS (SELECT FROM realtime.readings WHERE capture_time >= %L AND capture_time < %L)';
    part record;
    has_some boolean;
BEGIN
    FOR part IN SELECT * FROM realtime.reading_parts() ORDER BY low LOOP
        EXECUTE format(look, part.low, part.high) INTO has_some;
        first_time := part.low;
        EXIT WHEN has_some;
        first_time := NULL;
    END LOOP;
    FOR part IN SELECT * FROM realtime.reading_parts() WHERE first_time IS NOT NULL ORDER BY high DESC LOOP
        EXECUTE format(look, part.low, part.high) INTO has_some;
        end_time := part.high;
        EXIT WHEN has_some;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION realtime.reading_parts, realtime.reading_extent FROM PUBLIC;
GRANT EXECUTE ON FUNCTION realtime.reading_parts, realtime.reading_extent TO montrg_realtime;
"""

# 2.18 is the first version with the columnstore under this name, and the Apache edition has none. To a login that is
# no superuser the preloaded libraries are not shown, and an extension that is there already is all that it can use.
HYPERTABLE = """
DO $$
DECLARE
    layout record;
    home name;
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_available_extensions WHERE name = 'timescaledb'
            AND string_to_array(substring(coalesce(installed_version, default_version) FROM '^\\d+\\.\\d+'), '.')::int[]
                >= '{2,18}'
            AND (installed_version IS NOT NULL OR EXISTS (
                SELECT FROM pg_settings
                WHERE pg_settings.name = 'shared_preload_libraries' AND setting ~ '(^|[/", ])timescaledb($|[", ])'
            ))
    ) THEN
        RETURN;
    END IF;
    LOCK TABLE realtime.readings IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM realtime.readings) THEN
        RETURN;
    END IF;
    CREATE EXTENSION IF NOT EXISTS timescaledb;
    IF current_setting('timescaledb.license', true) IS DISTINCT FROM 'timescale' THEN
        RETURN;
    END IF;
    SELECT n.nspname INTO home FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'timescaledb';
    UPDATE realtime.layout SET kind = 'hypertable' RETURNING * INTO layout;

    CREATE TABLE realtime.hypertable (LIKE realtime.readings INCLUDING ALL);
    DROP TABLE realtime.readings;
    DELETE FROM realtime.partition_range;
    ALTER TABLE realtime.hypertable RENAME TO readings;
    ALTER INDEX realtime.hypertable_pkey RENAME TO readings_pkey;
    -- What retention has dropped must not come back as new. A partition that is not there refuses that by itself, but a
    -- chunk would be made anew without a word.
    EXECUTE format('ALTER TABLE realtime.readings ADD CONSTRAINT not_frozen CHECK (capture_time >= %L)',
                   layout.frozen_before);
    EXECUTE format('SELECT %1$I.create_hypertable(''realtime.readings'','
                   ' %1$I.by_range(''capture_time'', interval ''7 days''), create_default_indexes => false)', home);
    ALTER TABLE realtime.readings SET (
        timescaledb.enable_columnstore, timescaledb.segmentby = 'sensor_id', timescaledb.orderby = 'capture_time'
    );
    -- A week after it ended: what comes later than that is seldom, and costs more to take in.
    EXECUTE format('CALL %I.add_columnstore_policy(''realtime.readings'', after => interval ''7 days'')', home);

    -- A function in plpgsql rather than a view, which would stand in the way of an update of TimescaleDB.
    CREATE OR REPLACE FUNCTION realtime.reading_parts() RETURNS TABLE (low timestamptz, high timestamptz)
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog AS $parts$
    BEGIN
        RETURN QUERY SELECT range_start, range_end FROM timescaledb_information.chunks
        WHERE hypertable_schema = 'realtime' AND hypertable_name = 'readings';
    END $parts$;

    -- The first row of a chunk makes it, and keeps all others waiting that need a new one until its transaction ends.
    -- So a row makes it ahead, and is gone before anybody sees it.
    CREATE OR REPLACE FUNCTION realtime.ensure_partitions(times timestamptz[]) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $ensure$
    DECLARE
        moment timestamptz;
        made integer := 0;
    BEGIN
        PERFORM pg_advisory_xact_lock(4711002);
        FOR moment IN SELECT DISTINCT unnest(times) ORDER BY 1 LOOP
            CONTINUE WHEN moment < (SELECT frozen_before FROM realtime.layout)
                OR EXISTS (SELECT FROM realtime.reading_parts() p WHERE p.low <= moment AND moment < p.high);
            INSERT INTO realtime.readings (sensor_id, capture_time, receive_time, loc_id, temperature, humidity,
                                           raw_temperature, raw_humidity, quality, source)
            VALUES ('', moment, moment, '', 0, 0, 0, 0, 0, '');
            DELETE FROM realtime.readings WHERE sensor_id = '' AND capture_time = moment;
            made := made + 1;
        END LOOP;
        RETURN made;
    END $ensure$;

    -- In place of TimescaleDB's own retention policy, which would drop chunks without raising frozen_before: what is
    -- built on the readings could then neither tell what is gone from what never was, nor would late rows be refused.
    CREATE OR REPLACE FUNCTION realtime.drop_partitions(before timestamptz) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
    SET lock_timeout = '2s' AS $drop$
    DECLARE
        home name := (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
                      WHERE e.extname = 'timescaledb');
        frozen timestamptz;
        dropped integer;
    BEGIN
        PERFORM pg_advisory_xact_lock(4711002);
        IF NOT EXISTS (SELECT FROM realtime.reading_parts() p WHERE p.high <= before) THEN
            RETURN 0;
        END IF;
        -- Whoever has stored something has committed it now, and whoever comes after this meets the new constraint: a
        -- row is either in a chunk that is dropped here, or refused.
        LOCK TABLE realtime.readings IN ACCESS EXCLUSIVE MODE;
        SELECT max(p.high), count(*) INTO frozen, dropped FROM realtime.reading_parts() p WHERE p.high <= before;
        EXECUTE format('SELECT %I.drop_chunks(''realtime.readings'', older_than => %L::timestamptz)', home, frozen);
        UPDATE realtime.layout SET frozen_before = greatest(frozen_before, frozen) RETURNING frozen_before INTO frozen;
        ALTER TABLE realtime.readings DROP CONSTRAINT not_frozen;
        -- All that is left keeps it: nothing need be looked at.
        EXECUTE format('ALTER TABLE realtime.readings ADD CONSTRAINT not_frozen CHECK (capture_time >= %L) NOT VALID',
                       frozen);
        RETURN dropped;
    END $drop$;
END $$;
"""


def upgrade() -> None:
    execute_script(LAYOUT)
    execute_script(HYPERTABLE)


def downgrade() -> None:
    execute_script(
        "DO $$ BEGIN IF (SELECT kind FROM realtime.layout) = 'hypertable' THEN"
        " RAISE EXCEPTION 'the readings are a hypertable, which cannot become partitions; dump and restore them';"
        " END IF; END $$;"
        "DROP FUNCTION realtime.reading_extent, realtime.reading_parts;"
        "ALTER TABLE realtime.layout DROP COLUMN kind"
    )
