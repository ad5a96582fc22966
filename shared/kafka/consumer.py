"""The consumer that whoever reads a topic shares: a batch of records is taken in by one transaction, or one by one.

It knows nothing of what the records tell. Whoever reads a topic brings how a record is read, and what becomes of a
batch that was: see `Handler`.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared.events.cloudevents import Event, Record, Rejected
from shared.kafka.batches import Batch, only_permitted, read_batch
from shared.patients import sources
from shared.patients.identity import Merged
from shared.platform import clock
from shared.platform.clock import Connection
from shared.platform.database import Pool, is_transient
from shared.platform.faults import where_it_broke

log = logging.getLogger("cocreate.batches")


class Handler(Protocol):
    """What differs between those who read topics."""

    def read(self, record: Record, now: datetime) -> Event | Rejected:
        """What a record says."""

    async def handle(self, connection: Connection, batch: Batch) -> list[Rejected]:
        """Take a batch in, inside the transaction of its moment; what is refused of it and becomes dead letters.

        It holds what a refused record is about, where that can be read.

        Raises:
            Merged: patients became others between looking up and locking them: all of it is done again.

        """


async def _only_again(_: set[UUID]) -> None:
    """A batch that met patients who were merged meanwhile need only be tried again."""


class Consumer:
    """Has one handler take batches of records in."""

    def __init__(
        self, pool: Pool, handler: Handler, merged: Callable[[set[UUID]], Awaitable[object]] = _only_again
    ) -> None:
        """`merged` is called with patients who were merged meanwhile, outside the transaction, before the next try."""
        self._pool = pool
        self._handler = handler
        self._merged = merged

    async def take(self, records: Sequence[Record], fault: str | None = None) -> list[Rejected]:
        """Take a batch in whole, or, where a fault of ours breaks it, one by one; what was refused.

        Args:
            records: the batch.
            fault: the fault of ours by which these records broke before: they are refused for it.

        Raises:
            OSError, asyncpg.PostgresError: the database is away; what was not taken in can be tried again.

        """
        merged: set[UUID] | None = None
        while True:
            try:
                if merged is not None:
                    await self._merged(merged)
                async with self._pool.acquire() as connection, connection.transaction():
                    batch = read_batch(records, self._handler.read, await clock.read(connection), fault)
                    registry = await sources.load(connection)
                    return await self._handler.handle(connection, only_permitted(batch, registry.may_write))
            except Merged as met:
                merged = met.patients
            except Exception as error:  # our own fault in a rule or a query must cost one record, not the topic
                if is_transient(error) or fault is not None:
                    raise
                log.error("a batch of %d records broke: %s", len(records), where_it_broke(error))  # noqa: TRY400 - see there
                broke = type(error).__name__
                break
        if len(records) == 1:
            return await self.take(records, broke)
        return [refused for record in records for refused in await self.take([record])]
