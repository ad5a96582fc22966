"""Content is erased after its time; the hash of what was sent stays, so that even a replay sends nothing again."""

from datetime import timedelta

from shared.platform import clock
from shared.platform.database import Pool
from shared.schedule import received_texts

# The id (a hash of the key) and what was said of each thing stay: from them a replay sees that nothing is new.
ERASE = """
UPDATE schedule.messages SET key = NULL, data = NULL, calendar = NULL, sealed = NULL, key_id = NULL, detail = ''
WHERE id IN (
    SELECT id FROM schedule.messages
    WHERE key IS NOT NULL AND state IN ('withdrawn', 'withheld', 'sent', 'delivered', 'failed', 'parked')
        AND changed_at < $1 AND expires_at < $1
    LIMIT $2 FOR UPDATE SKIP LOCKED)
"""

BATCH = 1_000


class Erasure:
    """Erases the words, addresses and keys of messages that are long over, and the words of old texts."""

    def __init__(self, pool: Pool, kept_for: timedelta) -> None:
        self._pool = pool
        self._kept_for = kept_for

    async def run_once(self) -> bool:
        """Erase a batch; whether there may be more."""
        async with self._pool.acquire() as connection:
            moment = await clock.read(connection)
            before = moment.now - self._kept_for
            messages = await connection.execute(ERASE, before, BATCH)
            erased = await received_texts.erase(connection, before, BATCH)
        return messages == f"UPDATE {BATCH}" or erased == BATCH
