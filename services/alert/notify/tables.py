"""What the lists of the outbox read of its table and of the alerts'; the migrations make them."""

from sqlalchemy import Column, DateTime, Integer, MetaData, Table, Text

_METADATA = MetaData(schema="alert")

notification = Table(
    "notification",
    _METADATA,
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

alert = Table(
    "alert",
    _METADATA,
    Column("alert_id", Integer, primary_key=True),
    Column("plant", Text),
    Column("factory", Text),
)
