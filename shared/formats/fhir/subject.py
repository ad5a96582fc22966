"""Reads the patient of an Appointment or a Goal: the id at the source, and details that only this resource has."""

from collections.abc import Iterable
from typing import Any

from shared.formats.fhir.elements import Target, local, nhs
from shared.formats.fhir.patient import patient

NAMELESS = "its patient has neither an id nor an identifier that can be used: refer to the patient as Patient/{id}"
UNRESOLVED_SUBJECT = "its patient is named by a urn or # that is not in this document: send the whole Bundle"


def name_of(target: Target) -> str | None:
    """The patient's id at the source, else a local identifier, else the NHS number."""
    return target.id or local(target.identifiers) or nhs(target.identifiers, [])


def reference(name: str, targets: Iterable[Target], notes: list[str]) -> dict[str, Any]:
    """The patient's reference under this id, with the details that only the referring resource has."""
    data: dict[str, Any] = {"id": name}
    for target in targets:
        if target.resource is not None and target.id is None:  # contained: it is published nowhere else
            said = patient(target.resource)
            data |= said.data
            notes.extend(said.notes)
        elif number := nhs(target.identifiers, notes):
            data["nhs_number"] = number
    return data
