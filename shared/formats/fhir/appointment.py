"""Reads a FHIR Appointment as our own: time, place and clinician, never the reason."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from shared.clinic.appointment import WITH_A_START, AppointmentStatus
from shared.clinic.birth_date import birth_date, is_child
from shared.events.types import EARLIEST, LATEST
from shared.formats.fhir.elements import (
    BundleEntry,
    ReadResource,
    Target,
    UnusableResource,
    came_along,
    codes,
    contained,
    instant,
    local,
    record,
    records,
    resolve,
    word,
    written,
)
from shared.formats.fhir.meeting import join_link, mode
from shared.formats.fhir.subject import NAMELESS, name_of, reference
from shared.formats.fhir.telecom import work_email

OVER = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.NOSHOW, AppointmentStatus.ENTERED_IN_ERROR})

CANCELLATION_REASONS = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"

_PRACTITIONERS = frozenset({"Practitioner", "PractitionerRole"})
_CANCELLERS = {"pat": "patient", "prov": "clinic"}
DIED = "pat-dec"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

UNKNOWN_STATUS = f"its status is none of FHIR's: write one of {', '.join(AppointmentStatus)}"
NO_START = "it is {} but has no start that is an instant with a zone: write it like 2026-12-01T09:00:00Z"
NO_PATIENT = "it names no patient: add a participant whose actor is a reference such as Patient/123"
UNRESOLVED = (
    "a participant is named by a urn or # that is not in this document: send the whole Bundle, with its Patient"
)
GROUP = "it names several patients, and a group appointment is not read: publish one appointment for each patient"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Participant:
    """A participant of an appointment, and its acceptance."""

    target: Target
    display: str | None
    urn: bool
    declined: bool
    informed_only: bool
    leads: bool


@dataclass(frozen=True, slots=True)
class _Invited:
    """The patient of an appointment."""

    patient: dict[str, Any]
    attends: bool
    declined: bool
    targets: list[Target]


def appointment(resource: Mapping[str, Any], known: Mapping[str, BundleEntry]) -> ReadResource | UnusableResource:
    """Read an Appointment resource of R4 or STU3.

    Description, comment, reason, specialty, service type and supporting information reveal conditions: they are not
    read.

    Args:
        resource: the Appointment.
        known: the other resources of the document, by the URLs that references use.

    """
    notes: list[str] = []
    status = _status(resource)
    if status is None:
        return UnusableResource(UNKNOWN_STATUS)
    if (start := _instant(resource, "start", notes)) is None and status in WITH_A_START:
        return UnusableResource(NO_START.format(status))
    participants = [_participant(p, known, contained(resource)) for p in _taking_part(resource)]
    invited = _invited(participants, notes)
    if isinstance(invited, UnusableResource):
        return invited
    cancelled_by = _cancelled_by(resource, status, invited, notes)
    clinician, clinician_email = _clinician(participants, known, contained(resource))
    child = _is_child(invited, start, known, notes)
    found = {
        "status": status.value,
        "patient": invited.patient,
        "start": _written(start),
        "end": _end(resource, start, notes),
        "created": _created(resource, notes),
        "mode": mode(resource, notes),
        "join_link": join_link(resource, notes),
        "clinic": _clinic(participants, notes),
        "clinician": clinician,
        "clinician_email": clinician_email,
        "brought_by_others": True if child else None,
        "attends": None if invited.attends else False,
        "cancelled_by": cancelled_by,
    }
    _note_declined(invited, status, notes)
    data = {name: value for name, value in found.items() if value is not None}
    return ReadResource(data, tuple(dict.fromkeys(notes)))


def _is_child(invited: _Invited, start: datetime | None, known: Mapping[str, BundleEntry], notes: list[str]) -> bool:
    """Whether the patient is under 18 on the day of it, as far as what came along tells."""
    born = [birth_date(word(came_along(one, known).get("birthDate")) or "") for one in invited.targets]
    if start is None or not any(is_child(one, start.date()) for one in born):
        return False
    notes.append("the patient is under 18 on that day: where missed, a person looks, and no text says so")
    return True


def _note_declined(invited: _Invited, status: AppointmentStatus, notes: list[str]) -> None:
    if invited.declined and status not in OVER:
        notes.append(f"the patient has declined, but the status is still {status}: left so")


def _status(resource: Mapping[str, Any]) -> AppointmentStatus | None:
    return next((status for status in AppointmentStatus if status.value == resource.get("status")), None)


def _taking_part(resource: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The participants; R5 names the patient in `subject` as well."""
    return [
        *records(resource.get("participant")),
        *({"actor": subject} for subject in records(resource.get("subject"))),
    ]


def _participant(participant: Mapping[str, Any], *known: Mapping[str, BundleEntry]) -> _Participant:
    actor = record(participant.get("actor"))
    return _Participant(
        target=resolve(actor, *known),
        display=word(actor.get("display")),
        urn=str(actor.get("reference") or "").startswith(("urn:", "#")),
        declined=participant.get("status") == "declined",
        informed_only=participant.get("required") == "information-only",
        leads="PPRF" in codes(participant.get("type"), PARTICIPATION),
    )


def _invited(participants: Iterable[_Participant], notes: list[str]) -> _Invited | UnusableResource:
    """The one patient of an appointment. Of several, the one who doesn't only get to know of it."""
    participants = tuple(participants)
    by_id = _by_name(one for one in participants if one.target.kind == "Patient")
    if by_id is None:
        return UnusableResource(NAMELESS)
    if not by_id:
        return UnusableResource(UNRESOLVED if any(map(_is_lost, participants)) else NO_PATIENT)
    attending = [name for name, found in by_id.items() if _attends(found)]
    if len(by_id) > 1 and len(attending) != 1:
        return UnusableResource(GROUP)
    return _invited_one(by_id, attending, notes)


def _by_name(patients: Iterable[_Participant]) -> dict[str, list[_Participant]] | None:
    """The patients by the names that their source has for them; None where one has none."""
    by_id: dict[str, list[_Participant]] = {}
    for one in patients:
        name = name_of(one.target)
        if name is None:
            return None
        by_id.setdefault(name, []).append(one)
    return by_id


def _attends(named: list[_Participant]) -> bool:
    return not all(one.informed_only for one in named)


def _is_lost(one: _Participant) -> bool:
    return one.target.kind is None and one.urn  # it should have come along


def _invited_one(by_id: Mapping[str, list[_Participant]], attending: list[str], notes: list[str]) -> _Invited:
    if len(by_id) > 1:
        notes.append("other patients are named for information only: left out")
    elif not attending:
        notes.append("the patient is named for information only: no messages")
    name = attending[0] if attending else next(iter(by_id))
    found = by_id[name]
    said = reference(name, [one.target for one in found], notes)
    return _Invited(said, bool(attending), any(one.declined for one in found), [one.target for one in found])


def _written(at: datetime | None) -> str | None:
    return written(at) if at else None


def _instant(resource: Mapping[str, Any], name: str, notes: list[str]) -> datetime | None:
    at = instant(resource.get(name))
    if at is None and resource.get(name) is not None:
        notes.append(f"{name} is no instant with a zone: left out")
    return at


def _end(resource: Mapping[str, Any], start: datetime | None, notes: list[str]) -> str | None:
    end = _instant(resource, "end", notes)
    if start is not None and end is not None and end < start:
        notes.append("end lies before start: left out")
        return None
    return _written(end)


def _created(resource: Mapping[str, Any], notes: list[str]) -> str | None:
    """The instant of the booking.

    A date without a time becomes the midnight (UTC) at which that day begins: the latest instant that no booking on
    that day precedes. Messages due earlier on that day are then sent at once, a few hours late. With the day's end, an
    appointment booked in the morning for the afternoon would count as booked after its start, and no message would go.
    """
    said = resource.get("created")
    if isinstance(said, str) and _DATE.fullmatch(said):
        try:
            day = datetime.combine(date.fromisoformat(said), time(), UTC)
        except ValueError:
            day = LATEST
        if EARLIEST <= day < LATEST:
            return written(day)
    return _written(_instant(resource, "created", notes))


def _clinic(participants: Iterable[_Participant], notes: list[str]) -> str | None:
    """The code of the place. Its display is not used: it is a label ("Renal dialysis F/Up") not meant for patients."""
    places = [p.target for p in participants if p.target.kind == "Location" and not p.declined]
    found = list(dict.fromkeys(code for t in places if (code := t.id or local(t.identifiers))))
    if not found:
        notes.append("no location: the source's own place is used")
    if len(found) > 1:
        notes.append("several locations: the first is used")
    return next(iter(found), None)


def _clinician(
    participants: Iterable[_Participant], known: Mapping[str, BundleEntry], inside: Mapping[str, BundleEntry]
) -> tuple[str | None, str | None]:
    """The clinician (the primary performer, v3 PPRF, else the first practitioner named), and their work e-mail.

    The address is that of the named clinician or None: a list of patients must not go to another person.
    """
    practitioners = [p for p in participants if p.target.kind in _PRACTITIONERS and not p.declined]
    ordered = sorted(practitioners, key=lambda p: (p.display is None, not p.leads))
    if not ordered:
        return None, None
    met = came_along(ordered[0].target, known)
    person = came_along(resolve(record(met.get("practitioner")), known, inside), known)  # of a PractitionerRole
    return ordered[0].display, work_email(met) or work_email(person)


def _cancelled_by(
    resource: Mapping[str, Any], status: AppointmentStatus, invited: _Invited, notes: list[str]
) -> str | None:
    """Who cancelled the appointment, from HL7's own codes alone (R5 spells the element with two l)."""
    if status is not AppointmentStatus.CANCELLED:
        return None
    said = resource.get("cancelationReason") or resource.get("cancellationReason")
    reasons = codes(said, CANCELLATION_REASONS)
    if DIED in reasons:
        invited.patient["deceased"] = True
        notes.append("cancelled because the patient has died: the patient counts as deceased")
    groups = {reason.split("-")[0] for reason in reasons}
    return next((who for group, who in _CANCELLERS.items() if group in groups), None)
