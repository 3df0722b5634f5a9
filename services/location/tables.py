"""The tables of the schema `location`; the migrations make them."""

from sqlalchemy import Boolean, Column, DateTime, Float, Integer, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(schema="location")

location = Table(
    "location",
    metadata,
    Column("loc_id", Text, primary_key=True),
    Column("plant", Text, nullable=False),
    Column("factory", Text, nullable=False),
    Column("building", Text, nullable=False),
    Column("floor", Integer, nullable=False),
    Column("area", Text, nullable=False),
    Column("upd_dt", DateTime(timezone=True), nullable=False),
)

sensor = Table(
    "sensor",
    metadata,
    Column("sensor_id", Text, primary_key=True),
    Column("loc_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("height_m", Float),
    Column("interval_s", Integer, nullable=False),
    Column("index_kind", Text, nullable=False),
    Column("calibrations", JSONB, nullable=False),
    Column("upd_dt", DateTime(timezone=True), nullable=False),
)
