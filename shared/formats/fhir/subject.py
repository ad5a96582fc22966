"""Reads the patient of an Appointment or a Goal: the id at the source, and details that only this resource has."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from shared.formats.fhir.elements import Target, local, nhs
from shared.formats.fhir.patient import patient

GROWN_UP = 18  # years (Children Act 1989, section 105: a child is under the age of eighteen)

_DATE = re.compile(
    r"(\d{4})(?:-(0[1-9]|1[0-2])(?:-(0[1-9]|[12]\d|3[01]))?)?", re.ASCII
)  # hl7.org/fhir/R4/datatypes.html#date

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


def is_child(resource: Mapping[str, Any], on: date) -> bool:
    """Whether a Patient is under 18 on a day; False where the birth date is unknown.

    Where only a year or a month of birth is known, its last day counts: better that a person looks once too often.
    """
    birth = resource.get("birthDate")
    found = _DATE.fullmatch(birth) if isinstance(birth, str) else None
    if found is None:
        return False
    year, month, day = int(found[1]), int(found[2] or 12), int(found[3] or 31)
    age = on.year - year - ((on.month, on.day) < (month, day))
    return 0 <= age < GROWN_UP
