"""When one patient turns out to be another: by NHS number, and by nothing else."""

from collections.abc import Sequence
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
a AS (INSERT INTO people.addresses (address, patient_id) SELECT address, $2 FROM people.addresses WHERE patient_id = $1
      ON CONFLICT DO NOTHING)
UPDATE people.patients SET merged_into = $2 WHERE id = $1
"""

# Numbers of which the NHS said something: what it said is true of whoever bears them, not of who did by mistake.
SPOKEN_OF = """
SELECT i.reference, d.key_id, d.sealed
FROM people.identifiers i JOIN people.details d ON d.reference = i.reference AND NOT d.embedded
WHERE i.patient_id = $1 AND i.source = 'nhs' AND i.reference <> $2
"""

# A source that corrects itself takes its old number back, and whoever bears that one later is somebody else.
FORGET_NUMBERS = "DELETE FROM people.identifiers WHERE patient_id = $1 AND source = 'nhs' AND reference <> $2"

FORGET_ADDRESSES = "DELETE FROM people.addresses WHERE patient_id = $1"

# As for texts that speak of a death: in working hours, by a clock and holidays that do for a patient of any place.
READ_BY = sending_window.usual(ZoneInfo("Europe/London"), "GB-ENG")
OF_USE_FOR = timedelta(days=90)


class Step(Enum):
    """What an NHS number makes of a patient."""

    NOTHING = auto()
    NAME = auto()
    """The number is new: this patient bears it."""
    MERGE = auto()
    """The number is another patient's: they are one."""
    MOVE = auto()
    """The source corrects a wrong number: only its own record moves to the number's bearer, old or new."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A source says that its patient bears an NHS number.

    Attributes:
        patient: whom the source's identifier means now.
        bearer: whom the NHS number means now; None: nobody yet.
        other_numbers: whether this patient bears another NHS number.
        other_records: whether other sources' identifiers mean this patient as well.

    """

    patient: UUID
    bearer: UUID | None
    other_numbers: bool
    other_records: bool


def step(claim: Claim) -> Step:
    """What follows. A number that changes for a patient whom one source alone knows is that person's new number.

    Where others know the patient by the old number, the source had the wrong person: uniting them would tell one of
    the other.
    """
    if claim.bearer == claim.patient:
        return Step.NOTHING
    if claim.other_numbers and claim.other_records:
        return Step.MOVE
    return Step.NAME if claim.bearer is None else Step.MERGE


async def apply(
    connection: Connection, reference: bytes, nhs: tuple[bytes, bytes], now: datetime, encryption: Encryption
) -> set[UUID]:
    """Make identifiers agree with what a source says; everybody whom that changed.

    Args:
        connection: in a transaction that has locked the patients of both references.
        reference: the source's own identifier.
        nhs: reference and value index of the NHS number.
        now: the moment.
        encryption: opens what the NHS said of a number.

    """
    number, value_index = nhs
    patient = await connection.fetchval(OWNER, reference)
    bearer = await connection.fetchval(OWNER, number)
    claim = _claim(patient, bearer, await connection.fetch(IDENTIFIERS, patient), (reference, number))
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
                bearer = await _somebody(connection)
                await identity.identify(connection, {number: (NHS, value_index, bearer)})
            await connection.execute(MOVE_IDENTIFIER, reference, bearer)
            await texts.share(connection, patient, bearer)  # what was texted may be of either of them
    await wakeups.request_replan_everywhere(connection, {patient, bearer}, now)
    return {patient, bearer}


def _claim(patient: UUID, bearer: UUID | None, names: Sequence[Any], claimed: tuple[bytes, bytes]) -> Claim:
    """What is known of a patient besides the reference and the number that are claimed to be one person's."""
    reference, number = claimed
    return Claim(
        patient,
        bearer,
        other_numbers=any(row["source"] == NHS and row["reference"] != number for row in names),
        other_records=any(row["source"] != NHS and row["reference"] != reference for row in names),
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
    for row in await connection.fetch(SPOKEN_OF, patient, number):
        await connection.execute(MOVE_IDENTIFIER, row["reference"], await _somebody(connection))
        if _tells_of_a_death(row, encryption):
            dead.append(row["reference"])
    await connection.execute(FORGET_NUMBERS, patient, number)
    return dead


async def _somebody(connection: Connection) -> UUID:
    """A patient of whom nothing is known."""
    patient = uuid4()
    await connection.execute(NEW_PATIENT, patient)
    return patient


def _tells_of_a_death(row: Any, encryption: Encryption) -> bool:
    if row["sealed"] is None:
        return False
    said = encryption.open(Sealed(row["key_id"], row["sealed"]), row["reference"].hex())
    return bool(Details.model_validate_json(said).deceased)


async def _doubt(connection: Connection, patient: UUID, number: bytes, now: datetime) -> None:
    """Hold a patient who lost a dead person's number, and ask a person whether it was theirs."""
    task = Task(
        TaskKind.BEREAVEMENT,
        # With the moment: a number that comes back and goes again is asked about again, or nobody could lift the hold.
        f"nhs/{number.hex()}/{patient}/{now.isoformat()}",
        patient,
        (patient_thing(patient),),
        Why.DEATH_REPORTED,
        due_at=working_time.soon(now, now, None, READ_BY),
        expires_at=now + OF_USE_FOR,
    )
    await tasks.raise_tasks(connection, [task], now)
    await texts.hold_for(connection, task.id, now)
