"""What is said of patients: kept encrypted, one row a voice, and read as one person (folded in `voices`)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.clinic.patient import Contact, Details
from shared.patients import dead_numbers, given_addresses, opt_outs, sources, unsafe_phones
from shared.patients.person import Person, Voice, answers, person, present, with_care
from shared.patients.sources import Sources
from shared.patients.traits import Traits
from shared.patients.voices import FIELDS, ReportedDetails, Voices, by_patient, news
from shared.patients.whose_word import Death, as_record, death_for, details_for, traits_for
from shared.platform.clock import Connection
from shared.platform.database import columns
from shared.security.encryption import Encryption, EncryptionError, Sealed

SPEAK = """
INSERT INTO people.details AS d (patient_id, reference, embedded, version, key_id, sealed)
SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::boolean[], $4::text[], $5::text[], $6::bytea[])
ON CONFLICT (reference, embedded) DO UPDATE SET patient_id = excluded.patient_id, version = excluded.version,
    key_id = excluded.key_id, sealed = excluded.sealed
WHERE excluded.version > d.version
"""

VOICES = """
SELECT d.patient_id, d.reference, d.embedded, d.version, d.key_id, d.sealed, coalesce(i.source, '') AS source
FROM people.details d LEFT JOIN people.identifiers i USING (reference) WHERE d.patient_id = ANY($1)
"""

# The NHS speaks of a number: whoever is said to bear it hears it, united with its first bearer or not.
OF_CLAIMED_NUMBERS = """
SELECT i.patient_id, d.reference, d.embedded, d.version, d.key_id, d.sealed, 'nhs' AS source
FROM people.identifiers i JOIN people.details d ON d.reference = i.claims AND d.patient_id <> i.patient_id
WHERE i.patient_id = ANY($1)
"""

KNOWN_BY = "SELECT DISTINCT patient_id, source FROM people.identifiers WHERE patient_id = ANY($1)"

OWN_VERSIONS = "SELECT reference, version FROM people.details WHERE reference = ANY($1) AND NOT embedded"


@dataclass(frozen=True, slots=True)
class DetailsHeard:
    """The patients of whom something new was said, and those of them whom rules see otherwise because of it."""

    patients: frozenset[UUID] = frozenset()
    otherwise: frozenset[UUID] = frozenset()
    died: frozenset[UUID] = frozenset()
    """Of whom one that had not said so says that they have died, whether that is believed or not."""


async def speak(
    connection: Connection, encryption: Encryption, spoken: Iterable[ReportedDetails], now: datetime
) -> DetailsHeard:
    """Keep what was said of locked patients, newest first."""
    told = [one for one in spoken if one.says_something]
    known = await _said(connection, encryption, {one.patient_id for one in told})
    new = news(told, known)
    if not new:
        return DetailsHeard()
    await connection.execute(SPEAK, *columns([_sealed(encryption, one) for one in new.values()], 6))
    before, after = by_patient(known.values()), by_patient({**known, **new}.values())
    moved = _moved(given_addresses.of(encryption, before), given_addresses.of(encryption, after))
    await given_addresses.keep(connection, moved)
    ordered = sorted(told, key=lambda one: one.version)
    await dead_numbers.given_anew(connection, _given(ordered, known, encryption))
    rules = await _Rules.read(connection, after, now, encryption.region)
    otherwise = {one for one in after if rules.see(one, after[one]) != rules.see(one, before.get(one, []))}
    return DetailsHeard(frozenset(one.patient_id for one in new.values()), frozenset(otherwise), _died(new, known))


def _died(new: Voices, known: Voices) -> frozenset[UUID]:
    return frozenset(v.patient_id for key, v in new.items() if _says_death(v) and not _says_death(known.get(key)))


def _says_death(one: ReportedDetails | None) -> bool:
    return one is not None and one.details is not None and bool(one.details.deceased)


@dataclass(frozen=True, slots=True)
class _Rules:
    """What rules see of patients, given what is said of them."""

    registry: Sources
    known_by: Mapping[UUID, frozenset[str]]
    now: datetime
    region: str

    @classmethod
    async def read(cls, connection: Connection, patients: Iterable[UUID], now: datetime, region: str) -> "_Rules":
        known_by: dict[UUID, frozenset[str]] = {}
        for row in await connection.fetch(KNOWN_BY, list(patients)):
            known_by[row["patient_id"]] = known_by.get(row["patient_id"], frozenset()) | {row["source"]}
        return cls(await sources.load(connection), known_by, now, region)

    def see(self, patient: UUID, voices: Iterable[Voice]) -> Traits:
        known_by = self.known_by.get(patient, frozenset())
        return traits_for(voices, known_by, self.registry, self.now.date(), self.region)


def _given(ordered: Iterable[ReportedDetails], known: Voices, encryption: Encryption) -> dict[bytes, str]:
    """The addresses that these give, each with the newest version that does.

    A source's own record gives what it holds; what comes with each appointment gives only what it did not hold before.
    """
    given: dict[bytes, str] = {}
    held: dict[tuple[bytes, bool], frozenset[str]] = {}
    for one in ordered:
        contacts = None if one.details is None else one.details.contacts
        if contacts is None:
            continue
        key = (one.reference, one.embedded)
        before = held.get(key)
        if before is None:
            last = known.get(key)
            before = frozenset(
                answers((last.details.contacts or ()) if last and last.details else (), encryption.region)
            )
        held[key] = frozenset(answers(contacts, encryption.region))
        fresh = held[key] - before if one.embedded else held[key]
        given |= {encryption.index(value): one.version for value in fresh}
    return given


async def own_versions(connection: Connection, references: Sequence[bytes]) -> dict[bytes, str]:
    """How new each source's own record of a patient is, where there is one."""
    return {row["reference"]: row["version"] for row in await connection.fetch(OWN_VERSIONS, references)}


async def index_addresses(connection: Connection, encryption: Encryption, patients: Iterable[UUID]) -> None:
    """Have patients whose voices were given to others found again by their present addresses."""
    indexes: dict[UUID, given_addresses.GivenAddresses] = {patient: {} for patient in patients}
    indexes |= given_addresses.of(encryption, by_patient((await _said(connection, encryption, set(indexes))).values()))
    await given_addresses.keep(connection, indexes)


async def load(connection: Connection, encryption: Encryption, patients: Iterable[UUID]) -> dict[UUID, Person]:
    """What all sources together say of these patients now. A message is written by `load_for` instead."""
    everybody = frozenset[str]()
    people = await load_for(connection, encryption, [(patient, everybody) for patient in patients])
    return {patient: known for (patient, _), known in people.items()}


async def load_for(
    connection: Connection, encryption: Encryption, wanted: Iterable[tuple[UUID, frozenset[str]]]
) -> dict[tuple[UUID, frozenset[str]], Person]:
    """What delivery needs to know of patients now, each for messages about the things of some sources."""
    pairs = set(wanted)
    registry = await sources.load(connection)
    said = await _heard(connection, encryption, {patient for patient, _ in pairs})
    people = {
        (patient, those): known_person(
            patient, said.get(patient, ()), (those, registry), encryption.index, encryption.region
        )
        for patient, those in pairs
    }
    return await _with_opt_outs(connection, people)


async def deaths(
    connection: Connection, encryption: Encryption, pairs: Iterable[tuple[UUID, str]]
) -> dict[tuple[UUID, str], Death]:
    """What is believed of each patient's death for the things of a source."""
    wanted = set(pairs)
    registry = await sources.load(connection)
    said = await _heard(connection, encryption, {patient for patient, _ in wanted})
    return {(patient, source): death_for(said.get(patient, ()), {source}, registry) for patient, source in wanted}


def known_person(
    patient: UUID,
    voices: Iterable[Voice],
    concerned: tuple[frozenset[str], Sources],
    index: Callable[[str], bytes],
    region: str,
) -> Person:
    """A patient as delivery needs them for a message about things of some sources, by the registry of sources."""
    those, registry = concerned
    said = list(voices)
    known = person(patient, details_for(said, those, registry, region), index, region)
    return replace(known, death_contested=death_for(said, those, registry) is Death.CONTESTED)


async def contacts(
    connection: Connection, encryption: Encryption, patients: Iterable[UUID]
) -> dict[UUID, tuple[Contact, ...]]:
    """How these patients are reached, in the words of their clinics: for staff who call."""
    said = by_patient((await _said(connection, encryption, set(patients))).values())
    return {
        patient: with_care(present(voices).contacts, voices, encryption.region) or ()
        for patient, voices in said.items()
    }


async def known_to_rules(
    connection: Connection, encryption: Encryption, patients: Iterable[UUID], now: datetime
) -> dict[UUID, Traits]:
    """What rules may know of each of these patients, as far as what is said of them can be opened."""
    wanted = set(patients)
    try:
        said = await _heard(connection, encryption, wanted)
    except EncryptionError:  # delivery says so, and sends nothing; what else is planned must not wait for a key
        found: dict[UUID, Traits] = {}
        for patient in sorted(wanted) if len(wanted) > 1 else ():
            found |= await known_to_rules(connection, encryption, {patient}, now)
        return found
    rules = await _Rules.read(connection, said, now, encryption.region)
    return {patient: rules.see(patient, voices) for patient, voices in said.items()}


async def voices(connection: Connection, encryption: Encryption, patients: Iterable[UUID]) -> dict[UUID, list[Voice]]:
    """Every voice that speaks of each of these patients, for an operator who wants to know whose word it is."""
    return await _heard(connection, encryption, set(patients))


async def records_of(connection: Connection, encryption: Encryption, patient: UUID) -> dict[bytes, Details]:
    """What is said of a patient under each reference: that of a record's NHS number by the record alone."""
    by_reference: dict[bytes, list[Voice]] = {}
    for one in (await _said(connection, encryption, {patient})).values():
        if one.voice is not None:
            by_reference.setdefault(one.reference, []).append(one.voice)
    return {reference: as_record(voices) for reference, voices in by_reference.items()}


async def _heard(connection: Connection, encryption: Encryption, patients: set[UUID]) -> dict[UUID, list[Voice]]:
    """Every voice that speaks of each of these patients, the NHS's of numbers that they are said to bear as well."""
    claimed = [_opened(encryption, row) for row in await connection.fetch(OF_CLAIMED_NUMBERS, list(patients))]
    return by_patient([*(await _said(connection, encryption, patients)).values(), *claimed])


async def _said(connection: Connection, encryption: Encryption, patients: set[UUID]) -> Voices:
    """Every voice that is these patients' own."""
    rows = await connection.fetch(VOICES, list(patients))
    return {(one.reference, one.embedded): one for one in (_opened(encryption, row) for row in rows)}


def _opened(encryption: Encryption, row: Any) -> ReportedDetails:
    reference, details = row["reference"], None
    if row["sealed"] is not None:
        text = encryption.open(Sealed(row["key_id"], row["sealed"]), reference.hex())
        details = Details.model_validate_json(text)
    return ReportedDetails(
        patient_id=row["patient_id"],
        reference=reference,
        embedded=row["embedded"],
        version=row["version"],
        details=details,
        source=row["source"],
    )


def _sealed(encryption: Encryption, one: ReportedDetails) -> tuple[UUID, bytes, bool, str, str | None, bytes | None]:
    about = (one.patient_id, one.reference, one.embedded, one.version)
    if one.details is None:
        return (*about, None, None)
    sealed = encryption.seal(one.details.model_dump_json(include=set(FIELDS), exclude_none=True), one.reference.hex())
    return (*about, sealed.key_id, sealed.ciphertext)


def _moved(
    before: Mapping[UUID, given_addresses.GivenAddresses], after: Mapping[UUID, given_addresses.GivenAddresses]
) -> dict[UUID, given_addresses.GivenAddresses]:
    return {one: found for one, found in after.items() if found != before.get(one, {})}


async def _with_opt_outs(
    connection: Connection, people: dict[tuple[UUID, frozenset[str]], Person]
) -> dict[tuple[UUID, frozenset[str]], Person]:
    indexes = [address.index for person in people.values() for address in person.addresses]
    stopped = await opt_outs.categories(connection, indexes)
    dead = await dead_numbers.among(connection, indexes)
    unsafe = await unsafe_phones.among(connection, indexes)
    return {
        key: replace(
            person,
            addresses=tuple(
                replace(
                    address,
                    opted_out=stopped[address.index],
                    is_dead=address.index in dead,
                    is_unsafe=address.index in unsafe,
                )
                for address in person.addresses
            ),
        )
        for key, person in people.items()
    }
