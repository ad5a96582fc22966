"""Messages that wait for a reason that is cured: who has some, and having delivery look at them again at once."""

from collections.abc import Iterable
from uuid import UUID

from shared.platform.clock import Connection
from shared.schedule.states import Why

WAITING = "SELECT DISTINCT patient_id FROM schedule.messages WHERE state = 'scheduled' AND why = $1 ORDER BY patient_id"

RECHECK = """
UPDATE schedule.messages SET due_at = send_at WHERE state = 'scheduled' AND why = $1 AND patient_id = ANY($2)
"""


async def waiting_for(connection: Connection, why: Why) -> list[UUID]:
    """The patients of whom any message waits for this reason, in the order in which patients are locked."""
    return [row["patient_id"] for row in await connection.fetch(WAITING, why)]


async def recheck(connection: Connection, why: Why, patients: Iterable[UUID]) -> None:
    """Have delivery look again at what waits for this reason, for locked patients."""
    await connection.execute(RECHECK, why, list(patients))
