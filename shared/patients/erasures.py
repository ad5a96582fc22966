"""Erases what is known of a patient, and keeps who did so; what is older than that brings nobody back."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from shared.clinic.patient import Details
from shared.events.cloudevents import Event
from shared.patients import details
from shared.patients.identity import NHS
from shared.platform.clock import Connection
from shared.security.encryption import Encryption

TOGETHER = """
WITH RECURSIVE same AS (
    SELECT coalesce(merged_into, id) AS id FROM people.patients WHERE id = $1
    UNION SELECT p.id FROM people.patients p JOIN same s ON p.merged_into = s.id
) SELECT id FROM same
"""

COUNT = """
SELECT (SELECT count(*) FROM people.details WHERE patient_id = ANY($1)) AS records,
    (SELECT count(DISTINCT address) FROM people.addresses WHERE patient_id = ANY($1)) AS addresses
"""

KNOWN_TO = "SELECT DISTINCT source FROM people.identifiers WHERE patient_id = ANY($1) AND source <> $2 ORDER BY source"

# A notice of the NHS is of the number, whoever it is said to be of: a death is heard whenever it comes.
KEEP_REFERENCES = """
INSERT INTO people.erased_references (reference, erased_at)
SELECT reference, $2 FROM people.identifiers WHERE patient_id = ANY($1) AND source <> $3 ORDER BY reference
ON CONFLICT (reference) DO UPDATE SET erased_at = greatest(erased_references.erased_at, excluded.erased_at)
"""

FORGET_DETAILS = "DELETE FROM people.details WHERE patient_id = ANY($1) AND reference <> ALL($2)"

BARE_DEATH = "UPDATE people.details SET key_id = $3, sealed = $4 WHERE patient_id = ANY($1) AND reference = $2"

FORGET = (
    "DELETE FROM people.identifiers WHERE patient_id = ANY($1)",
    "DELETE FROM people.addresses WHERE patient_id = ANY($1)",
)

MARK = "UPDATE people.patients SET erased_at = $2 WHERE id = ANY($1)"

RECORD = """
INSERT INTO people.erasures (patient_id, erased_by, erased_for, erased_at)
SELECT patient_id, $2, $3, $4 FROM unnest($1::uuid[]) AS n(patient_id) ON CONFLICT DO NOTHING
"""

RECORDED = "SELECT patient_id, erased_by, erased_for, erased_at FROM people.erasures WHERE patient_id = ANY($1)"

Reference: TypeAlias = Callable[[Event], bytes | None]

ERASED_AT = "SELECT reference, erased_at FROM people.erased_references WHERE reference = ANY($1)"


@dataclass(frozen=True, slots=True)
class KnownOfPatient:
    """How much is known of a patient, and which sources know them."""

    records: int = 0
    addresses: int = 0
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PatientErasure:
    """Who erased a patient, why and when; of the patient the opaque id alone."""

    patient_id: UUID
    erased_by: str = field(compare=False)
    erased_for: str = field(compare=False)
    erased_at: datetime


async def together(connection: Connection, patient: UUID) -> list[UUID]:
    """A patient as they are now, first, and whoever turned out to be the same one."""
    return [row["id"] for row in await connection.fetch(TOGETHER, patient)]


async def count(connection: Connection, patients: Sequence[UUID]) -> KnownOfPatient:
    """How much is known of these patients."""
    [row] = await connection.fetch(COUNT, patients)
    sources = tuple(one["source"] for one in await connection.fetch(KNOWN_TO, patients, NHS))
    return KnownOfPatient(row["records"], row["addresses"], sources)


async def forget(connection: Connection, patients: Sequence[UUID], who: tuple[str, str], now: datetime) -> None:
    """Forget what locked patients are called and where they are reached, and keep who did so (login, reason).

    What sources say of them is forgotten before (`forget_details`), while it is known whose it is.
    """
    await connection.execute(KEEP_REFERENCES, patients, now, NHS)
    for forget in FORGET:
        await connection.execute(forget, patients)
    await connection.execute(MARK, patients, now)
    await connection.execute(RECORD, patients, *who, now)


async def forget_details(connection: Connection, encryption: Encryption, patients: Sequence[UUID]) -> int:
    """Delete what is said of locked patients; how many notices of the NHS that the bearer of a number has died stay.

    Such a notice stays under the number's blind index: whoever is said to bear it later is still taken for dead.
    """
    said = (await details.voices(connection, encryption, patients)).values()
    deaths = [one.reference for voices in said for one in voices if one.source == NHS and one.details.deceased]
    await connection.execute(FORGET_DETAILS, patients, deaths)
    for reference in deaths:
        sealed = encryption.seal(Details(deceased=True).model_dump_json(exclude_none=True), reference.hex())
        await connection.execute(BARE_DEATH, patients, reference, sealed.key_id, sealed.ciphertext)
    return len(deaths)


async def recorded(connection: Connection, patients: Sequence[UUID]) -> list[PatientErasure]:
    """Who erased these patients, why and when, as far as they are."""
    return [PatientErasure(**dict(row)) for row in await connection.fetch(RECORDED, patients)]


async def since(connection: Connection, events: Iterable[Event], reference: Reference) -> tuple[Event, ...]:
    """The events without those that are about a patient who was erased since: by their own time, not their arrival.

    `reference`: by which reference an event is about a patient, where it is about one.
    """
    about = [(event, reference(event)) for event in events]
    wanted = sorted({key for _, key in about if key is not None})
    rows = await connection.fetch(ERASED_AT, wanted) if wanted else []
    erased: Mapping[bytes, datetime] = {row["reference"]: row["erased_at"] for row in rows}
    return tuple(event for event, key in about if key is None or key not in erased or event.version.time > erased[key])
