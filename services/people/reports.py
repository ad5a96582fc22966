"""What an event reports of a patient: whom, under which name, and which details."""

from collections.abc import Iterable, Mapping
from typing import Any

from shared.clinic import deaths
from shared.clinic.deaths import Notice
from shared.clinic.patient import Details, Patient
from shared.events.cloudevents import Event, EventKind
from shared.patients.identity import NHS, Name

KIND = "patient"
KINDS: Mapping[str, EventKind[Any]] = {"cocreate.patient.v1": EventKind(KIND, Patient), **deaths.KINDS}


def newest(events: Iterable[Event]) -> dict[str, Event]:
    """The newest event of each thing, by version; an older one that came late is dropped."""
    return {event.thing: event for event in sorted(events, key=lambda event: event.version.text)}


def name_of(event: Event) -> Name:
    """The name of an event's patient: an NHS number for the NHS's notice of death, else the source's own id."""
    number = deaths.number_of(event.thing) if event.kind == deaths.KIND else None
    if number is not None:
        return Name(NHS, number)
    source, _, patient_id = event.thing.rpartition(f"/{KIND}/")
    return Name(source, patient_id, event.data.nhs_number if isinstance(event.data, Patient) else None)


def named(thing: str) -> Name | None:
    """The name of an unreadable event's patient, from its thing alone; None where the thing names no patient."""
    number = deaths.number_of(thing)
    if number is not None:
        return Name(NHS, number)
    source, is_patient, patient_id = thing.rpartition(f"/{KIND}/")
    return Name(source, patient_id) if is_patient else None


def details_of(event: Event) -> Details | None:
    """The patient's details in an event; None where the event deletes the record."""
    match event.data:
        case Notice() as notice:
            return Details(deceased=notice.deceased)
        case Patient() as patient:
            return patient
        case _:
            return None
