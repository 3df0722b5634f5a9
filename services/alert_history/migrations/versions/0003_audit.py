"""Records of who changed what, in monthly partitions."""

from services.common.migrations.script import execute_script

revision = "0003"
down_revision = "0001"

# A record's time is made with its id and never changes, so that both together are its key wherever it is sent from.
TABLES = """
CREATE TABLE alert_history.audit (
    record_time timestamptz NOT NULL,
    append_time timestamptz NOT NULL,
    record_id uuid NOT NULL,
    service text NOT NULL,
    kind text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    action text NOT NULL,
    actor text COLLATE "C" NOT NULL,
    actor_kind text NOT NULL,
    actor_role text,
    address text NOT NULL,
    request_id text NOT NULL,
    note text,
    plant text,
    factory text COLLATE "C",
    changed_fields text[] NOT NULL,
    before jsonb,
    after jsonb,
    PRIMARY KEY (record_time, record_id)
) PARTITION BY RANGE (record_time);
CREATE INDEX audit_by_id ON alert_history.audit (record_id);
CREATE INDEX audit_of_thing ON alert_history.audit (kind, id, record_time, record_id);
CREATE INDEX audit_of_actor ON alert_history.audit (actor, record_time, record_id);
CREATE INDEX audit_of_factory ON alert_history.audit (factory, record_time, record_id);
"""

# The service's role may not create or drop tables; these two functions may, and do nothing else, as those of the
# events' months. Their locks are others: neither waits for the other.
FUNCTIONS = """
CREATE FUNCTION alert_history.ensure_audit_months(times timestamptz[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    first_moment timestamptz;
    title text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(4711013);
    FOR first_moment IN SELECT DISTINCT date_trunc('month', moment) FROM unnest(times) AS moment ORDER BY 1 LOOP
        title := 'audit_' || to_char(first_moment, 'YYYYMM');
        CONTINUE WHEN to_regclass('alert_history.' || title) IS NOT NULL;
        EXECUTE format('CREATE TABLE alert_history.%I (LIKE alert_history.audit INCLUDING ALL)', title);
        EXECUTE format('REVOKE ALL ON alert_history.%I FROM montrg_alert_history', title);
        EXECUTE format(
            'ALTER TABLE alert_history.audit ATTACH PARTITION alert_history.%I FOR VALUES FROM (%L) TO (%L)',
            title, first_moment, first_moment + interval '1 month');
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;

-- Whatever is asked: a year is kept.
CREATE FUNCTION alert_history.drop_audit_months(before timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
SET lock_timeout = '2s' AS $$
DECLARE
    until timestamptz := date_trunc('month', least(before, now() - interval '1 year'));
    title text;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(4711013);
    FOR title IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'alert_history.audit'::regclass AND c.relname < 'audit_' || to_char(until, 'YYYYMM')
        ORDER BY 1
    LOOP
        EXECUTE format('DROP TABLE alert_history.%I', title);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
REVOKE ALL ON FUNCTION alert_history.ensure_audit_months, alert_history.drop_audit_months FROM PUBLIC;
GRANT EXECUTE ON FUNCTION alert_history.ensure_audit_months, alert_history.drop_audit_months TO montrg_alert_history;
"""

# The service appends: it can neither change nor delete a record.
RIGHTS = "REVOKE UPDATE, DELETE ON alert_history.audit FROM montrg_alert_history"


def upgrade() -> None:
    for part in (TABLES, FUNCTIONS, RIGHTS):
        execute_script(part)


def downgrade() -> None:
    execute_script(
        "DROP FUNCTION alert_history.ensure_audit_months, alert_history.drop_audit_months;"
        "DROP TABLE alert_history.audit"
    )
