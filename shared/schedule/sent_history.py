"""The sent history: what a planner has told each patient."""

import json
from collections.abc import Iterable
from uuid import UUID

from shared.platform.clock import Connection
from shared.rules.plan import SentHistory, SentMessage

TOLD = """
SELECT id, patient_id, kind, says, told_at, asked FROM schedule.told WHERE planner = $1 AND patient_id = ANY($2)
ORDER BY told_at, id
"""


async def told(connection: Connection, planner: str, patients: Iterable[UUID]) -> dict[UUID, SentHistory]:
    """What a planner has told these patients."""
    sayings: dict[UUID, dict[str, list[SentMessage]]] = {patient: {} for patient in patients}
    for row in await connection.fetch(TOLD, planner, list(sayings)):
        for thing, said in json.loads(row["says"]).items():
            saying = SentMessage(row["id"], row["kind"], row["told_at"], said, row["asked"])
            sayings[row["patient_id"]].setdefault(thing, []).append(saying)
    return {p: SentHistory({thing: tuple(said) for thing, said in things.items()}) for p, things in sayings.items()}
