"""What is said of patients: kept encrypted, one row a voice, and read as one person (folded in `voices`)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.clinic.patient import Details
from shared.patients import dead_numbers, opt_outs
from shared.patients.person import Person, answers, person
from shared.patients.traits import Traits, traits
from shared.patients.voices import FIELDS, ReportedDetails, Voices, news, presented
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
SELECT patient_id, reference, embedded, version, key_id, sealed FROM people.details WHERE patient_id = ANY($1)
"""

OWN_VERSIONS = "SELECT reference, version FROM people.details WHERE reference = ANY($1) AND NOT embedded"

FORGET_ADDRESSES = "DELETE FROM people.addresses WHERE patient_id = ANY($1)"

KEEP_ADDRESSES = """
INSERT INTO people.addresses (address, patient_id, may_answer)
SELECT * FROM unnest($1::bytea[], $2::uuid[], $3::boolean[]) ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class DetailsHeard:
    """The patients of whom something new was said, and those of them whom rules see otherwise because of it."""

    patients: frozenset[UUID] = frozenset()
    otherwise: frozenset[UUID] = frozenset()


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
    before, after = presented(known.values()), presented({**known, **new}.values())
    addresses = _addresses(encryption, before)
    moved = {one: found for one, found in _addresses(encryption, after).items() if found != addresses.get(one, {})}
    await _reindex(connection, moved)
    ordered = sorted(told, key=lambda one: one.version)
    await dead_numbers.given_anew(connection, _given(ordered, known, encryption))
    today, nothing = now.date(), Details()
    otherwise = {one for one in after if traits(after[one], today) != traits(before.get(one, nothing), today)}
    return DetailsHeard(frozenset(one.patient_id for one in new.values()), frozenset(otherwise))


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
    indexes: dict[UUID, dict[bytes, bool]] = {patient: {} for patient in patients}
    indexes |= _addresses(encryption, presented((await _said(connection, encryption, set(indexes))).values()))
    await _reindex(connection, indexes)


async def load(connection: Connection, encryption: Encryption, patients: Iterable[UUID]) -> dict[UUID, Person]:
    """What delivery needs to know of these patients now."""
    ids = set(patients)
    known: dict[UUID, Details] = dict.fromkeys(ids, Details())
    known |= presented((await _said(connection, encryption, ids)).values())
    people = {patient: person(patient, said, encryption.index, encryption.region) for patient, said in known.items()}
    return await _with_opt_outs(connection, people)


async def known_to_rules(
    connection: Connection, encryption: Encryption, patients: Iterable[UUID], now: datetime
) -> dict[UUID, Traits]:
    """What rules may know of each of these patients, as far as what is said of them can be opened."""
    wanted = set(patients)
    try:
        said = presented((await _said(connection, encryption, wanted)).values())
    except EncryptionError:  # delivery says so, and sends nothing; what else is planned must not wait for a key
        found: dict[UUID, Traits] = {}
        for patient in sorted(wanted) if len(wanted) > 1 else ():
            found |= await known_to_rules(connection, encryption, {patient}, now)
        return found
    return {patient: traits(details, now.date()) for patient, details in said.items()}


async def _said(connection: Connection, encryption: Encryption, patients: set[UUID]) -> Voices:
    """Every voice that speaks of these patients."""

    def opened(row: Any) -> ReportedDetails:
        reference, details = row["reference"], None
        if row["sealed"] is not None:
            text = encryption.open(Sealed(row["key_id"], row["sealed"]), reference.hex())
            details = Details.model_validate_json(text)
        return ReportedDetails(row["patient_id"], reference, row["embedded"], row["version"], details)

    rows = await connection.fetch(VOICES, list(patients))
    return {(one.reference, one.embedded): one for one in map(opened, rows)}


def _sealed(encryption: Encryption, one: ReportedDetails) -> tuple[UUID, bytes, bool, str, str | None, bytes | None]:
    about = (one.patient_id, one.reference, one.embedded, one.version)
    if one.details is None:
        return (*about, None, None)
    sealed = encryption.seal(one.details.model_dump_json(include=set(FIELDS), exclude_none=True), one.reference.hex())
    return (*about, sealed.key_id, sealed.ciphertext)


def _addresses(encryption: Encryption, people: Mapping[UUID, Details]) -> dict[UUID, dict[bytes, bool]]:
    """Blind indexes of every address that a message could go to, and whether an answer may come from there."""
    return {
        patient: {
            encryption.index(value): may_answer
            for value, may_answer in answers(one.contacts or (), encryption.region).items()
        }
        for patient, one in people.items()
    }


async def _reindex(connection: Connection, addresses: dict[UUID, dict[bytes, bool]]) -> None:
    if addresses:
        rows = [(index, patient, may) for patient, indexes in addresses.items() for index, may in indexes.items()]
        await connection.execute(FORGET_ADDRESSES, list(addresses))
        await connection.execute(KEEP_ADDRESSES, *columns(rows, 3))


async def _with_opt_outs(connection: Connection, people: dict[UUID, Person]) -> dict[UUID, Person]:
    indexes = [address.index for person in people.values() for address in person.addresses]
    stopped = await opt_outs.categories(connection, indexes)
    dead = await dead_numbers.among(connection, indexes)
    return {
        patient: replace(
            person,
            addresses=tuple(
                replace(address, opted_out=stopped[address.index], is_dead=address.index in dead)
                for address in person.addresses
            ),
        )
        for patient, person in people.items()
    }
