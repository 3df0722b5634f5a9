"""The table of the audit trail; the migrations make it."""

from sqlalchemy import Column, DateTime, MetaData, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

audit = Table(
    "audit",
    MetaData(schema="alert_history"),
    Column("record_id", Uuid, primary_key=True),
    Column("record_time", DateTime(timezone=True), primary_key=True),
    Column("service", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("actor_kind", Text, nullable=False),
    Column("actor_role", Text),
    Column("address", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("note", Text),
    Column("plant", Text),
    Column("factory", Text),
    Column("changed_fields", ARRAY(Text), nullable=False),
    Column("before", JSONB(none_as_null=True)),
    Column("after", JSONB(none_as_null=True)),
    Column("append_time", DateTime(timezone=True), nullable=False),
)
