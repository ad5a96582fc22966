"""Tasks for the organiser of a reunion with more places given than its lowered capacity."""

from datetime import datetime

from shared.calendar import working_time
from shared.calendar.sending_window import Window
from shared.clinic.courses import Reunion
from shared.platform.clock import Connection
from shared.rules.task_requests import TaskKind
from shared.rules.waiting_list import WaitingList
from shared.schedule import tasks
from shared.schedule.states import Why
from shared.schedule.tasks import Outcome, Task


def over_capacity_task(thing: str, reunion: Reunion, state: WaitingList, hours: Window, now: datetime) -> Task | None:
    """The task where more places are taken than there are, one for each lowered capacity; None where they suffice."""
    if state.taken <= state.capacity or reunion.status != "planned" or now >= reunion.start:
        return None
    return Task(
        kind=TaskKind.OVER_CAPACITY,
        key=f"{thing}/{state.counted}",
        patient_id=None,
        things=(thing,),
        why=Why.FEWER_PLACES,
        due_at=working_time.soon(now, now, reunion.start, hours),
        expires_at=reunion.start,
    )


async def update_tasks(connection: Connection, thing: str, task: Task | None, now: datetime) -> None:
    """Raise this task, and close all other tasks about this reunion's capacity."""
    if task is not None:
        await tasks.raise_tasks(connection, [task], now)
    there = await tasks.open_of(connection, TaskKind.OVER_CAPACITY)
    surplus = [id_ for id_, things in there.items() if things == (thing,) and (task is None or id_ != task.id)]
    if surplus:
        await tasks.end(connection, surplus, Outcome.NO_LONGER_WANTED, now)
