"""The people service: reads patient events, keeps details and contacts, and merges records of one patient."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from faststream import FastStream

from services.people import merging
from services.people.claims import RecordedNumber
from services.people.reports import KINDS, details_of, name_of, named, newest
from services.people.settings import Settings
from shared.clinic import deaths
from shared.clinic.nhs_number import nhs_number
from shared.clinic.patient import PATIENTS, Patient
from shared.events.cloudevents import Event, Record, Rejected
from shared.kafka import client
from shared.kafka.batches import Batch
from shared.kafka.consumer import Consumer
from shared.patients import details, erasures, identity
from shared.patients.details import DetailsHeard
from shared.patients.identity import NHS, Name
from shared.patients.unreadable import unreadable
from shared.patients.voices import ReportedDetails
from shared.platform.clock import Connection
from shared.platform.database import Pool
from shared.schedule import quarantine, reconciliation, told_to_come, unread_details, wakeups
from shared.schedule.quarantine import Quarantine, patient_thing
from shared.schedule.unread_details import UnreadDetails
from shared.security.encryption import Encryption
from shared.service.service import Service, application
from shared.settings import load

NAME = "people"


@dataclass(frozen=True, slots=True)
class PatientNews:
    """What a batch tells of patients, by the names of its things.

    Attributes:
        names: whom each thing is about; of what could not be read as well, where its name tells.
        references: the blind index of each of these names.
        newest: the newest event of each thing, where it is newer than what is known.
        newer: every event that is newer than what is known: a death that the newest of a batch leaves out is kept.

    """

    names: Mapping[str, Name]
    references: Mapping[str, bytes]
    newest: Mapping[str, Event]
    newer: Sequence[Event]


class Registrar:
    """Takes in what sources say of patients; what is no event comes back, and its patient, where known, is held."""

    def __init__(self, pool: Pool, encryption: Encryption) -> None:
        self.take = Consumer(pool, self).take
        self._encryption = encryption

    def read(self, record: Record, now: datetime) -> Event | Rejected:
        """What a record says of a patient."""
        return deaths.read(record, KINDS, now)

    async def handle(self, connection: Connection, batch: Batch) -> list[Rejected]:
        """Keep what a batch tells, unite and part patients as it says, and hold whom its unreadable records are of."""
        now = batch.moment.now
        news = await self._news(connection, batch)
        before = await self._patients(connection, news)
        heard = DetailsHeard()
        if news.newer:
            heard = await details.speak(connection, self._encryption, _spoken(news, before), now)
        await self._identify(connection, news.newest, news.references, now)
        patients = await self._patients(connection, news)
        concerned = await _concerned(connection, news, patients)
        if news.newer:
            await self._look_again(connection, news, concerned, heard, now)
        await _hold_and_release(connection, batch, news, concerned)
        return [_without_number(r, patients.get(r.thing or "")) for r in batch.rejected]

    async def _patients(self, connection: Connection, news: PatientNews) -> dict[str, UUID]:
        """Whom each thing is about, as it is now."""
        owners = await identity.resolve(connection, self._encryption, news.names.values())
        return {thing: owners[reference] for thing, reference in news.references.items()}

    async def _look_again(
        self,
        connection: Connection,
        news: PatientNews,
        concerned: Mapping[str, set[UUID]],
        heard: DetailsHeard,
        now: datetime,
    ) -> None:
        """Have delivery and planners look again at whom the news changes, and tell clinics what cannot be read."""
        theirs = set[UUID]().union(*(concerned[event.thing] for event in news.newer))
        await reconciliation.recheck(connection, heard.patients | theirs)
        await unread_details.tell(connection, _unread(news, concerned))
        of_numbers = set[UUID]().union(*(concerned[e.thing] for e in news.newer if _is_of_number(news, e.thing)))
        await wakeups.request_replan_everywhere(connection, heard.otherwise | of_numbers, now)
        if heard.died:
            dead = (concerned[e.thing] for e in news.newer if (said := details_of(e)) is not None and said.deceased)
            await told_to_come.ask(connection, self._encryption, set[UUID]().union(*dead), now)

    async def _news(self, connection: Connection, batch: Batch) -> PatientNews:
        """What a batch tells, read under the locks of everybody whom it is about."""
        heard = await erasures.since(connection, batch.events, self._reference)
        events = newest(heard)
        unreadable = {r.thing: name for r in batch.rejected if r.thing and (name := named(r.thing))}
        names = {**unreadable, **{thing: name_of(event) for thing, event in events.items()}}
        references = {
            thing: identity.reference(self._encryption, name.source, name.id) for thing, name in names.items()
        }
        await self._lock(connection, list(names.values()))
        known = await details.own_versions(connection, list(references.values()))
        newer = [e for e in heard if e.version.text > known.get(references[e.thing], "")]
        return PatientNews(names, references, newest(newer), newer)

    def _reference(self, event: Event) -> bytes:
        name = name_of(event)
        return identity.reference(self._encryption, name.source, name.id)

    async def _lock(self, connection: Connection, names: Sequence[Name]) -> None:
        """Lock the patients that these names refer to, and whoever bears or claims the names' NHS numbers."""
        owners = set((await identity.resolve(connection, self._encryption, names)).values())
        numbers = [number for name in names if (number := self._number(name)) is not None]
        owners |= await identity.owners(connection, numbers)
        owners |= set().union(*(await identity.claimants(connection, numbers)).values())
        await identity.lock(connection, owners)

    def _number(self, name: Name) -> bytes | None:
        """The reference of the NHS number that comes with a name, or is one."""
        return identity.claim_of(self._encryption, name.id if name.source == NHS else name.nhs_number)

    async def _identify(
        self, connection: Connection, news: Mapping[str, Event], references: Mapping[str, bytes], now: datetime
    ) -> None:
        """Merge and separate patients by NHS number. Only new events count: a replay brings no old mistake back."""
        claims = [
            self._claimed(event, event.data, references[thing])
            for thing, event in news.items()
            if isinstance(event.data, Patient) and not _is_unread(event.data)
        ]
        for claimed in await self._changing(connection, claims):
            touched = await merging.apply(connection, claimed, now, self._encryption)
            await details.index_addresses(connection, self._encryption, touched)

    def _claimed(self, event: Event, record: Patient, reference: bytes) -> RecordedNumber:
        number = nhs_number(record.nhs_number)
        return RecordedNumber(
            reference=reference,
            source=name_of(event).source,
            record=record,
            number=identity.claim_of(self._encryption, number),
            value_index=self._encryption.index(number or ""),
            thing=event.thing,
        )

    async def _changing(self, connection: Connection, claims: Sequence[RecordedNumber]) -> list[RecordedNumber]:
        """Those of these claims that can change anything: most say what is known of somebody whom nobody else knows."""
        mean = await identity.find(connection, [key for one in claims for key in (one.reference, one.number or b"")])
        before = await identity.claims(connection, [one.reference for one in claims])
        known = await identity.names_of(connection, {mean[one.reference] for one in claims})
        return [one for one in claims if _changes(one, mean, before, known[mean[one.reference]])]


def _changes(
    claimed: RecordedNumber, mean: Mapping[bytes, UUID], before: Mapping[bytes, bytes], names: Mapping[bytes, str]
) -> bool:
    """Whether a record says another number than before, means another than its bearer, or is one of several."""
    if claimed.number is None or claimed.number != before.get(claimed.reference):
        return claimed.number != before.get(claimed.reference)
    return mean.get(claimed.number) != mean[claimed.reference] or len(names.keys() - {claimed.number}) > 1


def _is_unread(record: Patient) -> bool:
    """Whether an NHS number came along that cannot be read: it says neither that there is none, nor which it is."""
    return any(one.field == "nhs_number" for one in record.unread)


def _spoken(news: PatientNews, patients: Mapping[str, UUID]) -> list[ReportedDetails]:
    """What the new events report of locked patients."""
    return [
        ReportedDetails(
            patient_id=patients[event.thing],
            reference=news.references[event.thing],
            embedded=False,
            version=event.version.text,
            details=details_of(event),
            source=news.names[event.thing].source,
        )
        for event in news.newer
    ]


def _unread(news: PatientNews, concerned: Mapping[str, set[UUID]]) -> list[UnreadDetails]:
    """What came along with the new events and cannot be read, of everybody whom they concern."""
    return [
        UnreadDetails(patient, news.references[e.thing], e.thing, e.version.time, left_out)
        for e in news.newer
        if (left_out := unreadable(e.data))
        for patient in concerned[e.thing]
    ]


def _is_of_number(news: PatientNews, thing: str) -> bool:
    """Whether a thing is the NHS's notice about a number, and no clinic's record of a patient."""
    return news.names[thing].source == NHS


async def _concerned(connection: Connection, news: PatientNews, patients: Mapping[str, UUID]) -> dict[str, set[UUID]]:
    """Everybody whom a thing is about: of a notice about a number, whoever is said to bear it, united or not."""
    numbers = [reference for thing, reference in news.references.items() if _is_of_number(news, thing)]
    claimants = await identity.claimants(connection, numbers)
    return {thing: {patient} | claimants.get(news.references[thing], set()) for thing, patient in patients.items()}


async def _hold_and_release(
    connection: Connection, batch: Batch, news: PatientNews, concerned: Mapping[str, set[UUID]]
) -> None:
    """Hold the patients of whom something could not be read; end the holds of whom something newer could."""
    held = [_hold(rejected, one) for rejected in batch.rejected for one in concerned.get(rejected.thing or "", ())]
    await quarantine.hold(connection, NAME, held, batch.moment.now)
    settled = [event for event in batch.settling() if news.newest.get(event.thing) == event]
    times = {patient_thing(one): event.version.time for event in settled for one in concerned[event.thing]}
    await quarantine.release(connection, NAME, times, batch.moment.now)


def _without_number(rejected: Rejected, patient: UUID | None) -> Rejected:
    """A rejected notice of death with our own name of the patient in place of the NHS number."""
    if rejected.thing is None or (named(rejected.thing) or Name(NHS, "")).source != NHS:
        return rejected
    return replace(rejected, thing=None if patient is None else patient_thing(patient))


def _hold(rejected: Rejected, patient: UUID) -> Quarantine:
    record = rejected.record
    return Quarantine(
        patient_thing(patient), rejected.reason, rejected.time, f"{record.topic}/{record.partition}/{record.offset}"
    )


def create_app(settings: Settings | None = None) -> FastStream:
    """The service, ready to run: `faststream run --factory services.people.app:create_app`."""
    settings = settings or load(Settings)
    service = Service(
        name=NAME, settings=settings, broker=client.broker(settings, NAME), encryption=settings.encryption()
    )
    parts: list[Registrar] = []

    async def opened(service: Service) -> None:
        parts[:] = [Registrar(service.pool, service.encryption)]

    async def started(service: Service) -> None:
        await service.expect_beats()
        service.loops.every(settings.heartbeat_every, "people heartbeat", service.beat)

    service.consume(PATIENTS, lambda: parts[0].take)
    return application(service, opened, started)
