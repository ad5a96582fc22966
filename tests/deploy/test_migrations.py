"""What migrations make of rows that are there."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import asyncpg
from alembic import command

from shared.platform import database
from tests.engines import CreateDatabase

SINCE = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADA, BEN = UUID(int=1), UUID(int=2)


async def test_an_opt_out_of_a_patient_becomes_one_of_their_addresses(create_database: CreateDatabase) -> None:
    """Whoever wrote one by hand stops as much as before, no clinic is told anew, and one of an address stays."""
    url = create_database("opt_outs")
    await asyncio.to_thread(command.upgrade, database._alembic(url), "0010")
    connection = await asyncpg.connect(url)
    for address, patient in ((b"phone", ADA), (b"mailbox", ADA), (b"another", BEN)):
        query = "INSERT INTO people.addresses (address, patient_id) VALUES ($1, $2)"
        await connection.execute(query, address, patient)
    rows: list[tuple[UUID | None, bytes | None, str]] = [
        (ADA, None, "goals"),
        (None, b"phone", "goals"),
        (None, b"another", "all"),
    ]
    for row in rows:
        query = (
            "INSERT INTO people.opt_outs (patient_id, address, category, origin, since_at) VALUES ($1,$2,$3,'reply',$4)"
        )
        await connection.execute(query, *row, SINCE)
    await asyncio.to_thread(database.migrate, url)
    found = await connection.fetch("SELECT address, category, since_at FROM people.opt_outs ORDER BY address")
    assert [tuple(row) for row in found] == [
        (b"another", "all", SINCE),
        (b"mailbox", "goals", SINCE),
        (b"phone", "goals", SINCE),
    ]
    assert await connection.fetchval("SELECT count(*) FROM schedule.outbox") == 0
    await connection.close()
