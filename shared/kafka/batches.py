"""Batches of records: one that breaks is taken in record by record, so that a bad record stops nothing else."""

import logging
from collections.abc import Awaitable, Callable, Sequence

from shared.events.cloudevents import Event, Record, Rejected
from shared.platform.database import is_transient
from shared.platform.faults import where_it_broke

log = logging.getLogger("cocreate.batches")

Take = Callable[[Sequence[Record]], Awaitable[list[Rejected]]]
Refuse = Callable[[Record, str], Awaitable[Rejected]]


async def take(records: Sequence[Record], attempt: Take, refuse: Refuse) -> list[Rejected]:
    """Take a batch in whole, or, where a fault of ours breaks it, one by one; what was refused.

    Args:
        records: the batch.
        attempt: takes records in, all or none of them.
        refuse: makes a dead letter of one record, given what broke.

    Raises:
        OSError, asyncpg.PostgresError: the database is away; what was not taken in can be tried again.

    """
    try:
        return await attempt(records)
    except Exception as error:  # our own fault in a rule or a query must cost one record, not the topic
        if is_transient(error):
            raise
        log.error("a batch of %d records broke: %s", len(records), where_it_broke(error))  # noqa: TRY400 - see there
        if len(records) == 1:
            return [await refuse(records[0], type(error).__name__)]
    return [refused for record in records for refused in await take([record], attempt, refuse)]


def settling(results: Sequence[Event | Rejected]) -> list[Event]:
    """The events that may end a hold: those which no unreadable record about the same thing follows.

    One that follows in the batch, and whose time is known to be earlier, does not count.
    """
    unreadable = {r.thing: (position, r.time) for position, r in enumerate(results) if isinstance(r, Rejected)}

    def settles(position: int, event: Event) -> bool:
        last, time = unreadable.get(event.thing, (-1, None))
        return position > last or (time is not None and event.version.time > time)

    return [e for position, e in enumerate(results) if isinstance(e, Event) and settles(position, e)]
