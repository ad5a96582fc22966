"""Patients: an opaque id to which identifiers resolve, and the row that everything about them locks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from shared.clinic.nhs_number import nhs_number
from shared.clinic.patient import Contact
from shared.events.types import LONGEST_CODE
from shared.patients.person import address_of
from shared.platform.clock import Connection
from shared.platform.database import columns
from shared.security.encryption import Encryption

NHS = "nhs"

FIND = "SELECT reference, patient_id FROM people.identifiers WHERE reference = ANY($1)"

# One statement in one order, so that two services that meet the same new patients do not lock each other out.
IDENTIFY = """
WITH new AS (
    INSERT INTO people.identifiers (reference, source, value_index, patient_id, claims)
    SELECT * FROM unnest($1::bytea[], $2::text[], $3::bytea[], $4::uuid[], $5::bytea[]) AS n(reference, source,
    value_index, patient_id, claims)
    ORDER BY reference
    ON CONFLICT DO NOTHING
    RETURNING patient_id
)
INSERT INTO people.patients (id) SELECT DISTINCT patient_id FROM new ON CONFLICT DO NOTHING
"""

LOCK = """
SELECT id, merged_into IS NOT NULL OR erased_at IS NOT NULL AS is_gone FROM people.patients WHERE id = ANY($1)
ORDER BY id FOR UPDATE
"""

CLAIM_LOCK = "SELECT id FROM people.patients WHERE id = ANY($1) ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED"

CLAIMS = "SELECT reference, claims FROM people.identifiers WHERE reference = ANY($1) AND claims IS NOT NULL"

CLAIMANTS = "SELECT DISTINCT claims, patient_id FROM people.identifiers WHERE claims = ANY($1)"

CLAIM = """
UPDATE people.identifiers i SET claims = n.claims FROM unnest($1::bytea[], $2::bytea[]) AS n(reference, claims)
WHERE i.reference = n.reference AND i.claims IS DISTINCT FROM n.claims
"""

NAMES = "SELECT patient_id, reference, source FROM people.identifiers WHERE patient_id = ANY($1)"

BY_VALUE = """
SELECT patient_id FROM people.identifiers WHERE value_index = $1 OR claims = $4
UNION SELECT patient_id FROM people.addresses WHERE address = $2
UNION SELECT id FROM people.patients WHERE id::text = $3
"""

MERGED = "SELECT id FROM people.patients WHERE id = ANY($1) AND merged_into IS NOT NULL"

HOLDERS = """
SELECT a.address, a.patient_id, a.source, a.may_answer
FROM people.addresses a JOIN people.patients p ON p.id = a.patient_id
WHERE a.address = ANY($1) AND p.merged_into IS NULL
"""


class Merged(Exception):
    """Patients were merged or erased, or a thing changed hands, between looking up and locking; look up again."""

    def __init__(self, patients: set[UUID]) -> None:
        super().__init__(f"{len(patients)} patients")
        self.patients = patients


@dataclass(frozen=True, slots=True)
class Identifier:
    """What a reference is: which source's, the index of its value alone, whom it means, and the number it claims."""

    source: str
    value_index: bytes
    patient: UUID
    claims: bytes | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """What a source calls a patient, and the NHS number where the event gives one."""

    source: str
    id: str
    nhs_number: str | None = None


def reference(encryption: Encryption, source: str, value: str) -> bytes:
    """The blind index of an identifier at a source."""
    return encryption.index(f"{source}\n{value}")


async def resolve(connection: Connection, encryption: Encryption, names: Iterable[Name]) -> dict[bytes, UUID]:
    """The patient of each local reference; an unknown one becomes a new patient.

    An NHS number that comes along is a claim: it is noted, and unites nobody. That is the business of
    `services.people`, which knows whether the records agree.
    """
    local = named(names, lambda name: reference(encryption, name.source, name.id))
    found = await find(connection, list(local))
    unknown = {key: name for key, name in local.items() if key not in found}
    if not unknown:
        return found
    rows = {
        key: Identifier(name.source, encryption.index(name.id), uuid4(), claim_of(encryption, name.nhs_number))
        for key, name in unknown.items()
    }
    await identify(connection, rows)
    return found | await find(connection, list(rows))


def claim_of(encryption: Encryption, text: str | None) -> bytes | None:
    """The reference of an NHS number; None where there is none, or its check digit is wrong."""
    number = nhs_number(text)
    return None if number is None else reference(encryption, NHS, number)


def named(names: Iterable[Name], key: Callable[[Name], bytes]) -> dict[bytes, Name]:
    """One name of each patient of a source, by its reference: of two, the one with an NHS number."""
    return {key(name): name for name in sorted(names, key=lambda name: name.nhs_number is not None)}


async def identify(connection: Connection, rows: Mapping[bytes, Identifier]) -> None:
    """Say of references whom they mean; known ones stay."""
    ordered = [
        (key, one.source, one.value_index, one.patient, one.claims)
        for key, one in sorted(rows.items(), key=lambda row: row[0])
    ]
    await connection.execute(IDENTIFY, *columns(ordered, 5))


async def claims(connection: Connection, references: Sequence[bytes]) -> dict[bytes, bytes]:
    """The NHS number that each of these references claims, where it claims one; both as references."""
    return {row["reference"]: row["claims"] for row in await connection.fetch(CLAIMS, references)}


async def claim(connection: Connection, numbers: Mapping[bytes, bytes | None]) -> None:
    """Note which NHS number references claim from now on; None: none any more."""
    if numbers:
        await connection.execute(CLAIM, list(numbers), list(numbers.values()))


async def claimants(connection: Connection, numbers: Sequence[bytes]) -> dict[bytes, set[UUID]]:
    """The patients of whom any source says that they bear each of these NHS numbers."""
    found: dict[bytes, set[UUID]] = {}
    for row in await connection.fetch(CLAIMANTS, numbers) if numbers else ():
        found.setdefault(row["claims"], set()).add(row["patient_id"])
    return found


async def names_of(connection: Connection, patients: Iterable[UUID]) -> dict[UUID, dict[bytes, str]]:
    """Every reference of each of these patients, with its source."""
    found: dict[UUID, dict[bytes, str]] = {}
    for row in await connection.fetch(NAMES, list(patients)):
        found.setdefault(row["patient_id"], {})[row["reference"]] = row["source"]
    return found


async def find(connection: Connection, references: Sequence[bytes]) -> dict[bytes, UUID]:
    """Whom each of these references means, where it means anybody."""
    rows = await connection.fetch(FIND, references)
    return {row["reference"]: row["patient_id"] for row in rows}


async def owners(connection: Connection, references: Sequence[bytes]) -> set[UUID]:
    """The patients whom these references mean, where they mean anybody."""
    return set((await find(connection, references)).values())


async def merged(connection: Connection, patients: Iterable[UUID]) -> set[UUID]:
    """Those of these patients who turned out to be another."""
    return {row["id"] for row in await connection.fetch(MERGED, list(patients))}


async def holders(connection: Connection, addresses: Sequence[bytes]) -> dict[bytes, set[UUID]]:
    """Everybody who has each of these addresses, whichever source gave it."""
    found: dict[bytes, set[UUID]] = {}
    for row in await connection.fetch(HOLDERS, addresses):
        found.setdefault(row["address"], set()).add(row["patient_id"])
    return found


async def answering(connection: Connection, addresses: Sequence[bytes]) -> dict[tuple[bytes, UUID], set[str]]:
    """The sources that gave an address of a patient as one from which an answer may come."""
    found: dict[tuple[bytes, UUID], set[str]] = {}
    for row in await connection.fetch(HOLDERS, addresses):
        if row["may_answer"]:
            found.setdefault((row["address"], row["patient_id"]), set()).add(row["source"])
    return found


async def lock(connection: Connection, patients: Iterable[UUID], *, merged_too: bool = False) -> set[UUID]:
    """Lock patients, in the one order that everybody uses, until the transaction ends.

    Raises:
        Merged: where one of them no longer is a patient of its own (unless `merged_too`).

    """
    rows = await connection.fetch(LOCK, sorted(set(patients)))
    gone = {row["id"] for row in rows if row["is_gone"]}
    if gone and not merged_too:
        raise Merged(gone)
    return {row["id"] for row in rows}


async def lock_free(connection: Connection, patients: Iterable[UUID], limit: int) -> set[UUID]:
    """Lock up to `limit` of those patients whom nobody else holds now."""
    return {row["id"] for row in await connection.fetch(CLAIM_LOCK, sorted(set(patients)), limit)}


async def search(connection: Connection, encryption: Encryption, text: str) -> list[UUID]:
    """Patients by local id, NHS number, phone number, e-mail address or our own opaque id."""
    text = text.strip()[:LONGEST_CODE] or "?"
    address = address_of(Contact(channel="email" if "@" in text else "sms", value=text), encryption.region)
    identifier = encryption.index(nhs_number(text) or text)
    by_address = b"" if address is None else encryption.index(address)
    claimed = claim_of(encryption, text)
    return [row["patient_id"] for row in await connection.fetch(BY_VALUE, identifier, by_address, text, claimed)]
