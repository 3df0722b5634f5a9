"""The tables of the schema `thresholds`; the migrations make them."""

from sqlalchemy import Boolean, Column, DateTime, Float, Integer, MetaData, Table, Text

metadata = MetaData(schema="thresholds")

threshold = Table(
    "threshold",
    metadata,
    Column("threshold_id", Integer, primary_key=True),
    Column("threshold_type", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("min_value", Float),
    Column("max_value", Float),
    Column("mapped_only", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    Column("upd_dt", DateTime(timezone=True), nullable=False),
)

mapping = Table(
    "mapping",
    metadata,
    Column("map_id", Integer, primary_key=True),
    Column("sensor_id", Text, nullable=False),
    Column("threshold_id", Integer, nullable=False),
    Column("duration_seconds", Integer, nullable=False),
    Column("valid_from", DateTime(timezone=True)),
    Column("valid_to", DateTime(timezone=True)),
    Column("enabled", Boolean, nullable=False),
    Column("upd_dt", DateTime(timezone=True), nullable=False),
)
