"""What of the outbox's table is read by its lists; the migrations make it."""

from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Text

notification = Table(
    "notification",
    MetaData(schema="alert"),
    Column("notification_id", Integer, primary_key=True),
    Column("idempotency_key", Text, nullable=False),
    Column("alert_id", Integer),
    Column("subscription_id", Integer, nullable=False),
    Column("cause", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("last_error", Text),
    Column("next_time", DateTime(timezone=True)),
    Column("create_time", DateTime(timezone=True), nullable=False),
    Column("send_time", DateTime(timezone=True)),
    Column("subject", Text, nullable=False),
    Column("cancel_reason", Text),
    Column("digest_id", Integer),
)
