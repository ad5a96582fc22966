"""Rechecks messages that wait at the claim, as soon as the reason for which they wait is removed."""

from uuid import UUID

from shared.patients import identity
from shared.platform.clock import Connection
from shared.platform.database import Pool, retry_while_unavailable
from shared.schedule import rechecks
from shared.schedule.states import Why

WHAT = "PostgreSQL"
COMMAND_SECONDS = 10.0  # of an outage, before a command reports it
AT_ONCE = 200  # patients a transaction: a claim waits for none of them, a planner for a moment

# Claims read wordings under this lock, shared: a holder of it alone knows that no claim still uses older wordings.
READING = "SELECT pg_advisory_xact_lock_shared(7301003)"
NOBODY_READS = "SELECT pg_advisory_xact_lock(7301003)"


async def reading(connection: Connection) -> None:
    """Take the shared lock for which `look_again` waits before it rechecks the messages that claims left waiting."""
    await connection.execute(READING)


async def recheck_waiting(pool: Pool, why: Why, within: float | None = None) -> None:
    """Make messages that wait for this reason due, so that delivery rechecks them. Call it after the cure's commit.

    Claims under way may still read the old state, and make their messages wait: it waits for these claims first. Then
    it takes the patients' locks in the common order, in transactions of its own, so that it and claims never deadlock.

    Args:
        pool: the database.
        why: the reason for which the messages wait.
        within: seconds after which an outage is raised; None: it is never raised.

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
