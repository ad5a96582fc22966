"""Texts that the gateway did not take: found in the provider's list, and taken in as if they had come by the webhook.

Twilio tries a webhook again for 15 seconds and then never: a text during a longer outage stands in its list alone.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from prometheus_client import Counter

from services.delivery.providers.message import LookupUnavailable, ReceivedText
from shared.events.cloudevents import Record, Rejected
from shared.events.inbound_text import KIND, TYPE
from shared.events.topic_names import INBOUND
from shared.platform import clock
from shared.platform.database import Pool
from shared.schedule import received_texts

log = logging.getLogger("cocreate.delivery")

MISSED = Counter("cocreate_missed_texts", "Texts that only the provider's list brought", ["outcome"])
"""`taken`: taken in; `refused`: what the provider said of it is no text, and it is a dead letter of the log."""

EVERY = timedelta(minutes=1)  # a request; a text that speaks of danger is due to be read within half an hour
SETTLED = timedelta(minutes=2)
"""What is younger is left to the webhook: Twilio's tries take 15 s, and a reader of Kafka is seconds behind."""

OVERLAP = timedelta(minutes=15)
"""What is listed twice: clocks differ, and a text may appear in the list late. Each is taken in once by its id."""

BATCH = 100

Take = Callable[[Sequence[Record]], Awaitable[Sequence[Rejected]]]


class Lister(Protocol):
    """A provider who can be asked which texts it has received for us."""

    async def received(self, since: datetime) -> list[ReceivedText]:
        """The texts that it has received for our numbers since then, the oldest first.

        Raises:
            LookupUnavailable: the provider does not show its list now.

        """


class MissedTexts:
    """Compares the provider's list with the texts that we have, and has those taken in that we have not.

    The time up to which it was compared is kept in the database, so that an outage of ours is made up for however long
    it was. At the first start that time is now: nothing is taken in of a number's former life.
    """

    def __init__(self, pool: Pool, provider: Lister, take: Take) -> None:
        """`take` takes records of `messaging.inbound` in."""
        self._pool = pool
        self._provider = provider
        self._take = take
        self._in_trouble = False

    async def run_once(self) -> bool:
        """Look once where it is time for a look, by whichever replica comes first; False: there is no more to do."""
        async with self._pool.acquire() as connection:
            real = await clock.real(connection)
            compared_to = await received_texts.claim_look(connection, real, EVERY)
        if compared_to is None:
            return False
        try:
            listed = await self._provider.received(compared_to - OVERLAP)
        except LookupUnavailable as error:
            if not self._in_trouble:  # one line for each outage
                log.warning("the provider does not list the texts that came (%s): asked again in a minute", error)
            self._in_trouble = True
            return False
        self._in_trouble = False
        settled = [text for text in listed if text.received_at <= real - SETTLED]
        for start in range(0, len(settled), BATCH):
            await self._take_missed(settled[start : start + BATCH])
        async with self._pool.acquire() as connection:
            await received_texts.looked(connection, real - SETTLED)
        return False

    async def _take_missed(self, listed: Sequence[ReceivedText]) -> None:
        async with self._pool.acquire() as connection:
            known = await received_texts.known(connection, [text.text.provider_id for text in listed])
        missed = [text for text in listed if text.text.provider_id not in known]
        if not missed:
            return
        refused = await self._take([as_record(text) for text in missed])
        log.warning("%d texts came while the gateway took none: taken from the provider's list", len(missed))
        MISSED.labels("taken").inc(len(missed) - len(refused))
        MISSED.labels("refused").inc(len(refused))


def as_record(text: ReceivedText) -> Record:
    """A listed text as the record that the gateway would have written."""
    inbound = text.text
    at = text.received_at.astimezone(UTC)
    event = {
        "specversion": "1.0",
        "id": inbound.provider_id,
        "source": "urn:cocreate:delivery",
        "type": TYPE,
        "subject": f"{KIND}/{inbound.provider_id}",
        "time": at.isoformat(),
        "data": inbound.model_dump(mode="json"),
    }
    return Record(
        topic=INBOUND,
        partition=0,
        offset=0,
        timestamp=at,
        key=inbound.provider_id.encode(),
        value=json.dumps(event).encode(),
    )
