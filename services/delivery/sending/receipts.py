"""Receipts: states only move forward; a failure before expiry tries the patient's next address."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.delivery.providers.outcomes import Failure, on_callback
from services.delivery.sending.records import UNTOLD, Proven, give_back, wake
from shared.events.cloudevents import EventKind, Record, Rejected, RejectReason, read
from shared.events.delivery_receipt import KIND, TYPE, Receipt
from shared.kafka import batches
from shared.patients import details, identity, opt_outs
from shared.patients.identity import Merged
from shared.patients.person import Person
from shared.platform import clock
from shared.platform.clock import Connection, Moment
from shared.platform.database import Pool
from shared.schedule import changes, transitions
from shared.schedule.states import MessageState, Why
from shared.schedule.transitions import TABLE, Change, Transition
from shared.security.encryption import Encryption

log = logging.getLogger("cocreate.delivery")

KINDS: Mapping[str, EventKind[Receipt]] = {TYPE: EventKind(KIND, Receipt)}

RANK: Mapping[str, int] = {
    "accepted": 1,
    "scheduled": 1,
    "queued": 1,
    "sending": 1,
    "sent": 2,
    "delivered": 3,
    "read": 3,
    "undelivered": 3,
    "failed": 3,
    "canceled": 3,
}
"""Twilio's statuses, which can only move forward (https://www.twilio.com/docs/messaging/api/message-resource)."""

MESSAGES = """
SELECT id, planner, patient_id, state, expires_at, provider_id, past_ids, attempt, resends, address, tried
FROM schedule.messages WHERE id = ANY($1)
"""

HALF_AN_HOUR = timedelta(minutes=30)
MOST_ATTEMPTS = 3
NOT_TOLD = UNTOLD | {MessageState.WITHDRAWN}


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was handed over, as a receipt finds it."""

    state: MessageState
    expires_at: datetime
    provider_id: str | None
    past_ids: frozenset[str]
    attempt: int
    resends: int
    others: bool
    """Whether it can go to another address at which its reader can read it."""
    needs: bool = False
    """Whether the patient needs it in some format, so that a person tells them where no address is left."""

    @property
    def is_open(self) -> bool:
        """Whether a receipt can tell anything new; one that was given up may turn out to have been sent."""
        arrived = TABLE[Transition.DELIVERED]
        return self.state in arrived.before or (self.resends > 0 and self.state in arrived.resent)

    def is_named(self, provider_id: str) -> bool:
        """Whether the provider may call the present attempt so."""
        return provider_id not in self.past_ids and self.provider_id in {None, provider_id}


def apply(sent: Sent, receipt: Receipt, moment: Moment) -> Change | None:
    """What a receipt makes of a message; None where it tells nothing new."""
    rank = RANK.get(receipt.status, 0)
    if rank == 0 or not sent.is_named(receipt.provider_id) or not sent.is_open:
        return None
    if receipt.status in {"delivered", "read"}:
        return transitions.delivered(receipt.provider_id)
    if rank < 3:  # noqa: PLR2004 - the last rank
        return None if sent.state is MessageState.SENT else transitions.confirmed(receipt.provider_id)
    return _failed(sent, receipt, on_callback(receipt.error_code), moment)


def _failed(sent: Sent, receipt: Receipt, failure: Failure, moment: Moment) -> Change:
    told = (receipt.provider_id, str(receipt.error_code or receipt.status))
    if failure is Failure.OPTED_OUT:
        return transitions.stopped(*told)
    later = moment.later(HALF_AN_HOUR)
    elsewhere = transitions.returned(*told, moment.now, refused=True)
    goes_on = failure is not Failure.RETRY and moment.now < sent.expires_at
    if goes_on and sent.others:
        return elsewhere
    once_more = failure is Failure.OTHER_THEN_ONCE_MORE and sent.attempt == 1
    if (once_more or (failure is Failure.RETRY and sent.attempt < MOST_ATTEMPTS)) and later < sent.expires_at:
        return transitions.returned(*told, later)
    if goes_on and sent.needs:
        return elsewhere  # the claim finds no address, and has a person tell them
    return transitions.undelivered(*told, refused=failure is not Failure.RETRY)


def read_receipt(record: Record, now: datetime) -> tuple[UUID, Receipt] | Rejected:
    """The message that a record is about, and what it says of it."""
    event = read(record, KINDS, now)
    if isinstance(event, Rejected):
        return event
    try:
        message_id = UUID(event.thing.rpartition("/")[2])
    except ValueError:
        return Rejected(record, RejectReason.INVALID_DATA, "the subject names no message")
    if not isinstance(event.data, Receipt):
        return Rejected(record, RejectReason.UNKNOWN_KEY, "a receipt cannot be taken back")
    return message_id, event.data


async def _refuse(record: Record, detail: str) -> Rejected:
    return Rejected(record, RejectReason.NOT_HANDLED, detail)


class Receipts:
    """Takes receipts in."""

    def __init__(self, pool: Pool, encryption: Encryption, region: str) -> None:
        self._pool = pool
        self._vault = encryption
        self._region = region

    async def take(self, records: Sequence[Record]) -> list[Rejected]:
        """Apply a batch of receipts under their patients' locks; what is no receipt comes back.

        Raises:
            OSError, asyncpg.PostgresError: the database is away, try again.

        """
        return await batches.take(records, self._take, _refuse)

    async def _take(self, records: Sequence[Record]) -> list[Rejected]:
        while True:
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    moment = await clock.read(connection)
                    results = [read_receipt(record, max(moment.now, record.timestamp)) for record in records]
                    await self._apply(connection, [r for r in results if not isinstance(r, Rejected)], moment)
                    return [result for result in results if isinstance(result, Rejected)]
            except Merged:
                continue

    async def _apply(self, connection: Connection, receipts: Sequence[tuple[UUID, Receipt]], moment: Moment) -> None:
        ids = sorted({message_id for message_id, _ in receipts})
        patients = {row["patient_id"] for row in await connection.fetch(MESSAGES, ids)}
        await identity.lock(connection, patients, merged_too=True)
        rows = {row["id"]: row for row in await connection.fetch(MESSAGES, ids)}
        moved = {row["patient_id"] for row in rows.values()} - patients
        if moved:
            raise Merged(moved)
        who = await details.load(connection, self._vault, patients, self._region)
        made: dict[UUID, Change] = {}
        for message_id, receipt in sorted(receipts, key=lambda pair: RANK.get(pair[1].status, 0)):
            row = rows.get(message_id)
            change = None if row is None else apply(_sent(row, who[row["patient_id"]]), receipt, moment)
            if change is not None:
                made[message_id] = change
        await give_back(connection, [Proven(i, c.provider_id) for i, c in made.items() if c.provider_id], moment.now)
        await changes.apply(connection, made.items(), moment.now)
        stopped = [(rows[i]["address"], c.detail) for i, c in made.items() if c.why is Why.OPTED_OUT]
        await opt_outs.opt_out_by_carrier(connection, stopped, moment.now)
        news = [rows[i] for i, c in made.items() if {c.state, rows[i]["state"]} & NOT_TOLD]
        await wake(connection, [(row["planner"], row["patient_id"]) for row in news], moment.now)


def _sent(row: Any, person: Person) -> Sent:
    left = person.without(frozenset({*row["tried"], row["address"]})).fitting
    return Sent(
        MessageState(row["state"]),
        row["expires_at"],
        row["provider_id"],
        frozenset(row["past_ids"]),
        row["attempt"],
        row["resends"],
        others=any(not address.opted_out for address in left),
        needs=bool(person.formats),
    )
