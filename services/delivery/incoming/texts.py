"""Texts from patients: each is kept, has its safe effect once, and what no rule may answer reaches a person in time."""

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID

from prometheus_client import Counter as PrometheusCounter

from services.delivery.incoming import phone_conversations
from services.delivery.incoming.effects import Effects, Terms
from services.delivery.incoming.keywords import keyword
from services.delivery.incoming.questions import OpenQuestion, tokens
from services.delivery.incoming.responding import respond
from shared.clinic import places
from shared.events.cloudevents import Event, EventKind, Record, Rejected, RejectReason, read
from shared.events.inbound_text import KIND, TYPE, Inbound
from shared.kafka.batches import Batch
from shared.kafka.consumer import Consumer
from shared.patients import identity
from shared.patients.identity import Merged
from shared.patients.phone import Mobile, mobile
from shared.platform.clock import Connection, Moment
from shared.platform.database import Pool
from shared.platform.faults import where_it_broke
from shared.replies import reading
from shared.replies.meaning import Unclear, Understood
from shared.schedule import received_texts, texts
from shared.schedule.received_texts import NewText
from shared.security.encryption import Encryption

log = logging.getLogger("cocreate.delivery")

TEXTS = PrometheusCounter("cocreate_texts", "Texts that came in, by how the rules read them", ["meaning"])

KINDS: Mapping[str, EventKind[Inbound]] = {TYPE: EventKind(KIND, Inbound)}

AN_INSTANT = timedelta(microseconds=1)
"""Apart from each other by this, texts that came at once stay in their order: of two answers the last stands."""


ReadAs: TypeAlias = dict[tuple[str, frozenset[str]], Understood]
"""What texts were read as, by their words and what was asked."""


@dataclass(frozen=True, slots=True)
class ReadText:
    """A text, read for what its phone was asked. `received_at` is by our own clock."""

    text: Inbound
    address: bytes
    received_at: datetime
    said: Understood = Understood(Unclear())  # noqa: RUF009 - immutable

    @property
    def id(self) -> str:
        """What the provider calls it."""
        return self.text.provider_id

    @property
    def meaning(self) -> str:
        """Its meaning as a code: `stops_all`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", type(self.said.meaning).__name__).lower()


class Texts:
    """Takes texts in."""

    def __init__(self, pool: Pool, encryption: Encryption, terms: Terms | None = None) -> None:
        self.take = Consumer(pool, self).take
        self._encryption = encryption
        self._terms = terms or Terms()

    def read(self, record: Record, now: datetime) -> Event | Rejected:
        """The text that a record holds. The gateway's clock may be ahead of ours, which a demo turns."""
        return read_text(record, max(now, record.timestamp))

    async def handle(self, connection: Connection, batch: Batch) -> list[Rejected]:
        """Do what a batch of texts asks for; what is no text comes back."""
        real = await connection.fetchval("SELECT clock_timestamp()")
        heard = [
            self._heard(event.data, received_at(event.version.time, real, batch.moment) + rank * AN_INSTANT)
            for rank, event in enumerate(batch.events)
            if isinstance(event.data, Inbound)
        ]
        if heard:
            await self._apply(connection, heard, batch.moment.now)
        return batch.rejected

    def _heard(self, text: Inbound, at: datetime) -> ReadText:
        number = mobile(text.sender, self._encryption.region)
        sender = number.e164 if isinstance(number, Mobile) else text.sender
        return ReadText(text, self._encryption.index(sender), at)

    async def _apply(self, connection: Connection, heard: Sequence[ReadText], now: datetime) -> None:
        """Keep texts, and do what follows from those that are new, under the locks of everybody who has the phones."""
        addresses = sorted({one.address for one in heard})
        since = min(one.received_at for one in heard)
        asked = await phone_conversations.questions(connection, addresses, since)
        read_as: ReadAs = {}
        for one in heard:  # before anybody is locked: the longest takes 20 ms to read
            _understood(one, asked.get(one.address, ()), read_as)
            await asyncio.sleep(0)  # sends have their turn meanwhile
        whose = await _lock(connection, addresses)
        phones = await phone_conversations.phones(connection, addresses, whose, now, since)
        heard = [replace(one, said=_understood(one, phones[one.address].questions, read_as)) for one in heard]
        new = await self._keep(connection, heard, phones)
        effects = Effects(now=now, places=await places.load(connection), terms=self._terms)
        for one in new:
            phone = phones[one.address]
            follows = respond(one.said, phone.case(one.text, one.received_at, now))
            effects.gather(follows, one.id, phone, one.received_at, one.said.language)
            phones[one.address] = phone.after(follows, now)
        await effects.apply(connection)
        for meaning, number in Counter(one.meaning for one in new).items():
            TEXTS.labels(meaning).inc(number)

    async def _keep(
        self, connection: Connection, heard: Sequence[ReadText], phones: Mapping[bytes, phone_conversations.Phone]
    ) -> list[ReadText]:
        """Keep texts; those that are new, in their order, of doubles the first."""
        once = {one.id: one for one in reversed(heard)}
        new = set(await received_texts.keep(connection, [self._kept(o, phones[o.address]) for o in once.values()]))
        return [one for one in heard if one.id in new and once[one.id] is one]

    def _kept(self, one: ReadText, phone: phone_conversations.Phone) -> NewText:
        return NewText(
            id=one.id,
            address=one.address,
            patients=tuple(sorted(phone.patients)),
            received_at=one.received_at,
            meaning=one.meaning,
            urgent=one.said.urgent,
            after=phone.last.message_id if phone.last else None,
            sealed=texts.seal(
                self._encryption, one.id, texts.TextWords(one.text.sender, one.text.body, one.text.pictures)
            ),
            carrier=one.text.opt_out,
            word=keyword(one.text.body),
        )


async def _lock(connection: Connection, addresses: Sequence[bytes]) -> dict[bytes, set[UUID]]:
    """Lock everybody who has these phones; who has each."""
    patients = {p for those in (await identity.holders(connection, addresses)).values() for p in those}
    await identity.lock(connection, patients)
    whose = await identity.holders(connection, addresses)
    by_now = {patient for those in whose.values() for patient in those}
    if by_now - patients:
        raise Merged(by_now - patients)
    return whose


def read_text(record: Record, now: datetime) -> Event | Rejected:
    """The text that a record holds."""
    event = read(record, KINDS, now)
    if isinstance(event, Event) and event.data is None:
        return Rejected(record, RejectReason.UNKNOWN_KEY, "a text cannot be taken back")
    return event


def received_at(told_at: datetime, real: datetime, moment: Moment) -> datetime:
    """When a text came by our clock, which may show another time than the gateway's: as long ago as it really is."""
    return moment.now - max(real - told_at, timedelta(0)) * moment.rate


def _understood(one: ReadText, asked: Sequence[OpenQuestion], read_as: ReadAs) -> Understood:
    """What a text means to whom it was asked; the same text to the same questions is read once."""
    body, expected = one.text.body, tokens(question for question in asked if question.is_open(one.received_at))
    if (body, expected) not in read_as:
        read_as[body, expected] = _read(body, expected)
    return read_as[body, expected]


def _read(body: str, expected: frozenset[str]) -> Understood:
    """What a text means; one that breaks the rules reaches a person like any that they do not understand."""
    try:
        return reading.read(body, expected)
    except Exception as error:  # noqa: BLE001 - no text may be lost for a fault of ours
        log.error("a text cannot be read by the rules: %s", where_it_broke(error))  # noqa: TRY400 - shows no words
        return Understood(Unclear())
