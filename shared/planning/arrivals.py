"""Events as they reach a planner: whose thing each is, without personal details, and what is held of the unreadable."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Protocol, cast
from uuid import UUID

from shared.clinic.patient import PatientReference
from shared.events.cloudevents import Event, Record, Rejected, RejectReason
from shared.events.types import EventData
from shared.patients.identity import Name
from shared.patients.voices import ReportedDetails
from shared.planning.fact_store import NO_PATIENT
from shared.planning.planner import Planner
from shared.rules.facts import GONE, Arrival, Fact
from shared.schedule.quarantine import Quarantine


class Owned(Protocol):
    """The state of a thing that belongs to somebody."""

    @property
    def patient(self) -> PatientReference | None:
        """Whose it is; nobody's: it is gone from whoever had it."""

    def bare(self, reference: str) -> EventData:
        """The same without personal details, as it is kept."""


def owner(event: Event) -> PatientReference | None:
    """Who has a thing, with the details that came along; None where it is gone, or nobody has it."""
    data = cast("Owned | None", event.data)
    return None if data is None else data.patient


def name(event: Event, planner: Planner[Any]) -> Name | None:
    """By which name its source knows who has a thing; None where nobody has it, or it is nobody's own."""
    patient = None if event.kind in planner.shared_kinds else owner(event)
    return None if patient is None else Name(event.source, patient.id, patient.nhs_number)


def arrival(event: Event, planner: Planner[Any], whose: tuple[UUID, bytes] | None) -> Arrival:
    """An event as it is folded: whose the thing is (patient and reference), and what they would be told of it."""
    if event.data is not None and event.kind in planner.shared_kinds:
        return Arrival(event, NO_PATIENT, b"", planner.content_digest(event.data))
    if whose is None:
        return Arrival(event, None, b"", GONE)
    patient, reference = whose
    return Arrival(without_details(event, reference), patient, reference, planner.content_digest(event.data))


def reported(event: Event, arrived: Arrival) -> ReportedDetails | None:
    """The details of its owner that came along with a thing; None where it has no owner."""
    if arrived.patient_id is None or arrived.patient_id == NO_PATIENT:
        return None
    return ReportedDetails(
        patient_id=arrived.patient_id,
        reference=arrived.reference,
        embedded=True,
        version=event.version.text,
        details=owner(event),
        source=event.source,
    )


def without_details(event: Event, reference: bytes) -> Event:
    """Details are kept apart, encrypted; the source's own id may be an NHS number: its blind index stays."""
    return replace(event, data=cast("Owned", event.data).bare(reference.hex()))


def hold(rejected: Rejected) -> Quarantine | None:
    """What is held because of a record that could not be taken in; None where nobody can tell what it is about."""
    if rejected.thing is None:
        return None
    record = rejected.record
    return Quarantine(
        rejected.thing, rejected.reason, rejected.time, f"{record.topic}/{record.partition}/{record.offset}"
    )


def of_nothing(arrivals: Iterable[Arrival], known: Iterable[Fact], records: Iterable[Record]) -> list[Rejected]:
    """Records by which a thing would be gone that nobody has heard of."""
    things = {fact.thing for fact in known} | {arrival.event.thing for arrival in arrivals if arrival.patient_id}
    of_nothing = {a.event.id: a.event for a in arrivals if _is_gone(a) and a.event.thing not in things}
    return [
        Rejected(record, RejectReason.UNKNOWN_KEY, "no such thing", time=event.version.time)
        for record in records
        if (event := of_nothing.get(f"{record.topic}/{record.partition}/{record.offset}")) is not None
    ]


def _is_gone(arrival: Arrival) -> bool:
    return arrival.patient_id is None and arrival.event.data is None
