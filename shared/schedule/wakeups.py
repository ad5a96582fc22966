"""Wake-ups: the moments at which a planner looks at a patient again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.platform.clock import Connection

REPLAN = "replan"
"""The key of a wake-up that no rule asked for: something that it sees has changed. Nothing is claimed until it ran."""


DUE_WAKEUPS = "SELECT patient_id, key, at FROM schedule.wakeups WHERE planner = $1 AND at <= $2 ORDER BY at LIMIT $3"


STILL_DUE = "SELECT patient_id, key, at FROM schedule.wakeups WHERE planner = $1 AND at <= $2 AND patient_id = ANY($3)"


REPLANNED = "DELETE FROM schedule.wakeups WHERE planner = $1 AND patient_id = ANY($2) AND key = 'replan'"


POSTPONE = "UPDATE schedule.wakeups SET at = $3 WHERE planner = $1 AND patient_id = ANY($2) AND at < $3"


WAKE = """
INSERT INTO schedule.wakeups (planner, patient_id, key, at)
SELECT planner, patient_id, 'replan', $3 FROM unnest($1::text[], $2::uuid[]) AS n(planner, patient_id)
ON CONFLICT (planner, patient_id, key) DO UPDATE SET at = least(wakeups.at, excluded.at)
"""


WAKE_EVERYWHERE = """
INSERT INTO schedule.wakeups (planner, patient_id, key, at)
SELECT name, patient_id, 'replan', $2 FROM schedule.planners, unnest($1::uuid[]) AS n(patient_id)
ON CONFLICT (planner, patient_id, key) DO UPDATE SET at = least(wakeups.at, excluded.at)
"""


@dataclass(frozen=True, slots=True)
class Woken:
    """A wake-up whose moment has come."""

    patient_id: UUID
    key: str
    at: datetime


async def due_wakeups(connection: Connection, planner: str, now: datetime, limit: int) -> list[Woken]:
    """Wake-ups whose moment has come, the oldest first."""
    return [Woken(*row) for row in await connection.fetch(DUE_WAKEUPS, planner, now, limit)]


async def still_due(connection: Connection, planner: str, now: datetime, patients: Iterable[UUID]) -> list[Woken]:
    """The wake-ups of patients who are locked by now: another replica may have been quicker."""
    return [Woken(*row) for row in await connection.fetch(STILL_DUE, planner, now, list(patients))]


async def replanned(connection: Connection, planner: str, patients: Iterable[UUID]) -> None:
    """These locked patients are being planned again now."""
    await connection.execute(REPLANNED, planner, list(patients))


async def postpone(connection: Connection, planner: str, patients: Iterable[UUID], until: datetime) -> None:
    """Look at these patients' wake-ups later."""
    await connection.execute(POSTPONE, planner, list(patients), until)


async def request_replan(connection: Connection, pairs: Iterable[tuple[str, UUID]], now: datetime) -> None:
    """Have (planner, patient) planned again before anything of theirs is claimed."""
    rows = sorted(set(pairs))
    await connection.execute(WAKE, [planner for planner, _ in rows], [patient for _, patient in rows], now)


async def request_replan_everywhere(connection: Connection, patients: Iterable[UUID], now: datetime) -> None:
    """Have these patients planned again by every planner."""
    await connection.execute(WAKE_EVERYWHERE, sorted(set(patients)), now)
