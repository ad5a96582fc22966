"""SQL scripts of several statements in Alembic's own transaction."""

from alembic import op
from sqlalchemy.util import await_only


def execute(script: str) -> None:
    """Run a script as PostgreSQL takes it: SQLAlchemy prepares each statement, and a script cannot be prepared."""
    bind = op.get_bind()
    bind.exec_driver_sql("SELECT 1")  # the adapter opens its transaction with the first statement that it sees
    driver = bind.connection.driver_connection
    assert driver is not None  # noqa: S101 - connected, or the line above had failed
    await_only(driver.execute(script))
