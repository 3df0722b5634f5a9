"""The reading log with its commit-ordered numbers, and what `latest` remembers to tell flat lines and clock skews."""

from services.common.migrations.script import execute_script

revision = "0002"
down_revision = "0001"

LATEST = """
ALTER TABLE realtime.latest
    ADD COLUMN flat_since timestamptz,
    ADD COLUMN flat_samples integer NOT NULL DEFAULT 1,
    ADD COLUMN clock_skew_s double precision NOT NULL DEFAULT 0;
UPDATE realtime.latest SET flat_since = capture_time;
ALTER TABLE realtime.latest ALTER COLUMN flat_since SET NOT NULL;
"""

# The payload is written early in the transaction; its number is drawn inside COMMIT, by the trigger below.
LOG = """
CREATE TABLE realtime.reading_batch (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    n integer NOT NULL,
    payload bytea NOT NULL
);
ALTER TABLE realtime.reading_batch ALTER COLUMN payload SET STORAGE EXTERNAL;

CREATE TABLE realtime.reading_log (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,  -- its CACHE must stay 1
    id bigint NOT NULL,
    append_time timestamptz NOT NULL,
    -- All readings and bytes up to and with this batch, so that a lag or a size is a difference of two rows.
    readings_total bigint NOT NULL,
    bytes_total bigint NOT NULL
);
CREATE INDEX reading_log_time ON realtime.reading_log (append_time);
CREATE INDEX reading_log_bytes ON realtime.reading_log (bytes_total);

-- Where the server that takes the commits changes (a restored dump, a recovery to an earlier moment, a fail-over), a
-- generation ends: places of an older one hold up to the start_seq of the next. A copy of the disk cannot be told from
-- the server that it was taken of.
CREATE TABLE realtime.log_generation (
    generation text PRIMARY KEY,
    start_seq bigint NOT NULL,
    server text NOT NULL,
    start_time timestamptz NOT NULL
);

CREATE TABLE realtime.log_state (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    trimmed_seq bigint NOT NULL DEFAULT 0,
    -- The totals of the last batch that was dropped.
    readings_total bigint NOT NULL DEFAULT 0,
    bytes_total bigint NOT NULL DEFAULT 0
);
INSERT INTO realtime.log_state DEFAULT VALUES;

CREATE TABLE realtime.log_consumer (
    consumer text PRIMARY KEY,
    seq bigint NOT NULL,
    report_time timestamptz NOT NULL
);
"""

FUNCTIONS = """
CREATE FUNCTION realtime.this_server() RETURNS text
LANGUAGE sql VOLATILE SET search_path = pg_catalog AS $$
    SELECT system_identifier || '/' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)
        || '/' || 'realtime.reading_log'::regclass::oid
    FROM pg_control_system()
$$;

-- Whoever has the lock commits next, so seq is in commit order. The lock is a statement of its own, before the
-- identity is drawn; the client is not waited for while it is held.
CREATE FUNCTION realtime.append_to_log() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    server text := realtime.this_server();
    last record;
BEGIN
    PERFORM pg_advisory_xact_lock(4711003);
    IF server IS DISTINCT FROM
        (SELECT g.server FROM realtime.log_generation g ORDER BY g.start_seq DESC, g.start_time DESC LIMIT 1)
    THEN
        INSERT INTO realtime.log_generation
        SELECT gen_random_uuid(), greatest(max(l.seq), (SELECT trimmed_seq FROM realtime.log_state)), server,
               clock_timestamp()
        FROM realtime.reading_log l;
    END IF;
    SELECT l.readings_total, l.bytes_total INTO last FROM realtime.reading_log l ORDER BY l.seq DESC LIMIT 1;
    IF NOT FOUND THEN
        SELECT s.readings_total, s.bytes_total INTO last FROM realtime.log_state s;
    END IF;
    INSERT INTO realtime.reading_log (id, append_time, readings_total, bytes_total)
    VALUES (new.id, clock_timestamp(), last.readings_total + new.n, last.bytes_total + octet_length(new.payload));
    PERFORM pg_notify('reading_log', '');
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER append_to_log AFTER INSERT ON realtime.reading_batch
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION realtime.append_to_log();

INSERT INTO realtime.log_generation VALUES (gen_random_uuid(), 0, realtime.this_server(), now());
GRANT EXECUTE ON FUNCTION realtime.this_server, realtime.append_to_log TO montrg_realtime;
"""

# A time that retention has frozen gets no partition again, or what was dropped could come back and count twice. A
# partition is attached rather than made in place, which would wait for every reader and keep every writer waiting
# behind it; and dropping one gives up soon for the same reason.
PARTITIONS = """
CREATE OR REPLACE FUNCTION realtime.ensure_partitions(times timestamptz[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    layout record;
    moment timestamptz;
    low timestamptz;
    high timestamptz;
    title text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(4711002);
    SELECT * INTO layout FROM realtime.layout;
    FOR moment IN SELECT DISTINCT unnest(times) ORDER BY 1 LOOP
        CONTINUE WHEN moment < layout.frozen_before
            OR EXISTS (SELECT FROM realtime.partition_range p WHERE p.low <= moment AND moment < p.high);
        IF moment < layout.weekly_from THEN
            low := date_trunc('month', moment);
            high := least(low + interval '1 month', layout.weekly_from);
        ELSE
            low := layout.weekly_from
                + floor(extract(epoch FROM moment - layout.weekly_from) / 604800) * interval '7 days';
            high := low + interval '7 days';
        END IF;
        title := 'readings_' || to_char(low, 'YYYYMMDD');
        EXECUTE format('CREATE TABLE realtime.%I (LIKE realtime.readings INCLUDING ALL)', title);
        EXECUTE format('ALTER TABLE realtime.readings ATTACH PARTITION realtime.%I FOR VALUES FROM (%L) TO (%L)',
                       title, low, high);
        INSERT INTO realtime.partition_range VALUES (title, low, high);
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;
ALTER FUNCTION realtime.drop_partitions(timestamptz) SET lock_timeout = '2s';
"""


def upgrade() -> None:
    for part in (LATEST, LOG, FUNCTIONS, PARTITIONS):
        execute_script(part)


def downgrade() -> None:
    execute_script(
        "DROP TABLE realtime.reading_batch, realtime.reading_log, realtime.log_generation, realtime.log_state,"
        " realtime.log_consumer;"
        "DROP FUNCTION realtime.append_to_log, realtime.this_server;"
        "ALTER TABLE realtime.latest DROP COLUMN flat_since, DROP COLUMN flat_samples, DROP COLUMN clock_skew_s"
    )
