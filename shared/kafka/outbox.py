"""The relay of the outbox: it publishes waiting events to Kafka in order, one relay at a time."""

import asyncio

from aiokafka import AIOKafkaProducer

from shared.platform.database import Pool

# Held until the transaction ends: a second relay finds it taken and looks again later.
TAKE_TURN = "SELECT pg_try_advisory_xact_lock(7301002)"

WAITING = "SELECT seq, topic, key, event FROM schedule.outbox ORDER BY seq LIMIT $1"

DONE = "DELETE FROM schedule.outbox WHERE seq = ANY($1)"

BATCH = 500


class Relay:
    """Publishes the events of the outbox. After a crash before the delete an event goes out again, with the same id."""

    def __init__(self, pool: Pool, producer: AIOKafkaProducer) -> None:
        self._pool = pool
        self._producer = producer

    async def run_once(self) -> bool:
        """Publish a batch; return whether there may be more.

        Raises:
            KafkaError: nothing was deleted; the same events go out the next time.

        """
        async with self._pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval(TAKE_TURN):
                return False
            rows = await connection.fetch(WAITING, BATCH)
            headers = [("content-type", b"application/cloudevents+json")]
            pending = [
                await self._producer.send(row["topic"], row["event"].encode(), row["key"].encode(), headers=headers)
                for row in rows
            ]
            await asyncio.gather(*pending)
            await connection.execute(DONE, [row["seq"] for row in rows])
        return len(rows) == BATCH
