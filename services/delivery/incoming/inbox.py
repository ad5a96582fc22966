"""The inbox: what comes in on `messaging.inbound` goes to whoever reads its type."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.delivery.incoming import texts, unsubscribes
from services.delivery.incoming.texts import Texts
from services.delivery.incoming.unsubscribes import Unsubscribes
from shared.events.cloudevents import EventKind, Record, Rejected, read
from shared.events.inbound_text import KIND as TEXT
from shared.events.types import LATEST
from shared.events.unsubscribe import KIND as UNSUBSCRIBE

KINDS: Mapping[str, EventKind[Any]] = {**unsubscribes.KINDS, **texts.KINDS}


class Inbox:
    """Sorts records by their type."""

    def __init__(self, unsubscribes: Unsubscribes, texts: Texts) -> None:
        self._unsubscribes = unsubscribes
        self._texts = texts

    async def take(self, records: Sequence[Record]) -> list[Rejected]:
        """Have a batch taken in; what nobody can read comes back.

        Raises:
            OSError, asyncpg.PostgresError: the database is away, try again.

        """
        sorted_out = [(record, read(record, KINDS, LATEST)) for record in records]  # whether it is time, they ask
        refused = [result for _, result in sorted_out if isinstance(result, Rejected)]
        by_kind = {
            kind: [record for record, event in sorted_out if not isinstance(event, Rejected) and event.kind == kind]
            for kind in (UNSUBSCRIBE, TEXT)
        }
        for taker, kind in ((self._unsubscribes, UNSUBSCRIBE), (self._texts, TEXT)):
            if by_kind[kind]:
                refused += await taker.take(by_kind[kind])
        return refused
