"""Receipts: states only move forward; a failure before expiry tries the patient's next address."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.delivery.incoming.subjects import message_of
from services.delivery.providers.outcomes import DEAD_NUMBERS, Failure, on_callback
from services.delivery.sending.records import UNTOLD, Proven, give_back, wake
from shared.events.cloudevents import Event, EventKind, Record, Rejected, RejectReason, read
from shared.events.delivery_receipt import KIND, TYPE, Receipt
from shared.events.things import sources_of
from shared.kafka.batches import Batch
from shared.kafka.consumer import Consumer
from shared.patients import dead_numbers, details, identity, opt_outs
from shared.patients.identity import Merged
from shared.patients.person import Person
from shared.platform.clock import Connection, Moment
from shared.platform.database import Pool
from shared.schedule import changes, tasks, transitions
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
SELECT id, planner, patient_id, things, places, state, expires_at, provider_id, past_ids, attempt, resends, address,
    tried, must_reach
FROM schedule.messages WHERE id = ANY($1)
"""

HALF_AN_HOUR = timedelta(minutes=30)

ATTEMPTS: Mapping[Failure, int] = {Failure.RETRY: 3, Failure.OTHER_THEN_ONCE_MORE: 2}
"""How often a message goes to one address: once where the failure is not among these."""

HAS_IT = frozenset({MessageState.SENT, MessageState.DELIVERED})

NOT_TOLD = UNTOLD | {MessageState.WITHDRAWN}


@dataclass(frozen=True, slots=True, kw_only=True)
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
    must_reach: bool = False
    """Whether a person tells the patient where no address is left: it is news, or they need it in some format."""

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
    is_of_use = moment.now < sent.expires_at
    if failure is Failure.OPTED_OUT:
        # What is news comes back: the claim finds the opt-out, and has a person tell them.
        return transitions.returned(*told, moment.now) if sent.must_reach and is_of_use else transitions.stopped(*told)
    later = moment.later(HALF_AN_HOUR)
    elsewhere = transitions.returned(*told, moment.now, refused=True)
    goes_on = failure is not Failure.RETRY and is_of_use
    if goes_on and sent.others:
        return elsewhere
    if sent.attempt < ATTEMPTS.get(failure, 1) and later < sent.expires_at:
        return transitions.returned(*told, later)
    if sent.must_reach and is_of_use:
        return elsewhere  # the claim finds no address, and has a person tell them
    return transitions.undelivered(*told, refused=failure is not Failure.RETRY)


def read_receipt(record: Record, now: datetime) -> Event | Rejected:
    """The receipt that a record holds; its thing ends in the id of the message that it is about."""
    event = read(record, KINDS, now)
    if isinstance(event, Rejected):
        return event
    if message_of(event) is None:
        return Rejected(record, RejectReason.INVALID_DATA, "the subject names no message")
    if event.data is None:
        return Rejected(record, RejectReason.UNKNOWN_KEY, "a receipt cannot be taken back")
    return event


class Receipts:
    """Takes receipts in."""

    def __init__(self, pool: Pool, encryption: Encryption) -> None:
        self.take = Consumer(pool, self).take
        self._encryption = encryption

    def read(self, record: Record, now: datetime) -> Event | Rejected:
        """The receipt that a record holds. The gateway's clock may be ahead of ours, which a demo turns."""
        return read_receipt(record, max(now, record.timestamp))

    async def handle(self, connection: Connection, batch: Batch) -> list[Rejected]:
        """Apply a batch of receipts under their patients' locks; what is no receipt comes back."""
        receipts = [
            (message_id, event.data)
            for event in batch.events
            if isinstance(event.data, Receipt) and (message_id := message_of(event)) is not None
        ]
        rows = await self._lock(connection, sorted({message_id for message_id, _ in receipts}))
        wanted = [_concerned(row) for row in rows.values()]
        who = await details.load_for(connection, self._encryption, wanted)
        made: dict[UUID, Change] = {}
        for message_id, receipt in sorted(receipts, key=lambda pair: RANK.get(pair[1].status, 0)):
            row = rows.get(message_id)
            change = None if row is None else apply(_sent(row, who[_concerned(row)]), receipt, batch.moment)
            if change is not None:
                made[message_id] = change
        await _change(connection, rows, made, batch.moment.now)
        return batch.rejected

    async def _lock(self, connection: Connection, ids: Sequence[UUID]) -> dict[UUID, Any]:
        """Lock the patients of messages; these messages, by their ids."""
        patients = {row["patient_id"] for row in await connection.fetch(MESSAGES, ids)}
        await identity.lock(connection, patients, merged_too=True)
        rows = {row["id"]: row for row in await connection.fetch(MESSAGES, ids)}
        moved = {row["patient_id"] for row in rows.values()} - patients
        if moved:
            raise Merged(moved)
        return rows


async def _change(connection: Connection, rows: Mapping[UUID, Any], made: Mapping[UUID, Change], now: datetime) -> None:
    """Apply what receipts make of messages, and what follows: opt-outs, and plans that counted on these messages."""
    await give_back(connection, [Proven(i, c.provider_id) for i, c in made.items() if c.provider_id], now)
    changed = await changes.apply(connection, made.items(), now)
    await tasks.end_of_sent(connection, [row["id"] for row in changed if row["state"] in HAS_IT], now)
    stopped = [(rows[i]["address"], c.detail) for i, c in made.items() if _says_stop(c)]
    await opt_outs.opt_out_by_carrier(connection, stopped, now)
    dead = [(rows[i]["address"], DEAD_NUMBERS[c.detail]) for i, c in made.items() if c.detail in DEAD_NUMBERS]
    await dead_numbers.failed(connection, dead, now)
    news = [rows[i] for i, c in made.items() if {c.state, rows[i]["state"]} & NOT_TOLD]
    await wake(connection, [(row["planner"], row["patient_id"]) for row in news], now)


def _says_stop(change: Change) -> bool:
    """Whether the carrier says that the number has opted out."""
    code = int(change.detail) if change.detail.isdecimal() else None
    return change.why is Why.OPTED_OUT or (not change.refused and on_callback(code) is Failure.OPTED_OUT)


def _concerned(row: Any) -> tuple[UUID, frozenset[str]]:
    """The patient of a message, and the sources whose things it is about."""
    return row["patient_id"], sources_of(row["things"], row["places"])


def _sent(row: Any, person: Person) -> Sent:
    left = person.without(frozenset({*row["tried"], row["address"]})).fitting
    return Sent(
        state=MessageState(row["state"]),
        expires_at=row["expires_at"],
        provider_id=row["provider_id"],
        past_ids=frozenset(row["past_ids"]),
        attempt=row["attempt"],
        resends=row["resends"],
        others=any(not address.opted_out for address in left),
        must_reach=row["must_reach"] or bool(person.formats),
    )
