"""Merges and separates patients' records by NHS number, where the records agree."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from services.people.claims import Bearers, NhsNumberClaim, RecordedNumber, Step, claim_of, step
from shared.calendar import sending_window, working_time
from shared.clinic.patient import Details
from shared.patients import details, identity, opt_out_events, sources, union_events
from shared.patients.identity import NHS, Identifier
from shared.patients.union_events import UnionChange
from shared.platform.clock import Connection
from shared.rules.task_requests import TaskKind
from shared.schedule import reconciliation, tasks, texts, waiting_lists, wakeups
from shared.schedule.quarantine import patient_thing
from shared.schedule.states import Why
from shared.schedule.tasks import Task
from shared.security.encryption import Encryption, Sealed

OWNER = "SELECT patient_id FROM people.identifiers WHERE reference = $1"

PART = """
INSERT INTO people.apart (reference, number, parted_by, parted_for, parted_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
"""

IS_APART = "SELECT EXISTS (SELECT FROM people.apart WHERE reference = $1 AND number = $2)"

NEW_PATIENT = "INSERT INTO people.patients (id) VALUES ($1)"

MOVE_IDENTIFIER = """
WITH i AS (UPDATE people.identifiers SET patient_id = $2 WHERE reference = $1)
UPDATE people.details SET patient_id = $2 WHERE reference = $1
"""

# What was stopped at an address of either stays stopped there.
MERGE = """
WITH i AS (UPDATE people.identifiers SET patient_id = $2 WHERE patient_id = $1),
d AS (UPDATE people.details SET patient_id = $2 WHERE patient_id = $1),
a AS (INSERT INTO people.addresses (address, patient_id, source, may_answer, safe_to_text, safe_to_call)
      SELECT address, $2, source, may_answer, safe_to_text, safe_to_call FROM people.addresses WHERE patient_id = $1
      ON CONFLICT DO NOTHING)
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


async def apply(connection: Connection, claimed: RecordedNumber, now: datetime, encryption: Encryption) -> set[UUID]:
    """Change identifiers as a source's NHS number requires; gives the patients whose records were merged or moved.

    Args:
        connection: in a transaction that has locked the patients of both references.
        claimed: what the source's newest record says.
        now: the time of the change.
        encryption: decrypts what is said of both.

    """
    claim = await _claim(connection, claimed, encryption)
    patient, bearer, number = claim.patient, claim.bearer, claimed.number
    await identity.claim(connection, {claimed.reference: number})
    follows = step(claim)
    if (claim.other_numbers or not claim.is_claimed) and not claim.other_records:
        dead = await _part_from_other_numbers(connection, encryption, patient, number or b"")
        for reference_of_dead in dead:
            # Either number may be the wrong one: until a person knows, this may be the family of somebody dead.
            doubted = bearer if follows is Step.MERGE and bearer is not None else patient
            await _hold(connection, doubt_task(doubted, reference_of_dead, now), now)
    match follows:
        case Step.NAME if number is not None:
            await identity.identify(connection, {number: Identifier(NHS, claimed.value_index, patient)})
        case Step.MERGE if bearer is not None:
            await _tell(connection, "merged", {patient, bearer}, claimed, now)
            await _merge(connection, patient, bearer, now)
            return await _planned_again(connection, {patient, bearer}, now)
        case Step.MOVE if number is not None:
            await _tell(connection, "parted", {patient}, claimed, now)
            if bearer is not None:
                await _tell(connection, "merged", {bearer}, claimed, now)
            else:
                bearer = await _new_patient(connection)
                await identity.identify(connection, {number: Identifier(NHS, claimed.value_index, bearer)})
            await _move(connection, claimed.reference, patient, bearer)
            return await _planned_again(connection, {patient, bearer}, now)
        case Step.LEAVE:
            await _tell(connection, "parted", {patient}, claimed, now)
            alone = await _new_patient(connection)
            await _move(connection, claimed.reference, patient, alone)
            await _contest(connection, claim, claimed, alone, now)
            return await _planned_again(connection, {patient, alone}, now)
        case Step.APART:
            await _contest(connection, claim, claimed, patient, now)
        case _:
            pass
    return set()


async def _tell(
    connection: Connection,
    state: Literal["merged", "parted"],
    patients: set[UUID],
    claimed: RecordedNumber,
    now: datetime,
) -> None:
    """Tell the clinics concerned what follows from a record."""
    record = (claimed.source, claimed.thing) if claimed.thing else None
    await union_events.tell(connection, UnionChange(state=state, patients=patients, why="record", record=record), now)


async def _claim(connection: Connection, claimed: RecordedNumber, encryption: Encryption) -> NhsNumberClaim:
    """What is known of a claim, read under the locks of both patients."""
    patient = await connection.fetchval(OWNER, claimed.reference)
    bearer = None if claimed.number is None else await connection.fetchval(OWNER, claimed.number)
    names = await identity.names_of(connection, {patient} | ({bearer} if bearer else set()))
    records = {} if bearer is None else await details.records_of(connection, encryption, bearer)
    held = Bearers(names.get(bearer, {}) if bearer else {}, records)
    claim = claim_of(claimed, (patient, bearer), names[patient], held, await sources.load(connection))
    parted = await connection.fetchval(IS_APART, claimed.reference, claimed.number)
    return replace(claim, may_unite=False) if parted else claim


async def part(
    connection: Connection, reference: bytes, who: tuple[str, str], now: datetime, encryption: Encryption
) -> UUID | None:
    """Part a source's record from the others of its patient, for good, as an operator says; the patient it is now.

    Args:
        connection: in a transaction.
        reference: the source's own identifier of the patient.
        who: the operator, and the reason; both stay on record.
        now: the time of the change.
        encryption: decrypts what is said of both.

    Returns:
        None where the record is nobody's, or its patient has no other.

    """
    patient = await connection.fetchval(OWNER, reference)
    if patient is None:
        return None
    await identity.lock(connection, [patient])
    names = (await identity.names_of(connection, [patient]))[patient]
    if reference not in names or not any(one != reference and source != NHS for one, source in names.items()):
        return None
    number = (await identity.claims(connection, [reference])).get(reference, b"")
    await connection.execute(PART, reference, number, *who, now)
    await union_events.tell(connection, UnionChange(state="parted", patients={patient}, why="operator"), now)
    alone = await _new_patient(connection)
    await _move(connection, reference, patient, alone)
    await details.index_addresses(connection, encryption, await _planned_again(connection, {patient, alone}, now))
    return alone


async def _planned_again(connection: Connection, patients: set[UUID], now: datetime) -> set[UUID]:
    await wakeups.request_replan_everywhere(connection, patients, now)
    return patients


async def _move(connection: Connection, reference: bytes, patient: UUID, other: UUID) -> None:
    """Give one source's record, and what is said under it, to another patient."""
    await connection.execute(MOVE_IDENTIFIER, reference, other)
    await texts.share(connection, patient, other)  # what was texted may be of either of them


async def _contest(
    connection: Connection, claim: NhsNumberClaim, claimed: RecordedNumber, patient: UUID, now: datetime
) -> None:
    """Hold both whom a number would make one although they are two people, and have their clinics find out whose it is.

    What their clinics know them by is what stands in the schedule for them: each gets a task of its own things.
    """
    if not claim.is_contested or claim.bearer is None or claimed.number is None:
        return
    both = (patient, claim.bearer)
    known_by = opt_out_events.things_by_source(await opt_out_events.concerns(connection, both))
    for side, one in zip(("claimant", str(claim.bearer)), both, strict=True):
        things = {thing: at for those in known_by.get(one, {}).values() for thing, at in those.items()}
        named = tuple(opt_out_events.newest_things(things)) or (patient_thing(one),)
        key = f"{claimed.number.hex()}/{claimed.reference.hex()}/{side}"
        await _hold(connection, contest_task(one, key, named, now), now)


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


async def _hold(connection: Connection, task: Task, now: datetime) -> None:
    """Send a patient nothing until a person has done this task."""
    await tasks.raise_tasks(connection, [task], now)
    await texts.hold_for(connection, task.id, now)


def contest_task(patient: UUID, key: str, things: tuple[str, ...], now: datetime) -> Task:
    """The task to find out whose an NHS number is that two different people are said to bear.

    The same claim of the same record is the same task: a record that is sent every night is not held every night.
    """
    return Task(
        kind=TaskKind.WHOSE_NUMBER,
        key=key,
        patient_id=patient,
        things=things,
        why=Why.RECORDS_DISAGREE,
        due_at=working_time.soon(now, now, None, READ_BY),
        expires_at=now + OF_USE_FOR,
    )


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
