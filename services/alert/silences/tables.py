"""The table of the silences; the migrations make it."""

from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Text

silence = Table(
    "silence",
    MetaData(schema="alert"),
    Column("silence_id", Integer, primary_key=True),
    Column("start_time", DateTime(timezone=True), nullable=False),
    Column("end_time", DateTime(timezone=True)),
    Column("weekdays", Text),
    Column("start_of_day", Text),
    Column("end_of_day", Text),
    Column("zone", Text, nullable=False),
    Column("plant", Text),
    Column("factory", Text),
    Column("building", Text),
    Column("floor", Integer),
    Column("area", Text),
    Column("sensor_id", Text),
    Column("alert_type", Text),
    Column("max_level", Text),
    Column("author", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("update_time", DateTime(timezone=True), nullable=False),
)
