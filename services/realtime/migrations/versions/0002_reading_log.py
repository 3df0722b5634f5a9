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
    n integer NOT NULL,
    bytes integer NOT NULL,
    append_time timestamptz NOT NULL
);
CREATE INDEX reading_log_time ON realtime.reading_log (append_time);

-- Where the server that takes the commits changes (a restored dump, a recovery to an earlier moment, a fail-over), a
-- generation ends: places of an older one hold up to the start_seq of the next.
CREATE TABLE realtime.log_generation (
    generation text PRIMARY KEY,
    start_seq bigint NOT NULL,
    server text NOT NULL,
    start_time timestamptz NOT NULL
);

CREATE TABLE realtime.log_state (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    trimmed_seq bigint NOT NULL DEFAULT 0
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
    FROM pg_control_system()
$$;

-- Whoever has the lock commits next, so seq is in commit order. The lock is a statement of its own, before the
-- identity is drawn; the client is not waited for while it is held.
CREATE FUNCTION realtime.append_to_log() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    server text := realtime.this_server();
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
    INSERT INTO realtime.reading_log (id, n, bytes, append_time)
    VALUES (new.id, new.n, octet_length(new.payload), clock_timestamp());
    PERFORM pg_notify('reading_log', '');
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER append_to_log AFTER INSERT ON realtime.reading_batch
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION realtime.append_to_log();

INSERT INTO realtime.log_generation VALUES (gen_random_uuid(), 0, realtime.this_server(), now());
GRANT EXECUTE ON FUNCTION realtime.this_server, realtime.append_to_log TO montrg_realtime;
"""

# A time that retention has frozen gets no partition again, or what was dropped could come back and count twice.
FROZEN = """
ALTER FUNCTION realtime.ensure_partitions(timestamptz[]) RENAME TO ensure_partitions_of;
CREATE FUNCTION realtime.ensure_partitions(times timestamptz[]) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT realtime.ensure_partitions_of(array(
        SELECT moment FROM unnest(times) AS moment
        WHERE moment >= (SELECT frozen_before FROM realtime.layout)
    ))
$$;
REVOKE ALL ON FUNCTION realtime.ensure_partitions_of(timestamptz[]) FROM montrg_realtime;
REVOKE ALL ON FUNCTION realtime.ensure_partitions(timestamptz[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION realtime.ensure_partitions(timestamptz[]) TO montrg_realtime;
"""


def upgrade() -> None:
    for part in (LATEST, LOG, FUNCTIONS, FROZEN):
        execute_script(part)


def downgrade() -> None:
    execute_script(
        "DROP FUNCTION realtime.ensure_partitions(timestamptz[]);"
        "ALTER FUNCTION realtime.ensure_partitions_of(timestamptz[]) RENAME TO ensure_partitions;"
        "GRANT EXECUTE ON FUNCTION realtime.ensure_partitions(timestamptz[]) TO montrg_realtime;"
        "DROP TABLE realtime.reading_batch, realtime.reading_log, realtime.log_generation, realtime.log_state,"
        " realtime.log_consumer;"
        "DROP FUNCTION realtime.append_to_log, realtime.this_server;"
        "ALTER TABLE realtime.latest DROP COLUMN flat_since, DROP COLUMN flat_samples, DROP COLUMN clock_skew_s"
    )
