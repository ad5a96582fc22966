"""Erases a patient at once, wherever something is known of them, by the functions of those who know it."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from shared.patients import erasures, identity
from shared.patients.erasures import KnownOfPatient
from shared.planning import patient_facts
from shared.platform.clock import Connection
from shared.schedule import forgetting, waiting_lists, wakeups
from shared.schedule.forgetting import ScheduledOfPatient
from shared.security.encryption import Encryption

REUNIONS = "reunions"
"""The planner that tells whoever moves up on a reunion's list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureExtent:
    """How much there is to erase of a patient, or was erased.

    Attributes:
        patients: who they are, by our own ids: as they are now first, then who turned out to be the same.
        things: what sources told of them: each name is the key of its records on Kafka.
        deaths: the NHS's notices of a death that stay.

    """

    patients: tuple[UUID, ...]
    known: KnownOfPatient
    scheduled: ScheduledOfPatient
    facts: int
    things: tuple[str, ...] = ()
    deaths: int = 0


class OnTheirWay(Exception):
    """A message is on its way: it cannot be told yet whether it was sent, and the patient is not erased meanwhile."""


async def extent(connection: Connection, patient: UUID) -> ErasureExtent:
    """How much there is to erase of a patient, and of whoever turned out to be the same."""
    patients = await erasures.together(connection, patient)
    return ErasureExtent(
        patients=tuple(patients),
        known=await erasures.count(connection, patients),
        scheduled=await forgetting.count(connection, patients),
        facts=await patient_facts.count(connection, patients),
        things=tuple(await patient_facts.things(connection, patients)),
    )


async def forget(
    connection: Connection, encryption: Encryption, patient: UUID, who: tuple[str, str], now: datetime
) -> ErasureExtent:
    """Erase a patient, in the caller's transaction; what there was.

    Args:
        connection: in a transaction.
        encryption: opens what the NHS says, of which a death stays.
        patient: who, by our own id.
        who: the operator's login, and the reason; both stay on record.
        now: the time of the erasure. What sources said before it stays out, whenever it comes again.

    Raises:
        OnTheirWay: nothing was changed.

    """
    await identity.lock(connection, await erasures.together(connection, patient), merged_too=True)
    there = await extent(connection, patient)  # again, under the lock
    if there.scheduled.on_their_way:
        raise OnTheirWay
    patients = list(there.patients)
    await forgetting.forget(connection, patients, now)
    others = await waiting_lists.forget(connection, patients, now)
    await wakeups.request_replan(connection, [(REUNIONS, other) for other in others], now)
    await patient_facts.forget(connection, patients)
    deaths = await erasures.forget_details(connection, encryption, patients)
    await erasures.forget(connection, patients, who, now)
    return replace(there, deaths=deaths)
