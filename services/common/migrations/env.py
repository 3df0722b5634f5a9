"""Alembic's entry: runs one schema's migrations over the connection that `upgrade.py` hands in, or prints them."""

from alembic import context
from sqlalchemy import Connection

schema: str = context.config.attributes["schema"]

if context.is_offline_mode():
    context.configure(
        dialect_name="postgresql", literal_binds=True, version_table="alembic_version", version_table_schema=schema
    )
else:
    connection: Connection = context.config.attributes["connection"]
    context.configure(connection=connection, version_table="alembic_version", version_table_schema=schema)

with context.begin_transaction():
    context.run_migrations()
