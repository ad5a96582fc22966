"""The people service: patients in; who they are, how to reach them, and who turned out to be one."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from faststream import FastStream

from services.people import identity
from services.people.settings import Settings
from shared import batches, clock, details, kafka, people, schedule
from shared.clinic import PATIENTS, Patient
from shared.clock import Connection
from shared.database import Pool
from shared.details import Spoken
from shared.events import Event, Kind, Record, Rejected, RejectReason, read
from shared.nhs_number import nhs_number
from shared.people import NHS, Merged, Name
from shared.runtime import Service, application
from shared.schedule import Hold, patient_thing
from shared.settings import load
from shared.vault import Vault

NAME = "people"
KIND = "patient"
KINDS: Mapping[str, Kind[Patient]] = {"cocreate.patient.v1": Kind(KIND, Patient)}


class Registrar:
    """Takes in what sources say of patients."""

    def __init__(self, pool: Pool, vault: Vault) -> None:
        self._pool = pool
        self._vault = vault

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
        results = [read(record, KINDS, moment.now) for record in records]
        events = newest(result for result in results if isinstance(result, Event))
        rejected = [result for result in results if isinstance(result, Rejected)]
        held = [r for r in rejected if r.thing]
        references = {thing: self._reference(thing) for thing in (*events, *(r.thing for r in held if r.thing))}
        names = [*(_name(thing, event.data) for thing, event in events.items()), *(_name(r.thing or "") for r in held)]
        await self._lock(connection, names)
        known = await details.own_versions(connection, list(references.values()))
        news = {t: e for t, e in events.items() if e.version.text > known.get(references[t], "")}
        await self._identify(connection, news, references, moment.now)
        owners = await people.resolve(connection, self._vault, names)
        spoken = [
            Spoken(owners[reference], reference, embedded=False, version=e.version.text, details=e.data)
            for e in results  # the older of a batch as well: a death that the newest leaves out is kept
            if isinstance(e, Event) and (e.data is None or isinstance(e.data, Patient))
            if e.version.text > known.get(reference := references[e.thing], "")
        ]
        changed = await details.speak(connection, self._vault, spoken)
        await schedule.hold(connection, [_hold(r, owners[references[r.thing or ""]]) for r in held], moment.now)
        settled = [event for event in batches.settling(results) if news.get(event.thing) == event]
        times = {patient_thing(owners[references[event.thing]]): event.version.time for event in settled}
        await schedule.release(connection, times, moment.now)
        await schedule.nudge(connection, changed)
        return rejected

    def _reference(self, thing: str) -> bytes:
        name = _name(thing)
        return people.reference(self._vault, name.source, name.id)

    async def _lock(self, connection: Connection, names: Sequence[Name]) -> None:
        """Lock everybody whom these names mean, those who bear their NHS numbers as well."""
        owners = set((await people.resolve(connection, self._vault, names)).values())
        bearers = [number for name in names if (number := nhs_number(name.nhs_number)) is not None]
        owners |= await people.owners(connection, [people.reference(self._vault, NHS, number) for number in bearers])
        await people.lock(connection, owners)

    async def _identify(
        self, connection: Connection, news: Mapping[str, Event], references: Mapping[str, bytes], now: datetime
    ) -> None:
        """Unite and part patients as their NHS numbers say. Only news can: a replay brings no old mistake back."""
        numbers = {
            thing: number
            for thing, event in news.items()
            if isinstance(event.data, Patient) and (number := nhs_number(event.data.nhs_number)) is not None
        }
        bearing = {thing: people.reference(self._vault, NHS, number) for thing, number in numbers.items()}
        mean = await people.find(connection, [*references.values(), *bearing.values()])
        for thing, number in numbers.items():
            if mean.get(bearing[thing]) != mean.get(references[thing]):
                nhs = (bearing[thing], self._vault.index(number))
                touched = await identity.apply(connection, references[thing], nhs, now)
                await details.index_addresses(connection, self._vault, touched)

    async def _refuse(self, record: Record, detail: str) -> Rejected:
        """Hold the patient of a record that breaks us."""
        async with self._pool.acquire() as connection, connection.transaction():
            moment = await clock.read(connection)
            event = read(record, KINDS, moment.now)
            if isinstance(event, Rejected):
                return event
            rejected = Rejected(record, RejectReason.NOT_HANDLED, detail, event.thing, event.version.time)
            owners = await people.resolve(connection, self._vault, [_name(event.thing)])
            await schedule.hold(connection, [_hold(rejected, patient) for patient in owners.values()], moment.now)
            return rejected


def newest(events: Iterable[Event]) -> dict[str, Event]:
    """The newest event of each thing: one that came late tells nothing."""
    return {event.thing: event for event in sorted(events, key=lambda event: event.version.text)}


def _name(thing: str, data: object = None) -> Name:
    source, _, patient_id = thing.rpartition(f"/{KIND}/")
    return Name(source, patient_id, data.nhs_number if isinstance(data, Patient) else None)


def _hold(rejected: Rejected, patient: UUID) -> Hold:
    record = rejected.record
    return Hold(
        patient_thing(patient), rejected.reason, rejected.time, f"{record.topic}/{record.partition}/{record.offset}"
    )


def create_app(settings: Settings | None = None) -> FastStream:
    """The service, ready to run: `faststream run --factory services.people.app:create_app`."""
    settings = settings or load(Settings)
    service = Service(NAME, settings, kafka.broker(settings, NAME), settings.vault())
    parts: list[Registrar] = []

    async def take(records: list[Record]) -> Sequence[Rejected]:
        return await parts[0].take(records)

    async def opened(service: Service) -> None:
        parts[:] = [Registrar(service.pool, service.vault)]

    async def started(service: Service) -> None:
        await service.expect_beats()
        service.loops.every(settings.heartbeat_every, "people heartbeat", service.beat)

    service.consume(PATIENTS, take)
    return application(service, opened, started)
