"""Alembic's entry: plain SQL migrations over asyncpg."""

import asyncio

from alembic import context
from sqlalchemy import Connection, pool, text
from sqlalchemy.ext.asyncio import create_async_engine

LOCK = 7_301_001  # any number of its own: two replicas that start together migrate one after the other


def run(connection: Connection) -> None:
    """Bring one database up to date."""
    connection.execute(text(f"SELECT pg_advisory_lock({LOCK})"))
    connection.commit()
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()


async def main() -> None:
    """Connect and migrate."""
    url = context.config.get_main_option("sqlalchemy.url")
    assert url is not None  # noqa: S101 - `shared.platform.database.migrate` sets it
    engine = create_async_engine(url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(run)
        await connection.commit()
    await engine.dispose()


asyncio.run(main())
