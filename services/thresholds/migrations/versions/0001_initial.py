"""Thresholds, mappings, the revision, and the rule pack KR-OSH-2025."""

from services.common.migrations.script import execute_script
from services.common.revisions import CREATE_TABLE

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE thresholds.threshold (
    threshold_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    threshold_type text NOT NULL,
    level text NOT NULL,
    min_value double precision,
    max_value double precision,
    mapped_only boolean NOT NULL DEFAULT false,
    source text NOT NULL DEFAULT '',
    upd_dt timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT threshold_bounds CHECK (min_value < max_value),
    CONSTRAINT threshold_bounded CHECK (min_value IS NOT NULL OR max_value IS NOT NULL)
);
CREATE TABLE thresholds.mapping (
    map_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sensor_id text NOT NULL,
    threshold_id integer NOT NULL CONSTRAINT mapping_threshold REFERENCES thresholds.threshold,
    duration_seconds integer NOT NULL DEFAULT 60,
    valid_from timestamptz,
    valid_to timestamptz,
    enabled boolean NOT NULL DEFAULT true,
    upd_dt timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT mapping_unique UNIQUE (sensor_id, threshold_id),
    CONSTRAINT mapping_validity CHECK (valid_from < valid_to)
);
CREATE INDEX mapping_threshold_id ON thresholds.mapping (threshold_id);
"""

# 산업안전보건기준에 관한 규칙 (2025-07-17): 31 °C is heat-wave work, 33 °C asks for rest; 35 and 38 °C are the
# ministry's guidance. They come with the schema, so that a threshold that a person deletes stays deleted.
RULE_PACK = """
INSERT INTO thresholds.threshold (threshold_type, level, min_value, max_value, source) VALUES
    ('pcv_temperature', 'green', NULL, 31, 'KR-OSH-2025'),
    ('pcv_temperature', 'yellow', 31, 33, 'KR-OSH-2025'),
    ('pcv_temperature', 'orange', 33, 35, 'KR-OSH-2025'),
    ('pcv_temperature', 'red', 35, 38, 'KR-OSH-2025'),
    ('pcv_temperature', 'critical', 38, NULL, 'KR-OSH-2025');
"""


def upgrade() -> None:
    execute_script(CREATE_TABLE.format(schema="thresholds"))
    execute_script(TABLES)
    execute_script(RULE_PACK)


def downgrade() -> None:
    execute_script("DROP TABLE thresholds.mapping, thresholds.threshold, thresholds.revision")
