"""Texts of which no final receipt came: looked up at the provider, whose answer is taken in as a receipt is."""

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from prometheus_client import Counter

from services.delivery.providers.message import LookupUnavailable
from services.delivery.sending.receipts import RANK
from shared.events.cloudevents import Record, Rejected
from shared.events.delivery_receipt import KIND, TYPE, Receipt
from shared.events.topic_names import RECEIPTS
from shared.platform import clock
from shared.platform.clock import Moment
from shared.platform.database import Pool

log = logging.getLogger("cocreate.delivery")

SILENT = Counter("cocreate_silent_texts", "What became of looks at texts without a final receipt", ["outcome"])
"""`told`: it is final; `waits`: not yet; `forgotten`: the provider has it no more; `given_up`: never heard of again;
`refused`: what the provider said could not be taken in."""

LATER = (timedelta(hours=1), timedelta(hours=6), timedelta(hours=23))
GIVEN_UP = timedelta(days=1)  # Twilio keeps a text in its queue for 10 hours at most, and carriers answer in hours
OVER = timedelta(days=2)  # nobody asks for older ones; a service that was down for a day still counts what it gave up

# A text that was sent is due for nothing else: its `due_at` says when it is looked up next. Its last change is that it
# was sent. Taken by moving that look away, so that two replicas do not ask for the same one.
TAKE = """
UPDATE schedule.messages m SET due_at = $2
FROM (SELECT id FROM schedule.messages
    WHERE key IS NOT NULL AND changed_at > $3 AND changed_at <= $4
        AND state = 'sent' AND channel = 'sms' AND provider_id IS NOT NULL AND due_at <= $1
    ORDER BY changed_at LIMIT $5 FOR UPDATE SKIP LOCKED) t
WHERE m.id = t.id
RETURNING m.id, m.provider_id, m.changed_at
"""

LOOK_AT = """
UPDATE schedule.messages SET due_at = $3 WHERE id = $1 AND provider_id = $2 AND state = 'sent'
"""

BATCH = 10
TAKEN_FOR = timedelta(minutes=10)  # what a batch may take at most: each look the longest timeout, a minute

FINAL = 3  # of the ranks of statuses

Take = Callable[[Sequence[Record]], Awaitable[Sequence[Rejected]]]
Blocked = Callable[[], frozenset[str]]


class Teller(Protocol):
    """A provider who can be asked what became of one message."""

    async def status(self, provider_id: str) -> Receipt | None:
        """What has become of it by now, as a receipt would say it; None where the provider has it no more.

        Raises:
            CannotLook: the provider does not say now.

        """


def next_step(silent_for: timedelta, first: timedelta) -> timedelta:
    """How long after it was sent a text that still is silent comes up next: to be looked up, given up, or never again.

    Args:
        silent_for: how long nothing final was heard of it.
        first: how long it may be silent before it is looked up at all.

    """
    looks = (first, *(look for look in LATER if look > first))
    return next((step for step in (*looks, GIVEN_UP, OVER) if step > silent_for), OVER)


class ReceiptPoller:
    """Looks silent texts up, one request at a time.

    Args:
        pool: the database.
        provider: who sent the texts.
        take: takes receipts in.
        blocked: the channels whose sender the provider refuses: nothing is asked for them.
        first: how long a text may be silent, in a machine's time; less than a day.

    """

    def __init__(self, pool: Pool, provider: Teller, take: Take, blocked: Blocked, first: timedelta) -> None:
        self._pool = pool
        self._provider = provider
        self._take = take
        self._blocked = blocked
        self._first = first
        self._in_trouble = False

    async def run_once(self) -> bool:
        """Look a batch up; whether there may be more. Ends at once where the provider does not answer."""
        if "sms" in self._blocked():
            return False
        async with self._pool.acquire() as connection, connection.transaction():
            moment = await clock.read(connection)
            rows = await connection.fetch(
                TAKE,
                moment.now,
                moment.later(TAKEN_FOR),
                moment.earlier(OVER),
                moment.earlier(self._first),
                BATCH,
            )
        for row in rows:
            silent_for = (moment.now - row["changed_at"]) / max(moment.rate, 1.0)
            if silent_for >= GIVEN_UP:
                await self._end(row, moment, "given_up")
            elif "sms" in self._blocked() or not await self._look(row, silent_for, moment):
                return False  # what is left of the batch comes up again by itself
        return len(rows) == BATCH

    async def _look(self, row: Any, silent_for: timedelta, moment: Moment) -> bool:
        """Ask for one text and take in what is said; whether anything was."""
        try:
            receipt = await self._provider.status(row["provider_id"])
        except LookupUnavailable as error:
            if not self._in_trouble:  # one line for each outage
                log.warning("texts without a receipt cannot be looked up at the provider (%s): they wait", error)
            self._in_trouble = True
            return False
        if self._in_trouble:
            log.info("texts without a receipt are looked up again")
            self._in_trouble = False
        if receipt is None:
            await self._end(row, moment, "forgotten")
        elif RANK.get(receipt.status, 0) == FINAL:
            refused = await self._take([as_record(row["id"], receipt, moment.now)])
            await self._end(row, moment, "refused" if refused else "told")
        else:
            await self._put_off(row, moment, next_step(silent_for, self._first))
            SILENT.labels("waits").inc()
        return True

    async def _end(self, row: Any, moment: Moment, outcome: str) -> None:
        """Ask for it never again, and count it."""
        await self._put_off(row, moment, OVER)
        SILENT.labels(outcome).inc()

    async def _put_off(self, row: Any, moment: Moment, step: timedelta) -> None:
        due_at = row["changed_at"] + (moment.later(step) - moment.now)
        async with self._pool.acquire() as connection:
            await connection.execute(LOOK_AT, row["id"], row["provider_id"], due_at)


def as_record(message_id: UUID, receipt: Receipt, now: datetime) -> Record:
    """What was found at the provider, as the record in which a callback would have brought it."""
    event = {
        "specversion": "1.0",
        "id": f"{receipt.provider_id}/{receipt.status}",
        "source": "urn:cocreate:delivery",
        "type": TYPE,
        "subject": f"{KIND}/{message_id}",
        "data": receipt.model_dump(mode="json"),
    }
    return Record(
        topic=RECEIPTS,
        partition=0,
        offset=0,
        timestamp=now,
        key=str(message_id).encode(),
        value=json.dumps(event).encode(),
    )
