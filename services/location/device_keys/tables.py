"""The table of the device keys; the migrations make it."""

from sqlalchemy import Column, DateTime, LargeBinary, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY

device_key = Table(
    "device_key",
    MetaData(schema="location"),
    Column("key_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("sensor_ids", ARRAY(Text), nullable=False),
    Column("expire_time", DateTime(timezone=True)),
    Column("create_time", DateTime(timezone=True), nullable=False),
    Column("secret_sha256", LargeBinary, nullable=False),
    Column("previous_sha256", LargeBinary),
    Column("previous_valid_until", DateTime(timezone=True)),
    Column("last_use_time", DateTime(timezone=True)),
    Column("last_use_address", Text, nullable=False),
)
