"""Runs a script of several statements in a migration, which asyncpg's prepared statements refuse."""

from typing import Any

from alembic import context, op


def execute_script(script: str) -> None:
    """Runs the script in the migration's transaction, or prints it in offline mode."""
    if context.is_offline_mode():
        op.execute(script)
        return
    connection = op.get_bind().connection.dbapi_connection
    assert connection is not None  # noqa: S101  a bind in a transaction has one

    def run(driver: Any) -> Any:  # noqa: ANN401  asyncpg has no types
        return driver.execute(script)

    connection.run_async(run)
