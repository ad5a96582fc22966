"""Tells clinics what could not be read of their patients' details: once for each patient, field and reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.clinic.unread import Unread
from shared.platform.clock import Connection
from shared.rules.plan import Plan, Response
from shared.schedule import patient_replies

TYPE = "details.unreadable"
TOLD_BY = "people"
"""Whoever reads the event first tells of it under this name, so that several who read it tell once."""


@dataclass(frozen=True, slots=True)
class UnreadDetails:
    """What could not be read in an event about a patient.

    Attributes:
        reference: blind index of the patient at the source.
        thing: what the event was about, by the clinic's own name.

    """

    patient_id: UUID
    reference: bytes
    thing: str
    at: datetime
    unread: Sequence[Unread]


async def tell(connection: Connection, found: Iterable[UnreadDetails]) -> None:
    """Publish on `clinic.responses` what could not be read of locked patients, without its value."""
    responses: dict[UUID, list[Response]] = {}
    for one in found:
        responses.setdefault(one.patient_id, []).extend(_response(one, unread) for unread in one.unread)
    plans = {patient: Plan(responses=tuple(told)) for patient, told in responses.items()}
    await patient_replies.tell(connection, TOLD_BY, plans)


def _response(one: UnreadDetails, unread: Unread) -> Response:
    field = unread.field.removeprefix("patient.")  # the same number in another event is the same fault
    return Response(
        key=f"{one.reference.hex()}/{TYPE}/{field}/{unread.reason}",
        type=TYPE,
        things=(one.thing,),
        at=one.at,
        data={"field": unread.field, "reason": unread.reason},
    )
