"""Deadlines of tasks: one that nobody does is noticed, while it is still of use."""

import logging

from prometheus_client import Counter, Gauge

from shared.platform import clock
from shared.platform.database import Pool
from shared.rules.task_requests import TaskKind
from shared.schedule import tasks
from shared.schedule.tasks import HOLDING, Outcome

log = logging.getLogger("cocreate.tasks")

OPEN = Gauge("cocreate_open_tasks", "Tasks that nobody has closed", ["kind", "standing"])
MISSED = Counter("cocreate_missed_tasks", "Tasks not done by when they were due, or of use", ["kind", "by"])

ESCALATE = """
UPDATE tasks.tasks SET escalated_at = $1
WHERE id IN (SELECT id FROM tasks.tasks WHERE state = 'open' AND escalated_at IS NULL AND due_at <= $1
             ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
RETURNING kind
"""

# What holds messages back stays open, and overdue, until a person has looked: closed, nothing would show the hold.
OF_NO_MORE_USE = """
SELECT id, kind FROM tasks.tasks WHERE state = 'open' AND expires_at <= $1 AND kind <> ALL($3)
ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
"""

COUNT = """
SELECT kind, CASE WHEN due_at <= $1 THEN 'overdue' ELSE 'in_time' END AS standing, count(*) AS number
FROM tasks.tasks WHERE state = 'open' GROUP BY 1, 2
"""

BATCH = 500


class Deadlines:
    """Sees to it that a task that nobody does is noticed: escalated when it is due, ended when it is of no more use."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def run_once(self) -> bool:
        """Escalate, end and count once; whether there may be more. With many replicas each task is noticed once."""
        async with self._pool.acquire() as connection:
            now = (await clock.read(connection)).now
            escalated = await connection.fetch(ESCALATE, now, BATCH)
            async with connection.transaction():
                lapsed = await connection.fetch(OF_NO_MORE_USE, now, BATCH, [*HOLDING, TaskKind.UNSAFE_PHONE])
                await tasks.end(connection, [row["id"] for row in lapsed], Outcome.LAPSED, now)
            counts = await connection.fetch(COUNT, now)
        for by, rows in (("due", escalated), ("expiry", lapsed)):
            for row in rows:
                MISSED.labels(row["kind"], by).inc()
        if escalated or lapsed:
            log.warning(
                "tasks that nobody has done: %d are overdue now, %d came to nothing; see `cocreate tasks list`",
                len(escalated),
                len(lapsed),
            )
        OPEN.clear()
        for row in counts:
            OPEN.labels(row["kind"], row["standing"]).set(row["number"])
        return BATCH in {len(escalated), len(lapsed)}
