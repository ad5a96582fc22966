"""Urgent texts of one phone are one open task with a count: who reads it reads them all."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from shared.platform.clock import Connection
from shared.rules.task_requests import TaskKind
from shared.schedule import tasks
from shared.schedule.states import Why
from shared.schedule.tasks import Task

ALARMS = frozenset({TaskKind.URGENT, TaskKind.UNSAFE_PHONE})
"""The kinds of tasks that are due in minutes, at any hour."""

# The worse reason stays: danger on an unsafe phone is not forgotten because the next text speaks of none.
JOIN = """
UPDATE tasks.tasks t SET texts = t.texts + $3, why = CASE WHEN t.why = 'phone_unsafe' THEN $4 ELSE t.why END,
    language = coalesce(t.language, $5)
WHERE t.id = (
    SELECT o.id FROM tasks.tasks o JOIN texts.texts x ON x.id = o.text_id
    WHERE o.kind = $2 AND o.state = 'open' AND x.address = $1 ORDER BY o.due_at, o.id LIMIT 1)
RETURNING t.id
"""


async def raise_alarms(connection: Connection, raised: Mapping[bytes, Sequence[Task]], now: datetime) -> None:
    """Raise urgent tasks of phones, by blind index; texts of a phone with an open one of that kind join it."""
    for address, those in sorted(raised.items()):
        for kind in sorted(ALARMS):
            of_kind = [task for task in those if task.kind is kind]
            if of_kind:
                await _raise(connection, address, _as_one(of_kind), now)


def _as_one(alarms: Sequence[Task]) -> Task:
    """One task for texts of one phone: the first, with the worst reason and the number of them all."""
    worst = next((task for task in alarms if task.why is not Why.PHONE_UNSAFE), alarms[0])
    language = next((task.language for task in alarms if task.language), None)
    return replace(alarms[0], why=worst.why, language=language, texts=len(alarms))


async def _raise(connection: Connection, address: bytes, alarm: Task, now: datetime) -> None:
    joined = await connection.fetchval(JOIN, address, alarm.kind, alarm.texts, alarm.why, alarm.language)
    if joined is None:
        await tasks.raise_tasks(connection, [alarm], now)
