"""The table of the subscriptions; the migrations make it."""

from sqlalchemy import Boolean, Column, DateTime, Integer, MetaData, Table, Text

subscription = Table(
    "subscription",
    MetaData(schema="alert"),
    Column("subscription_id", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("format", Text, nullable=False),
    Column("secret", Text),
    Column("language", Text, nullable=False),
    Column("plant", Text),
    Column("factory", Text),
    Column("building", Text),
    Column("floor", Integer),
    Column("area", Text),
    Column("sensor_id", Text),
    Column("alert_type", Text),
    Column("min_level", Text, nullable=False),
    Column("escalation_minutes", Integer, nullable=False),
    Column("repeat_minutes", Integer, nullable=False),
    Column("max_per_minute", Integer, nullable=False),
    Column("notify_clear", Boolean, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("update_time", DateTime(timezone=True), nullable=False),
)
