"""Unsubscribes: where a message went, no more of its kind goes. What is claimed after this one commits knows of it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.delivery.incoming.subjects import message_of
from shared.events.cloudevents import Event, EventKind, Record, Rejected, RejectReason, read
from shared.events.unsubscribe import KIND, TYPE, Unsubscribed
from shared.kafka.batches import Batch
from shared.kafka.consumer import Consumer
from shared.patients import identity, opt_outs
from shared.patients.identity import Merged
from shared.patients.opt_out_events import UNSUBSCRIBE, AddressOptOut
from shared.platform.clock import Connection
from shared.platform.database import Pool
from shared.schedule import reconciliation

log = logging.getLogger("cocreate.delivery")

KINDS: Mapping[str, EventKind[Unsubscribed]] = {TYPE: EventKind(KIND, Unsubscribed)}

# The blind index of the address outlives the content, so a link works as long as anybody keeps the mail.
WENT_TO = "SELECT id, patient_id, address FROM schedule.messages WHERE id = ANY($1) AND address IS NOT NULL"


@dataclass(frozen=True, slots=True)
class UnsubscribeRequest:
    """No more of this category to where that message went."""

    record: Record
    message_id: UUID
    category: str


def read_wish(record: Record, now: datetime) -> Event | Rejected:
    """What a record asks for; its thing ends in the id of the message by which it was asked."""
    event = read(record, KINDS, now)
    if isinstance(event, Rejected):
        return event
    if message_of(event) is None:
        return Rejected(record, RejectReason.INVALID_DATA, "the subject names no message")
    if event.data is None:
        return Rejected(record, RejectReason.UNKNOWN_KEY, "an unsubscribe cannot be taken back")
    return event


class Unsubscribes:
    """Takes unsubscribes in."""

    def __init__(self, pool: Pool) -> None:
        self.take = Consumer(pool, self).take

    def read(self, record: Record, now: datetime) -> Event | Rejected:
        """What a record asks for. The gateway's clock may be ahead of ours, which a demo turns."""
        return read_wish(record, max(now, record.timestamp))

    async def handle(self, connection: Connection, batch: Batch) -> list[Rejected]:
        """Stop what a batch asks to stop; what is no unsubscribe, or of no message that was sent, comes back."""
        wishes = [
            UnsubscribeRequest(record, message_id, event.data.category)
            for record, event in zip(batch.records, batch.results, strict=True)
            if isinstance(event, Event) and isinstance(event.data, Unsubscribed)
            if (message_id := message_of(event)) is not None
        ]
        return [*batch.rejected, *await self._apply(connection, wishes, batch.moment.now)]

    async def _apply(
        self, connection: Connection, wishes: Sequence[UnsubscribeRequest], now: datetime
    ) -> list[Rejected]:
        """Opt out under the patients' locks; the wishes about messages that we never sent."""
        addresses, patients = await _concerned(connection, wishes)
        await identity.lock(connection, patients, merged_too=True)
        addresses, by_now = await _concerned(connection, wishes)
        if by_now - patients:
            raise Merged(by_now - patients)
        pairs = {(addresses[wish.message_id], wish.category) for wish in wishes if wish.message_id in addresses}
        wanted = [AddressOptOut(address, category, UNSUBSCRIBE, now) for address, category in pairs]
        new = await opt_outs.opt_out(connection, wanted, now)
        if new:
            await reconciliation.recheck(connection, patients)
            log.info("%d addresses opted out by a link in an e-mail", len(new))
        return [
            # A signed link to a message that is not here: the database is older than the mail, or another one's.
            Rejected(wish.record, RejectReason.NOT_HANDLED, "no such message was sent from this database")
            for wish in wishes
            if wish.message_id not in addresses
        ]


async def _concerned(
    connection: Connection, wishes: Sequence[UnsubscribeRequest]
) -> tuple[dict[UUID, bytes], set[UUID]]:
    """Where the messages went, and everybody whom that concerns."""
    rows = await connection.fetch(WENT_TO, sorted({wish.message_id for wish in wishes}))
    addresses = {row["id"]: row["address"] for row in rows}
    # Whoever shares the mailbox is stopped as well, and so locked: a claim of theirs must not be half-way meanwhile.
    holders = await identity.holders(connection, list(addresses.values()))
    return addresses, {row["patient_id"] for row in rows}.union(*holders.values())
