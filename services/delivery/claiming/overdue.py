"""What is due and waits, counted by reason: the number that an alarm watches."""

from shared.platform import clock, metrics
from shared.platform.database import Pool

OVERDUE = """
SELECT why, count(*) AS number FROM schedule.messages WHERE state = 'scheduled' AND send_at < $1 GROUP BY why
UNION ALL
SELECT state, count(*) FROM schedule.messages WHERE state IN ('unknown', 'parked') GROUP BY state
"""


class Overdue:
    """Counts them into `cocreate_overdue_messages`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def run_once(self) -> None:
        """Count once. A reason that nobody waits for any more shows nothing."""
        async with self._pool.acquire() as connection:
            moment = await clock.read(connection)
            rows = await connection.fetch(OVERDUE, moment.now)
        metrics.WAITING.clear()
        for row in rows:
            metrics.WAITING.labels(row["why"]).set(row["number"])
