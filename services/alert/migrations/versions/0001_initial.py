"""Alerts with their events, what is known of each sensor, who is told, and what was sent."""

from services.common.migrations.script import execute_script
from services.common.neighbours import CREATE_TABLE as NEIGHBOUR_TABLE
from services.common.reading_log import CREATE_TABLES as LOG_TABLES
from services.common.revisions import CREATE_TABLE as REVISION_TABLE

revision = "0001"
down_revision = None

# An automatic alert that somebody resolved is `unseen` until the evaluator has forgotten its episode. A `quiet` one was
# raised by readings that came too late to page: it pages once if it is still active at the first live reading.
ALERTS = """
CREATE TABLE alert.alert (
    alert_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_time timestamptz NOT NULL,
    loc_id text NOT NULL,
    sensor_id text,
    alert_type text NOT NULL,
    alert_level text NOT NULL,
    threshold_id integer,
    threshold_map_id integer,
    threshold_type text,
    threshold_level text,
    measured_value double precision,
    threshold_min double precision,
    threshold_max double precision,
    message text NOT NULL,
    state text NOT NULL,
    clear_time timestamptz,
    clear_reason text,
    acknowledged_by text,
    acknowledge_time timestamptz,
    shelved_until timestamptz,
    silenced boolean NOT NULL DEFAULT false,
    highest_level text NOT NULL,
    peak_value double precision,
    suspect boolean NOT NULL DEFAULT false,
    rule_revision integer NOT NULL DEFAULT 0,
    event_seq integer NOT NULL DEFAULT 0,
    update_time timestamptz NOT NULL,
    plant text,
    factory text,
    building text,
    floor integer,
    area text,
    idempotency_key text UNIQUE,
    quiet boolean NOT NULL DEFAULT false,
    unseen boolean NOT NULL DEFAULT false
) WITH (fillfactor = 80);
-- Whatever goes wrong elsewhere: one danger has one open alert.
CREATE UNIQUE INDEX alert_one_open ON alert.alert (sensor_id, alert_type, coalesce(threshold_type, ''))
    WHERE state <> 'CLEARED' AND alert_type <> 'manual';
CREATE INDEX alert_open ON alert.alert (alert_time DESC, alert_id DESC) WHERE state <> 'CLEARED';
CREATE INDEX alert_by_time ON alert.alert (alert_time DESC, alert_id DESC);
CREATE INDEX alert_by_sensor ON alert.alert (sensor_id, alert_time DESC, alert_id DESC);
CREATE INDEX alert_by_place ON alert.alert (loc_id, alert_time DESC, alert_id DESC);
CREATE INDEX alert_unseen ON alert.alert (sensor_id) WHERE unseen;
"""

# What happened to each alert. It is the outbox twice: of the notifications that it may ask for, and of the history.
EVENTS = """
CREATE TABLE alert.alert_event (
    event_id uuid NOT NULL DEFAULT gen_random_uuid(),
    alert_id integer NOT NULL,
    event_seq integer NOT NULL,
    event_time timestamptz NOT NULL,
    event_type text NOT NULL,
    state text NOT NULL,
    level text NOT NULL,
    alert_type text NOT NULL,
    sensor_id text,
    loc_id text NOT NULL,
    threshold_type text,
    measured_value double precision,
    actor text,
    note text,
    plant text,
    factory text,
    building text,
    floor integer,
    area text,
    create_time timestamptz NOT NULL DEFAULT clock_timestamp(),
    planned boolean NOT NULL DEFAULT false,
    delivered boolean NOT NULL DEFAULT false,
    PRIMARY KEY (alert_id, event_seq)
) WITH (fillfactor = 80);
CREATE INDEX alert_event_to_plan ON alert.alert_event (create_time) WHERE NOT planned;
CREATE INDEX alert_event_to_deliver ON alert.alert_event (alert_id, event_seq) WHERE NOT delivered;
CREATE INDEX alert_event_by_time ON alert.alert_event (create_time);
"""

# One row a sensor that ever sent, or of which it was noticed that it never did: that has a capture_time of 0001-01-01,
# NaN for its values, and since when it was expected to send as its receive_time. `machines` is unset while nothing is
# the matter with it.
STATES = """
CREATE TABLE alert.sensor_state (
    sensor_id text PRIMARY KEY,
    loc_id text NOT NULL,
    shard smallint NOT NULL,
    capture_time timestamptz NOT NULL,
    receive_time timestamptz NOT NULL,
    temperature double precision NOT NULL,
    humidity double precision NOT NULL,
    pcv_temperature double precision,
    quality smallint NOT NULL,
    machines jsonb
) WITH (fillfactor = 50);
CREATE INDEX sensor_state_shard ON alert.sensor_state (shard);

CREATE TABLE alert.evaluation (
    shard smallint PRIMARY KEY,
    beat_time timestamptz NOT NULL,
    rule_revision integer NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
"""

WHO = """
CREATE TABLE alert.subscription (
    subscription_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL,
    channel text NOT NULL,
    recipient text NOT NULL,
    format text NOT NULL,
    secret text,
    language text NOT NULL,
    plant text,
    factory text,
    building text,
    floor integer,
    area text,
    sensor_id text,
    alert_type text,
    min_level text NOT NULL,
    escalation_minutes integer NOT NULL,
    repeat_minutes integer NOT NULL,
    max_per_minute integer NOT NULL,
    notify_clear boolean NOT NULL,
    enabled boolean NOT NULL,
    update_time timestamptz NOT NULL
);

CREATE TABLE alert.silence (
    silence_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    start_time timestamptz NOT NULL,
    end_time timestamptz,
    weekdays text,
    start_of_day text,
    end_of_day text,
    zone text NOT NULL,
    plant text,
    factory text,
    building text,
    floor integer,
    area text,
    sensor_id text,
    alert_type text,
    max_level text,
    author text NOT NULL,
    reason text NOT NULL,
    update_time timestamptz NOT NULL
);
"""

# What a subscription was told of an alert last, so that it is told once of each thing, and again when it is time.
NOTIFICATIONS = """
CREATE TABLE alert.told (
    subscription_id integer NOT NULL,
    alert_id integer NOT NULL,
    level text,
    since timestamptz NOT NULL,
    tell_time timestamptz,
    due_time timestamptz,
    due_cause text,
    PRIMARY KEY (subscription_id, alert_id)
) WITH (fillfactor = 70);
CREATE INDEX told_due ON alert.told (due_time) WHERE due_time IS NOT NULL;
CREATE INDEX told_of_alert ON alert.told (alert_id);

-- One without a release_time waits for a digest, whose parts have its id then.
CREATE TABLE alert.notification (
    notification_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    idempotency_key text NOT NULL UNIQUE,
    alert_id integer,
    event_seq integer,
    subscription_id integer NOT NULL,
    cause text NOT NULL,
    channel text NOT NULL,
    recipient text NOT NULL,
    format text NOT NULL,
    language text NOT NULL,
    subject text NOT NULL,
    content jsonb NOT NULL,
    state text NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    next_time timestamptz,
    lease_until timestamptz,
    create_time timestamptz NOT NULL,
    release_time timestamptz,
    send_time timestamptz,
    digest_id integer
) WITH (fillfactor = 70);
CREATE INDEX notification_due ON alert.notification (next_time) WHERE state = 'PENDING' AND release_time IS NOT NULL;
CREATE INDEX notification_of_recipient ON alert.notification (channel, recipient) WHERE state = 'PENDING';
CREATE INDEX notification_of_minute ON alert.notification (channel, recipient, release_time);
CREATE INDEX notification_by_alert ON alert.notification (alert_id, notification_id);
CREATE INDEX notification_by_subscription ON alert.notification (subscription_id, notification_id);
CREATE INDEX notification_of_digest ON alert.notification (digest_id) WHERE digest_id IS NOT NULL;
"""


def upgrade() -> None:
    for part in (ALERTS, EVENTS, STATES, WHO, NOTIFICATIONS):
        execute_script(part)
    execute_script(LOG_TABLES.format(schema="alert"))
    execute_script(NEIGHBOUR_TABLE.format(schema="alert"))
    execute_script(REVISION_TABLE.format(schema="alert"))


def downgrade() -> None:
    execute_script(
        "DROP TABLE alert.alert, alert.alert_event, alert.sensor_state, alert.evaluation, alert.subscription,"
        " alert.silence, alert.told, alert.notification, alert.log_cursor, alert.log_member, alert.neighbour_snapshot,"
        " alert.revision"
    )
