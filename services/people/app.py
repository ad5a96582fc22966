"""The people service: patients in; who they are, how to reach them, and who turned out to be one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from faststream import FastStream

from services.people import merging
from services.people.settings import Settings
from shared.clinic import deaths
from shared.clinic.deaths import Notice
from shared.clinic.nhs_number import nhs_number
from shared.clinic.patient import PATIENTS, Details, Patient
from shared.events.cloudevents import Event, EventKind, Record, Rejected, RejectReason
from shared.kafka import batches, client
from shared.patients import details, identity
from shared.patients.details import ReportedDetails
from shared.patients.identity import NHS, Merged, Name
from shared.platform import clock
from shared.platform.clock import Connection
from shared.platform.database import Pool
from shared.schedule import quarantine, reconciliation, wakeups
from shared.schedule.quarantine import Quarantine, patient_thing
from shared.security.encryption import Encryption
from shared.service.service import Service, application
from shared.settings import load

NAME = "people"
KIND = "patient"
KINDS: Mapping[str, EventKind[Any]] = {"cocreate.patient.v1": EventKind(KIND, Patient), **deaths.KINDS}


class Registrar:
    """Takes in what sources say of patients."""

    def __init__(self, pool: Pool, encryption: Encryption) -> None:
        self._pool = pool
        self._vault = encryption

    async def take(self, records: Sequence[Record]) -> list[Rejected]:
        """Take a batch in; what is no event comes back, and its patient, where known, is held.

        Raises:
            OSError, asyncpg.PostgresError: the database is away, try again.

        """
        return await batches.take(records, self._take, self._refuse)

    async def _take(self, records: Sequence[Record]) -> list[Rejected]:
        while True:
            try:
                async with self._pool.acquire() as connection, connection.transaction():
                    return await self._tell(connection, records)
            except Merged:
                continue

    async def _tell(self, connection: Connection, records: Sequence[Record]) -> list[Rejected]:
        moment = await clock.read(connection)
        results = [deaths.read(record, KINDS, moment.now) for record in records]
        events = newest(result for result in results if isinstance(result, Event))
        rejected = [result for result in results if isinstance(result, Rejected)]
        unreadable = {r.thing: name for r in rejected if r.thing and (name := _named(r.thing))}
        names = {**unreadable, **{thing: _name(event) for thing, event in events.items()}}
        references = {thing: identity.reference(self._vault, name.source, name.id) for thing, name in names.items()}
        await self._lock(connection, list(names.values()))
        known = await details.own_versions(connection, list(references.values()))
        news = {t: e for t, e in events.items() if e.version.text > known.get(references[t], "")}
        await self._identify(connection, news, references, moment.now)
        owners = await identity.resolve(connection, self._vault, names.values())
        spoken = [
            ReportedDetails(owners[reference], reference, embedded=False, version=e.version.text, details=_details(e))
            for e in results  # the older of a batch as well: a death that the newest leaves out is kept
            if isinstance(e, Event)
            if e.version.text > known.get(reference := references[e.thing], "")
        ]
        changed = await details.speak(connection, self._vault, spoken)
        patients = {thing: owners[reference] for thing, reference in references.items()}
        held = [_hold(r, patients[r.thing]) for r in rejected if r.thing in patients]
        await quarantine.hold(connection, NAME, held, moment.now)
        settled = [event for event in batches.settling(results) if news.get(event.thing) == event]
        times = {patient_thing(patients[event.thing]): event.version.time for event in settled}
        await quarantine.release(connection, NAME, times, moment.now)
        await reconciliation.recheck(connection, changed)
        died = {one.patient_id for one in spoken if one.details is not None and one.details.deceased}
        await wakeups.request_replan_everywhere(connection, died & changed, moment.now)
        return [_without_number(r, patients.get(r.thing or "")) for r in rejected]

    async def _lock(self, connection: Connection, names: Sequence[Name]) -> None:
        """Lock everybody whom these names mean, those who bear their NHS numbers as well."""
        owners = set((await identity.resolve(connection, self._vault, names)).values())
        bearers = [number for name in names if (number := nhs_number(name.nhs_number)) is not None]
        owners |= await identity.owners(
            connection, [identity.reference(self._vault, NHS, number) for number in bearers]
        )
        await identity.lock(connection, owners)

    async def _identify(
        self, connection: Connection, news: Mapping[str, Event], references: Mapping[str, bytes], now: datetime
    ) -> None:
        """Unite and part patients as their NHS numbers say. Only news can: a replay brings no old mistake back."""
        numbers = {
            thing: number
            for thing, event in news.items()
            if isinstance(event.data, Patient) and (number := nhs_number(event.data.nhs_number)) is not None
        }
        bearing = {thing: identity.reference(self._vault, NHS, number) for thing, number in numbers.items()}
        mean = await identity.find(connection, [*references.values(), *bearing.values()])
        for thing, number in numbers.items():
            if mean.get(bearing[thing]) != mean.get(references[thing]):
                nhs = (bearing[thing], self._vault.index(number))
                touched = await merging.apply(connection, references[thing], nhs, now, self._vault)
                await details.index_addresses(connection, self._vault, touched)

    async def _refuse(self, record: Record, detail: str) -> Rejected:
        """Hold the patient of a record that breaks us."""
        async with self._pool.acquire() as connection, connection.transaction():
            moment = await clock.read(connection)
            event = deaths.read(record, KINDS, moment.now)
            if isinstance(event, Rejected):
                return _without_number(event, None)
            rejected = Rejected(record, RejectReason.NOT_HANDLED, detail, event.thing, event.version.time)
            name = _name(event)
            owners = await identity.resolve(connection, self._vault, [replace(name, nhs_number=None)])
            await quarantine.hold(
                connection, NAME, [_hold(rejected, patient) for patient in owners.values()], moment.now
            )
            return _without_number(rejected, next(iter(owners.values())))


def newest(events: Iterable[Event]) -> dict[str, Event]:
    """The newest event of each thing: one that came late tells nothing."""
    return {event.thing: event for event in sorted(events, key=lambda event: event.version.text)}


def _name(event: Event) -> Name:
    """Whom an event is about. A notice is the word of the NHS, which knows its patients by their NHS numbers."""
    number = deaths.number_of(event.thing) if event.kind == deaths.KIND else None
    if number is not None:
        return Name(NHS, number)
    source, _, patient_id = event.thing.rpartition(f"/{KIND}/")
    return Name(source, patient_id, event.data.nhs_number if isinstance(event.data, Patient) else None)


def _named(thing: str) -> Name | None:
    """Whom an event that could not be read is about, by the name of its thing alone."""
    number = deaths.number_of(thing)
    if number is not None:
        return Name(NHS, number)
    source, is_patient, patient_id = thing.rpartition(f"/{KIND}/")
    return Name(source, patient_id) if is_patient else None


def _details(event: Event) -> Details | None:
    """What an event says of its patient; nothing where it says that its record is gone."""
    match event.data:
        case Notice() as notice:
            return Details(deceased=notice.deceased)
        case Patient() as patient:
            return patient
        case _:
            return None


def _without_number(rejected: Rejected, patient: UUID | None) -> Rejected:
    """A notice that was refused shows no NHS number beside its value: what is held is named as we name it."""
    if rejected.thing is None or (_named(rejected.thing) or Name(NHS, "")).source != NHS:
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
    service = Service(NAME, settings, client.broker(settings, NAME), settings.encryption())
    parts: list[Registrar] = []

    async def take(records: list[Record]) -> Sequence[Rejected]:
        return await parts[0].take(records)

    async def opened(service: Service) -> None:
        parts[:] = [Registrar(service.pool, service.encryption)]

    async def started(service: Service) -> None:
        await service.expect_beats()
        service.loops.every(settings.heartbeat_every, "people heartbeat", service.beat)

    service.consume(PATIENTS, take)
    return application(service, opened, started)
