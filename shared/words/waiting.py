"""What waits at the claim is looked at again at once, when what it waits for is there."""

from uuid import UUID

from shared.patients import identity
from shared.platform.clock import Connection
from shared.platform.database import Pool, retry_while_unavailable
from shared.schedule import rechecks
from shared.schedule.states import Why

WHAT = "PostgreSQL"
COMMAND_SECONDS = 10.0  # of an outage, before whoever waits at a terminal is told of it
AT_ONCE = 200  # patients a transaction: a claim waits for none of them, a planner for a moment

# Claims read words under this lock, shared: whoever has had it alone knows that none still writes by older words.
READING = "SELECT pg_advisory_xact_lock_shared(7301003)"
NOBODY_READS = "SELECT pg_advisory_xact_lock(7301003)"


async def reading(connection: Connection) -> None:
    """Have `look_again` wait for this transaction: what it decides by what it reads now is then looked at again."""
    await connection.execute(READING)


async def look_again(pool: Pool, why: Why, within: float | None = None) -> None:
    """Have delivery look again at what waits for this reason. Call it once the cure is committed.

    Claims that are under way may still find what was there before, and make their messages wait: it waits for them
    first. Then it takes the patients' locks in everybody's order, in transactions of its own, so that it and claims
    never wait for each other in a circle.

    Args:
        pool: the database.
        why: what the messages wait for.
        within: seconds after which an outage is raised; None: never.

    """

    async def wait_for_claims() -> list[UUID]:
        await pool.execute(NOBODY_READS)
        async with pool.acquire() as connection:
            return await rechecks.waiting_for(connection, why)

    patients = await retry_while_unavailable(wait_for_claims, WHAT, within)
    for first in range(0, len(patients), AT_ONCE):
        some = patients[first : first + AT_ONCE]

        async def nudge(some: list[UUID] = some) -> None:
            async with pool.acquire() as connection, connection.transaction():
                await identity.lock(connection, some, merged_too=True)
                await rechecks.recheck(connection, why, some)

        await retry_while_unavailable(nudge, WHAT, within)
