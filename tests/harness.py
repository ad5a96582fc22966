"""A small world for tests: a clinic that publishes, a database whose clock turns, a provider that answers as told."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from services.delivery.app import WORDS
from services.delivery.claiming.claims import Claims
from services.delivery.composing.calendars import Organiser
from services.delivery.composing.writing import Writer
from services.delivery.due import Policy as DeliveryPolicy
from services.delivery.forms import FORMS
from services.delivery.incoming.inbox import Inbox
from services.delivery.incoming.texts import Texts
from services.delivery.incoming.unsubscribes import Unsubscribes
from services.delivery.providers.message import LookupUnavailable, OutboundMessage
from services.delivery.providers.outcomes import Accepted, Outcome
from services.delivery.providers.rate import EvenRate
from services.delivery.sending import records
from services.delivery.sending.receipts import Receipts
from services.delivery.sending.sender import Sender
from services.delivery.sending.unknown import Reconciler
from services.people.app import Registrar
from services.prompts.app import planner
from services.prompts.policy import Policy
from shared.clinic import places
from shared.clinic.appointment import APPOINTMENTS
from shared.clinic.patient import PATIENTS
from shared.clinic.places import Place
from shared.events.cloudevents import Record, Rejected
from shared.events.topic_names import INBOUND, RECEIPTS
from shared.patients import sources
from shared.patients.sources import Grant, GrantDecision, Source
from shared.planning.engine import Engine
from shared.planning.planner import Planner
from shared.platform import clock
from shared.platform.clock import Connection
from shared.platform.database import Pool
from shared.schedule import heartbeats
from shared.security.encryption import Encryption
from shared.words import store
from shared.words.forms import Form

SOURCE = "https://riverside.example.org"
OTHER_SOURCE = "https://hillside.example.org"
KEYS = "test:" + "A" * 43 + "="
INDEX_KEY = "B" * 43 + "="
MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)  # a Monday in GMT, with no bank holiday near

RIVERSIDE = Place(
    source=SOURCE,
    clinic="MSK",
    name="Riverside Health Centre",
    phone="020 7946 0101",
    sender="Riverside Hospital",
    address="1 River Street, Riverside",
)
PLACES = (
    RIVERSIDE,
    Place(
        source=SOURCE,
        clinic="MSK-2",
        name="Riverside Health Centre",
        phone="020 7946 0101",
        sender="Riverside Hospital",
        site="MSK",
    ),
    Place(source=SOURCE, clinic="HILL", name="Hill Clinic", phone="020 7946 0102", sender="Riverside Hospital"),
    Place(source=SOURCE, clinic="", name="Riverside Hospital", phone="020 7946 0100", sender="Riverside Hospital"),
    Place(source=OTHER_SOURCE, clinic="MSK", name="Hillside Surgery", phone="020 7946 0200", sender="Hillside"),
)


ONE_TRUST = tuple(
    Source(source=source, organisation="one trust", grants=frozenset(Grant)) for source in (SOURCE, OTHER_SOURCE)
)
"""Both sources as one organisation that may do everything: what tells organisations apart is tried in `attacks`."""


async def register(connection: Connection, *registered: Source) -> None:
    """Have the registry hold these sources with these grants, whatever it held of them before."""
    await sources.store(connection, registered)
    known = await sources.load(connection)
    for one in registered:
        for grant in one.grants - known.known[one.source].grants:
            await sources.give(connection, GrantDecision(one.source, grant, "rees", "tests"), MONDAY)
        for grant in known.known[one.source].grants - one.grants:
            await sources.take_back(connection, GrantDecision(one.source, grant, "rees", "tests"), MONDAY)


def appointment(
    id: str = "1001",  # noqa: A002 - what an event calls it
    start: datetime | None = None,
    status: str = "booked",
    patient: str = "p1",
    at: datetime | None = MONDAY,
    source: str = SOURCE,
    clinic: str | None = "MSK",
    phone: str | None = "07700 900001",
    email: str | None = None,
    first_name: str = "Ada",
    event_id: str | None = None,
    sequence: str | None = None,
    **data: Any,
) -> dict[str, Any]:
    """An appointment event; `at` is its time."""
    start = start or MONDAY + timedelta(days=21)
    contacts = [{"channel": "sms", "value": phone}] if phone else []
    contacts += [{"channel": "email", "value": email}] if email else []
    event = {
        "specversion": "1.0",
        "id": event_id or f"{id}-{status}-{start:%m%dT%H%M}-{at or MONDAY:%m%dT%H%M%S}",
        "source": source,
        "type": "cocreate.appointment.v1",
        "subject": f"appointment/{id}",
        "data": {
            "status": status,
            "start": start.isoformat(),
            "patient": {"id": patient, "first_name": first_name, "contacts": contacts},
            "clinic": clinic,
            **data,
        },
    }
    return event | ({"time": at.isoformat()} if at else {}) | ({"sequence": sequence} if sequence else {})


def patient(
    id: str = "p1",  # noqa: A002 - the same
    at: datetime = MONDAY,
    source: str = SOURCE,
    **data: Any,
) -> dict[str, Any]:
    """A patient event; an NHS number is one that was traced, unless it says otherwise."""
    if data.get("nhs_number"):
        data.setdefault("nhs_number_status", "number-present-and-verified")
    return {
        "specversion": "1.0",
        "id": f"{id}-{at:%m%dT%H%M%S}",
        "source": source,
        "type": "cocreate.patient.v1",
        "subject": f"patient/{id}",
        "time": at.isoformat(),
        "data": data,
    }


def goal(
    id: str = "g1",  # noqa: A002 - the same
    set_on: date | None = None,
    status: str = "active",
    patient: str = "p1",
    at: datetime = MONDAY,
    phone: str = "07700 900001",
    first_name: str = "Ada",
    **data: Any,
) -> dict[str, Any]:
    """A goal event."""
    contacts = [{"channel": "sms", "value": phone}]
    return {
        "specversion": "1.0",
        "id": f"{id}-{status}-{at:%m%dT%H%M%S}",
        "source": SOURCE,
        "type": "cocreate.goal.v1",
        "subject": f"goal/{id}",
        "time": at.isoformat(),
        "data": {
            "status": status,
            "set_on": (set_on or MONDAY.date()).isoformat(),
            "patient": {"id": patient, "first_name": first_name, "contacts": contacts},
            "clinic": "MSK",
            **data,
        },
    }


def receipt(message_id: UUID, status: str, sid: str = "SM1", error_code: int | None = None) -> dict[str, Any]:
    """A receipt event, as the gateway writes it."""
    return {
        "specversion": "1.0",
        "id": f"{sid}/{status}",
        "source": "urn:cocreate:gateway",
        "type": "cocreate.receipt.v1",
        "subject": f"message/{message_id}",
        "time": MONDAY.isoformat(),
        "data": {"provider": "twilio", "provider_id": sid, "status": status, "error_code": error_code},
    }


def text(
    body: str,
    phone: str = "+447700900001",
    sid: str = "SM1",
    opt_out: str | None = None,
    pictures: int = 0,
    at: datetime = MONDAY,
) -> dict[str, Any]:
    """A text from somebody's phone, as the gateway writes it; `opt_out` is what the carrier has done about it."""
    return {
        "specversion": "1.0",
        "id": sid,
        "source": "urn:cocreate:gateway",
        "type": "cocreate.text.v1",
        "subject": f"text/{sid}",
        "time": at.isoformat(),
        "data": {
            "provider": "twilio",
            "provider_id": sid,
            "sender": phone,
            "recipient": "+447700900999",
            "body": body,
            "opt_out": opt_out,
            "pictures": pictures,
        },
    }


LEASE = timedelta(seconds=60)

WRITER = Writer(
    can_answer=False,
    organiser=Organiser("clinic@example.org", "Riverside Hospital"),
    unsubscribe=lambda message_id, category: f"https://messages.example.org/unsubscribe/{message_id}.{category}",
)


@dataclass
class Tape:
    """A provider that remembers what it was given and answers as it is told."""

    letters: list[OutboundMessage] = field(default_factory=list)
    answers: list[Outcome] = field(default_factory=list)
    listed: list[tuple[OutboundMessage, str]] = field(default_factory=list)
    shows_list: bool = True

    async def send(self, letter: OutboundMessage) -> Outcome:
        """Take it, and give the next answer."""
        self.letters.append(letter)
        answer = self.answers.pop(0) if self.answers else Accepted(f"SM{len(self.letters)}-{letter.message_id}")
        if isinstance(answer, Accepted):
            self.listed.append((letter, answer.provider_id))
        return answer

    async def find(self, letter: OutboundMessage, since: datetime, known: frozenset[str]) -> str | None:
        """Look it up among what was accepted."""
        if not self.shows_list:
            message = "told not to"
            raise LookupUnavailable(message)
        del since
        same = (sid for one, sid in self.listed if (one.address, one.text) == (letter.address, letter.text))
        return next((sid for sid in same if sid not in known), None)

    async def close(self) -> None:
        """Nothing is open."""


HAS_WORDS = "SELECT EXISTS (SELECT FROM words.forms WHERE planner = $1)"


async def _bring_words(connection: Connection, planner: str, folder: Path, forms: Iterable[Form]) -> None:
    """Ship a planner's words, unless they stand there, as in the database of the tests: to compare them is dear."""
    if not await connection.fetchval(HAS_WORDS, planner):
        await store.ship(connection, planner, folder, forms)


class Harness:
    """Clinic, services and provider over one database; every step is taken by hand."""

    def __init__(
        self, pool: Pool, encryption: Encryption, policy: Policy | None = None, delivery: DeliveryPolicy | None = None
    ) -> None:
        self.pool = pool
        self.encryption = encryption
        # Only tests of settling wait for news to settle.
        self.policy = policy or Policy(settle_minutes=0)
        self.engine = Engine(planner(self.policy), pool, encryption)
        self.engines = [self.engine]
        self.registrar = Registrar(pool, encryption)
        self.receipts = Receipts(pool, encryption)
        self.inbox = Inbox(Unsubscribes(pool), Texts(pool, encryption))
        self.delivery = delivery or DeliveryPolicy()
        self.texts, self.mails = Tape(), Tape()
        self.providers = {"sms": self.texts, "email": self.mails}
        self.grace = timedelta(seconds=60)
        self.writer = WRITER
        self._offset = 0
        self._texts = 0

    async def open(self, now: datetime = MONDAY) -> "Harness":
        """Set the clock, register the places, bring the words that are not there."""
        async with self.pool.acquire() as connection:
            await clock.turn(connection, now, rate=0)
            await places.store(connection, PLACES)
            await register(connection, *ONE_TRUST)
            for engine in self.engines:
                await _bring_words(connection, engine.planner.name, engine.planner.words, engine.planner.forms)
            await _bring_words(connection, "delivery", WORDS, FORMS)
        for engine in self.engines:
            await engine.start()
        return self

    async def turn(self, to: datetime) -> None:
        """Turn the clock."""
        async with self.pool.acquire() as connection:
            await clock.turn(connection, to, rate=0)

    async def now(self) -> datetime:
        """What the clock shows."""
        async with self.pool.acquire() as connection:
            return (await clock.read(connection)).now

    def record(
        self, event: dict[str, Any] | bytes | None, topic: str, key: bytes | None = None, **record: Any
    ) -> Record:
        """An event as a record at the end of a topic."""
        self._offset += 1
        value = json.dumps(event).encode() if isinstance(event, dict) else event
        at = record.pop("timestamp", MONDAY)
        return Record(topic=topic, partition=0, offset=self._offset, timestamp=at, key=key, value=value, **record)

    async def join(self, planner: Planner[Any]) -> Engine:
        """Have another planner work here as well; its engine."""
        engine = Engine(planner, self.pool, self.encryption)
        async with self.pool.acquire() as connection:
            await _bring_words(connection, planner.name, planner.words, planner.forms)
        await engine.start()
        self.engines.append(engine)
        return engine

    async def clinic_says(self, *events: dict[str, Any] | bytes | None, **record: Any) -> list[Rejected]:
        """Appointment events, as one batch, to every planner that reads them."""
        return await self.planners_hear(APPOINTMENTS, *events, **record)

    async def planners_hear(self, topic: str, *events: dict[str, Any] | bytes | None, **record: Any) -> list[Rejected]:
        """Events of a topic, as one batch, to every planner that reads it; what the first of them refused."""
        records = [self.record(event, topic, **record) for event in events]
        refused = [await engine.take(records) for engine in self.engines if topic in engine.planner.topics]
        return refused[0]

    async def registry_says(self, *events: dict[str, Any] | bytes | None, **record: Any) -> list[Rejected]:
        """Patient events, as one batch."""
        return await self.registrar.take([self.record(event, PATIENTS, **record) for event in events])

    async def provider_says(self, *events: dict[str, Any]) -> list[Rejected]:
        """Receipts, as one batch."""
        return await self.receipts.take([self.record(event, RECEIPTS) for event in events])

    async def phone_says(self, body: str, **more: Any) -> str:
        """One text from a phone; the provider's id of it."""
        self._texts += 1
        sid = more.setdefault("sid", f"SM-in-{self._texts}")
        assert await self.texts_come(text(body, **more)) == []
        return str(sid)

    async def texts_come(self, *events: dict[str, Any] | bytes | None, **record: Any) -> list[Rejected]:
        """Texts from phones, as one batch."""
        return await self.inbox.take([self.record(event, INBOUND, **record) for event in events])

    async def tasks(self, **where: Any) -> list[dict[str, Any]]:
        """The rows of tasks, the next due first."""
        rows = await self.pool.fetch("SELECT * FROM tasks.tasks ORDER BY due_at, kind")
        return [dict(row) for row in rows if all(row[name] == value for name, value in where.items())]

    async def beat(self, planners: Sequence[str] | None = None) -> None:
        """Planners say that they are caught up; all of them where none is named."""
        planners = planners or [*(engine.planner.name for engine in self.engines), "people"]
        async with self.pool.acquire() as connection:
            moment = await clock.read(connection)
            for name in planners:
                await heartbeats.beat(connection, name, [("topic", 0)], moment.now)

    def claims(self, lease_in: timedelta = LEASE) -> Claims:
        """What claims for a delivery replica."""
        return Claims(
            pool=self.pool, encryption=self.encryption, policy=self.delivery, writer=self.writer, lease_in=lease_in
        )

    def sender(self) -> Sender:
        """A delivery replica."""
        paces = {"sms": EvenRate(10_000), "email": EvenRate(10_000)}

        async def record(results: list[records.SendResult]) -> None:
            await records.record(self.pool, results)

        return Sender(self.claims().claim, record, self.providers, paces, 50, LEASE, timedelta(0))

    async def wake(self) -> None:
        """Planners plan whoever is to be planned again by now."""
        for engine in self.engines:
            while await engine.wake():
                pass

    async def deliver(self) -> list[OutboundMessage]:
        """Everybody is caught up and wakes; what is due now goes out; the letters that were handed over."""
        before = {name: len(tape.letters) for name, tape in self.providers.items()}
        await self.wake()
        await self.beat()
        sender = self.sender()
        while await sender.run_once():
            await sender.close(100)  # on a busy machine sixty sends to the sandbox may take more than ten seconds
            await self.wake()
            sender = self.sender()
        return [letter for name, tape in self.providers.items() for letter in tape.letters[before[name] :]]

    async def deliver_at(self, at: datetime) -> list[OutboundMessage]:
        """Turn the clock, and deliver."""
        await self.turn(at)
        return await self.deliver()

    async def reconcile_unknown(self) -> None:
        """One round over unknown messages."""
        await Reconciler(self.pool, self.encryption, self.providers, self.grace).run_once()

    async def messages(self, **where: Any) -> list[dict[str, Any]]:
        """The schedule's rows, oldest first."""
        async with self.pool.acquire() as connection:
            rows = await connection.fetch("SELECT * FROM schedule.messages ORDER BY send_at, kind, id")
        return [dict(row) for row in rows if all(row[name] == value for name, value in where.items())]

    async def standing(self) -> list[tuple[str, str, str]]:
        """Kind, state and why of each message."""
        return [(row["kind"], row["state"], row["why"]) for row in await self.messages()]
