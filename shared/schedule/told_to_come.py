"""Patients who were told to come and are said to have died: a person looks, and nothing ends in silence."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from shared.calendar import sending_window, working_time
from shared.events.things import source_of
from shared.patients import details
from shared.patients.whose_word import Death
from shared.platform.clock import Connection
from shared.rules.task_requests import TaskKind
from shared.schedule import tasks
from shared.schedule.states import Why
from shared.schedule.tasks import Task
from shared.security.encryption import Encryption

TOLD = "SELECT patient_id, says FROM schedule.told WHERE patient_id = ANY($1) ORDER BY told_at, id"

# In working hours, by a clock and holidays that do for a patient of any place.
READ_BY = sending_window.usual(ZoneInfo("Europe/London"), "GB-ENG")

WHY: Mapping[Death, Why] = {Death.BELIEVED: Why.DECEASED, Death.CONTESTED: Why.DEATH_CONTESTED}


async def ask(connection: Connection, encryption: Encryption, patients: Iterable[UUID], now: datetime) -> None:
    """Have a person look for each hour that these patients were told of, where their death is believed now."""
    wanted = set(patients)
    if not wanted:
        return
    said: dict[UUID, list[Mapping[str, Any]]] = {}
    for row in await connection.fetch(TOLD, list(wanted)):
        said.setdefault(row["patient_id"], []).append(json.loads(row["says"]))
    told = {patient: expected(says, now) for patient, says in said.items()}
    pairs = {(patient, source_of(thing)) for patient, things in told.items() for thing in things}
    deaths = await details.deaths(connection, encryption, pairs)
    asked = [
        task(patient, thing, start, WHY[death], now)
        for patient, things in told.items()
        for thing, start in things.items()
        if (death := deaths[patient, source_of(thing)]) in WHY
    ]
    await tasks.raise_tasks(connection, asked, now)


def expected(said: Iterable[Mapping[str, Any]], now: datetime) -> dict[str, datetime]:
    """The things to which somebody was last told to come, and when, of what messages said, the oldest first."""
    last = {thing: saying for says in said for thing, saying in says.items()}
    starts = {thing: _start(saying) for thing, saying in last.items()}
    return {thing: start for thing, start in starts.items() if start is not None and start > now}


def task(patient: UUID, thing: str, start: datetime, why: Why, now: datetime) -> Task:
    """The task to find out whether somebody who was told to come has died, before the hour that they were told."""
    return Task(
        kind=TaskKind.TOLD_TO_COME,
        key=f"{patient}/{thing}/{why}",
        patient_id=patient,
        things=(thing,),
        why=why,
        due_at=working_time.soon(now, now, start, READ_BY),
        expires_at=start,
    )


def _start(saying: Any) -> datetime | None:
    """When somebody was told to come; None where they were told that it is off, or of no hour."""
    try:
        start = datetime.fromisoformat(saying["start"])
    except (KeyError, TypeError, ValueError):
        return None
    return start if start.tzinfo is not None and saying.get("on", True) else None
