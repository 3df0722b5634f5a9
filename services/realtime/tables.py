"""The tables of the schema `realtime` that are read through SQLAlchemy; the migrations make them and all others."""

from sqlalchemy import Column, DateTime, Float, MetaData, SmallInteger, Table, Text

metadata = MetaData(schema="realtime")


_MEASURED = ("temperature", "humidity", "pcv_temperature", "raw_temperature", "raw_humidity", "raw_pcv_temperature")

readings = Table(
    "readings",
    metadata,
    Column("sensor_id", Text, primary_key=True),
    Column("capture_time", DateTime(timezone=True), primary_key=True),
    Column("receive_time", DateTime(timezone=True), nullable=False),
    Column("loc_id", Text, nullable=False),
    *(Column(name, Float) for name in _MEASURED),
    Column("quality", SmallInteger, nullable=False),
    Column("source", Text, nullable=False),
)
