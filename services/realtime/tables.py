"""The tables of the schema `realtime`; the migrations make them."""

from sqlalchemy import Column, DateTime, Float, LargeBinary, MetaData, SmallInteger, Table, Text

metadata = MetaData(schema="realtime")


def _reading_columns() -> list[Column[object]]:
    names = ("temperature", "humidity", "pcv_temperature", "raw_temperature", "raw_humidity", "raw_pcv_temperature")
    return [
        Column("sensor_id", Text, primary_key=True),
        Column("capture_time", DateTime(timezone=True), nullable=False),
        Column("receive_time", DateTime(timezone=True), nullable=False),
        Column("loc_id", Text, nullable=False),
        *(Column(name, Float) for name in names),
        Column("quality", SmallInteger, nullable=False),
        Column("source", Text, nullable=False),
    ]


readings = Table("readings", metadata, *_reading_columns())
latest = Table("latest", metadata, *_reading_columns())

neighbour_snapshot = Table(
    "neighbour_snapshot",
    metadata,
    Column("name", Text, primary_key=True),
    Column("payload", LargeBinary, nullable=False),
    Column("fetch_time", DateTime(timezone=True), nullable=False),
)
