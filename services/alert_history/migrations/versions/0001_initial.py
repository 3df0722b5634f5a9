"""Events in monthly partitions, each alert as it stands, and the kinds of events."""

from services.common.migrations.script import execute_script

revision = "0001"
down_revision = None

# What happened, with the state, level and type of the alert, makes a kind: of all that are possible few ever occur. So
# every filter by these words is a test of one small column, of which PostgreSQL knows how often each value occurs.
TABLES = """
CREATE TABLE alert_history.kind (
    kind_id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_type text NOT NULL,
    state text NOT NULL,
    level text NOT NULL,
    alert_type text NOT NULL,
    UNIQUE (event_type, state, level, alert_type)
);

CREATE TABLE alert_history.event (
    event_time timestamptz NOT NULL,
    append_time timestamptz NOT NULL,
    event_id uuid NOT NULL,
    measured_value double precision,
    alert_id integer NOT NULL,
    event_seq integer NOT NULL,
    floor integer,
    kind_id smallint NOT NULL,
    sensor_id text COLLATE "C",
    loc_id text COLLATE "C" NOT NULL,
    threshold_type text,
    actor text,
    note text,
    plant text,
    factory text COLLATE "C",
    building text,
    area text,
    PRIMARY KEY (event_time, alert_id, event_seq)
) PARTITION BY RANGE (event_time);
CREATE INDEX event_of_alert ON alert_history.event (alert_id, event_seq);
CREATE INDEX event_of_sensor ON alert_history.event (sensor_id, event_time, alert_id, event_seq);
CREATE INDEX event_of_place ON alert_history.event (loc_id, event_time, alert_id, event_seq);
-- A factory may have millions of events: those of other kinds are left out before their rows are read.
CREATE INDEX event_of_factory ON alert_history.event (factory, event_time, alert_id, event_seq, kind_id);
CREATE INDEX event_of_kind ON alert_history.event (kind_id, event_time, alert_id, event_seq);

-- One row an alert: what its events come to. Whoever appends to it locks it first.
CREATE TABLE alert_history.alert (
    alert_id integer PRIMARY KEY,
    last_event_seq integer NOT NULL,
    state text NOT NULL,
    highest_level text NOT NULL,
    alert_type text NOT NULL,
    loc_id text COLLATE "C" NOT NULL,
    factory text,
    raise_time timestamptz NOT NULL,
    acknowledge_time timestamptz,
    clear_time timestamptz,
    first_event_time timestamptz NOT NULL,
    last_event_time timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX alert_raised ON alert_history.alert (raise_time);
CREATE INDEX alert_of_place ON alert_history.alert (loc_id, raise_time);

CREATE TABLE alert_history.month (
    name text PRIMARY KEY,
    low timestamptz NOT NULL,
    high timestamptz NOT NULL
);

CREATE TABLE alert_history.layout (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    dropped_before timestamptz NOT NULL
);
INSERT INTO alert_history.layout (dropped_before) VALUES ('2000-01-01Z');
"""

# The service's role may not create or drop tables; these two functions may, and do nothing else. A partition is
# attached rather than made in place, which would wait for every reader and keep every writer waiting behind it; and
# dropping one gives up soon for the same reason. Alerts are locked before events, as whoever appends does.
FUNCTIONS = """
CREATE FUNCTION alert_history.ensure_months(times timestamptz[]) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC' AS $$
DECLARE
    first_moment timestamptz;
    title text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(4711009);
    FOR first_moment IN SELECT DISTINCT date_trunc('month', moment) FROM unnest(times) AS moment ORDER BY 1 LOOP
        CONTINUE WHEN EXISTS (SELECT FROM alert_history.month m WHERE m.low = first_moment);
        title := 'event_' || to_char(first_moment, 'YYYYMM');
        EXECUTE format('CREATE TABLE alert_history.%I (LIKE alert_history.event INCLUDING ALL)', title);
        EXECUTE format('REVOKE ALL ON alert_history.%I FROM montrg_alert_history', title);
        EXECUTE format(
            'ALTER TABLE alert_history.event ATTACH PARTITION alert_history.%I FOR VALUES FROM (%L) TO (%L)',
            title, first_moment, first_moment + interval '1 month');
        INSERT INTO alert_history.month VALUES (title, first_moment, first_moment + interval '1 month');
        made := made + 1;
    END LOOP;
    RETURN made;
END $$;

-- Whatever is asked: what happened in a year is kept until the year is over.
CREATE FUNCTION alert_history.drop_months(before timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET timezone = 'UTC'
SET lock_timeout = '2s' AS $$
DECLARE
    until timestamptz := least(before, date_trunc('year', now()));
    old record;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(4711009);
    SELECT max(m.high) INTO until FROM alert_history.month m WHERE m.high <= until;
    IF until IS NULL THEN
        RETURN 0;
    END IF;
    UPDATE alert_history.layout SET dropped_before = greatest(dropped_before, until);
    DELETE FROM alert_history.alert a WHERE a.state = 'cleared' AND a.last_event_time < until;
    FOR old IN SELECT * FROM alert_history.month m WHERE m.high <= until ORDER BY m.low LOOP
        EXECUTE format('DROP TABLE alert_history.%I', old.name);
        DELETE FROM alert_history.month m WHERE m.name = old.name;
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END $$;
REVOKE ALL ON FUNCTION alert_history.ensure_months, alert_history.drop_months FROM PUBLIC;
GRANT EXECUTE ON FUNCTION alert_history.ensure_months, alert_history.drop_months TO montrg_alert_history;
"""

# The service appends: it can neither change nor delete what happened.
RIGHTS = """
REVOKE UPDATE, DELETE ON alert_history.event, alert_history.kind FROM montrg_alert_history;
REVOKE DELETE ON alert_history.alert FROM montrg_alert_history;
REVOKE INSERT, UPDATE, DELETE ON alert_history.month, alert_history.layout FROM montrg_alert_history;
"""


def upgrade() -> None:
    for part in (TABLES, FUNCTIONS, RIGHTS):
        execute_script(part)


def downgrade() -> None:
    execute_script(
        "DROP FUNCTION alert_history.ensure_months, alert_history.drop_months;"
        "DROP TABLE alert_history.event, alert_history.alert, alert_history.kind, alert_history.month,"
        " alert_history.layout"
    )
