"""Merges and separates patients' records, by NHS number and by nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from shared.calendar import sending_window, working_time
from shared.clinic.patient import Details
from shared.patients import identity
from shared.patients.identity import NHS
from shared.platform.clock import Connection
from shared.rules.task_requests import TaskKind
from shared.schedule import reconciliation, tasks, texts, waiting_lists, wakeups
from shared.schedule.quarantine import patient_thing
from shared.schedule.states import Why
from shared.schedule.tasks import Task
from shared.security.encryption import Encryption, Sealed

IDENTIFIERS = "SELECT reference, source FROM people.identifiers WHERE patient_id = $1"

OWNER = "SELECT patient_id FROM people.identifiers WHERE reference = $1"

NEW_PATIENT = "INSERT INTO people.patients (id) VALUES ($1)"

MOVE_IDENTIFIER = """
WITH i AS (UPDATE people.identifiers SET patient_id = $2 WHERE reference = $1)
UPDATE people.details SET patient_id = $2 WHERE reference = $1
"""

# What was stopped at an address of either stays stopped there.
MERGE = """
WITH i AS (UPDATE people.identifiers SET patient_id = $2 WHERE patient_id = $1),
d AS (UPDATE people.details SET patient_id = $2 WHERE patient_id = $1),
a AS (INSERT INTO people.addresses (address, patient_id, source, may_answer)
      SELECT address, $2, source, may_answer FROM people.addresses WHERE patient_id = $1 ON CONFLICT DO NOTHING)
UPDATE people.patients SET merged_into = $2 WHERE id = $1
"""

# NHS numbers with details from the NHS: these belong to the number's bearer, not to a patient who had it by mistake.
NUMBERS_WITH_NHS_DETAILS = """
SELECT i.reference, d.key_id, d.sealed
FROM people.identifiers i JOIN people.details d ON d.reference = i.reference AND NOT d.embedded
WHERE i.patient_id = $1 AND i.source = 'nhs' AND i.reference <> $2
"""

# A source that corrects an NHS number withdraws the old one; a later bearer of the old number is another patient.
FORGET_NUMBERS = "DELETE FROM people.identifiers WHERE patient_id = $1 AND source = 'nhs' AND reference <> $2"

FORGET_ADDRESSES = "DELETE FROM people.addresses WHERE patient_id = $1"

# As for texts that report a death: in working hours, by a clock and holidays that do for a patient of any place.
READ_BY = sending_window.usual(ZoneInfo("Europe/London"), "GB-ENG")
OF_USE_FOR = timedelta(days=90)


class Step(Enum):
    """The change of identities that an NHS number in a source's event causes."""

    NOTHING = auto()
    NAME = auto()
    """The number is new: record it for this patient."""
    MERGE = auto()
    """Another record has the number: merge the two, they are one patient."""
    MOVE = auto()
    """The source corrects a wrong number: move only its own record, to the bearer of the number, known or new."""


@dataclass(frozen=True, slots=True)
class NhsNumberClaim:
    """A source's claim that its patient bears an NHS number, with the present state of both identifiers.

    Attributes:
        patient: the present patient of the source's identifier.
        bearer: the present patient of the NHS number; None: the number is new.
        other_numbers: whether this patient bears another NHS number.
        other_records: whether identifiers of other sources belong to this patient as well.

    """

    patient: UUID
    bearer: UUID | None
    other_numbers: bool
    other_records: bool


def step(claim: NhsNumberClaim) -> Step:
    """The step that follows from a claim. A changed number of a patient known to one source alone replaces the old.

    Where other sources know the patient by the old number, the source had the wrong person: a merge would send one
    patient messages about the other.
    """
    if claim.bearer == claim.patient:
        return Step.NOTHING
    if claim.other_numbers and claim.other_records:
        return Step.MOVE
    return Step.NAME if claim.bearer is None else Step.MERGE


async def apply(
    connection: Connection, reference: bytes, nhs: tuple[bytes, bytes], now: datetime, encryption: Encryption
) -> set[UUID]:
    """Change identifiers as a source's NHS number requires; gives the patients whose records were merged or moved.

    Args:
        connection: in a transaction that has locked the patients of both references.
        reference: the source's own identifier.
        nhs: reference and value index of the NHS number.
        now: the time of the change.
        encryption: decrypts the NHS's details of a number.

    """
    number, value_index = nhs
    patient = await connection.fetchval(OWNER, reference)
    bearer = await connection.fetchval(OWNER, number)
    names = [(row["reference"], row["source"]) for row in await connection.fetch(IDENTIFIERS, patient)]
    claim = claim_of(patient, bearer, names, (reference, number))
    follows = step(claim)
    if claim.other_numbers and not claim.other_records:
        dead = await _part_from_other_numbers(connection, encryption, patient, number)
        for reference_of_dead in dead:
            # Either number may be the wrong one: until a person knows, this may be the family of somebody dead.
            await _doubt(connection, bearer if follows is Step.MERGE else patient, reference_of_dead, now)
    match follows:
        case Step.NOTHING:
            return set()
        case Step.NAME:
            await identity.identify(connection, {number: (NHS, value_index, patient)})
            return set()
        case Step.MERGE:
            await _merge(connection, patient, bearer, now)
        case Step.MOVE:
            if bearer is None:
                bearer = await _new_patient(connection)
                await identity.identify(connection, {number: (NHS, value_index, bearer)})
            await connection.execute(MOVE_IDENTIFIER, reference, bearer)
            await texts.share(connection, patient, bearer)  # what was texted may be of either of them
    await wakeups.request_replan_everywhere(connection, {patient, bearer}, now)
    return {patient, bearer}


def claim_of(
    patient: UUID, bearer: UUID | None, names: Iterable[tuple[bytes, str]], claimed: tuple[bytes, bytes]
) -> NhsNumberClaim:
    """What is known of a patient, by reference and source, besides the two that are claimed to be one person's."""
    reference, number = claimed
    sources = dict(names)
    return NhsNumberClaim(
        patient,
        bearer,
        other_numbers=any(source == NHS and key != number for key, source in sources.items()),
        other_records=any(source != NHS and key != reference for key, source in sources.items()),
    )


async def _merge(connection: Connection, patient: UUID, bearer: UUID, now: datetime) -> None:
    """Have two locked patients be one, with all that was planned, answered and asked of either."""
    await connection.execute(MERGE, patient, bearer)
    await connection.execute(FORGET_ADDRESSES, patient)
    await reconciliation.move(connection, patient, bearer)
    await waiting_lists.move(connection, patient, bearer, now)
    await tasks.move(connection, patient, bearer)


async def _part_from_other_numbers(
    connection: Connection, encryption: Encryption, patient: UUID, number: bytes
) -> list[bytes]:
    """Give a patient's numbers, all but this one, up to somebody of whom nothing is known; those of the dead."""
    dead = []
    for row in await connection.fetch(NUMBERS_WITH_NHS_DETAILS, patient, number):
        await connection.execute(MOVE_IDENTIFIER, row["reference"], await _new_patient(connection))
        if _reports_death(row, encryption):
            dead.append(row["reference"])
    await connection.execute(FORGET_NUMBERS, patient, number)
    return dead


async def _new_patient(connection: Connection) -> UUID:
    """Create a patient without identifiers or details."""
    patient = uuid4()
    await connection.execute(NEW_PATIENT, patient)
    return patient


def _reports_death(row: Any, encryption: Encryption) -> bool:
    if row["sealed"] is None:
        return False
    said = encryption.open(Sealed(row["key_id"], row["sealed"]), row["reference"].hex())
    return bool(Details.model_validate_json(said).deceased)


async def _doubt(connection: Connection, patient: UUID, number: bytes, now: datetime) -> None:
    """Hold a patient who lost the NHS number of a dead person, and open a task: staff check whose number it was."""
    task = doubt_task(patient, number, now)
    await tasks.raise_tasks(connection, [task], now)
    await texts.hold_for(connection, task.id, now)


def doubt_task(patient: UUID, number: bytes, now: datetime) -> Task:
    """The task to find out whether this patient is the dead person whose NHS number they lost."""
    return Task(
        kind=TaskKind.BEREAVEMENT,
        # With the time: a number that comes back and goes again needs a new task, or staff could not lift the hold.
        key=f"nhs/{number.hex()}/{patient}/{now.isoformat()}",
        patient_id=patient,
        things=(patient_thing(patient),),
        why=Why.DEATH_REPORTED,
        due_at=working_time.soon(now, now, None, READ_BY),
        expires_at=now + OF_USE_FOR,
    )
