"""Patients as clinics publish them: who they are, how they are reached, and what they need to read or hear."""

from typing import Literal, Self

from pydantic import Field

from shared.clinic.birth_date import BirthDate
from shared.events.types import Code, EventData, Text

PATIENTS = "clinic.patients"


class Contact(EventData):
    """One way to reach a patient; the order in a list is the patient's order of preference."""

    channel: Literal["sms", "email"]
    value: Code = Field(repr=False, description="a phone number as people write it, or an e-mail address")
    role: Literal["self", "carer"] = "self"
    may_receive: bool = True
    may_answer: bool = True


Need = Literal[
    # how to be contacted
    "text",
    "email",
    "telephone",
    "text-relay",
    "letter",
    # in which format to be written to
    "large-print",
    "braille",
    "moon",
    "audio",
    "easy-read",
    "bsl",
    "makaton",
    # who or what is there when they meet
    "interpreter",
    "support",
]
"""What a patient needs to be able to read or hear, by the categories of the NHS Accessible Information Standard.

It has four: a specific contact method, a specific information format, a communication professional, and communication
support (DCB1605, Specification, https://www.england.nhs.uk/accessibleinfo). Our codes are few: `bsl` and `makaton` are
messages as a signed video; a person who signs or speaks in the room is an `interpreter`; any support there, such as a
hearing loop or an advocate, is `support`, and neither of these two says how to write to the patient.
"""


class Details(EventData):
    """Details of a person. A field that is absent is unknown; an empty list is known to be empty."""

    nhs_number: Code | None = Field(default=None, repr=False)
    first_name: Text | None = Field(default=None, repr=False)
    birth_date: BirthDate | None = Field(
        default=None, repr=False, description="FHIR `date`: a day, or a month or a year where no more is known"
    )
    language: Literal["en", "cy", "both"] | None = None
    formats: tuple[Need, ...] | None = Field(
        default=None,
        max_length=20,
        repr=False,
        description="needs, of which any one met will do; an empty list: no such need",
    )
    contacts: tuple[Contact, ...] | None = Field(default=None, max_length=20)
    paused: bool | None = Field(
        default=None, description="an inpatient, bereaved, an unsafe phone: send nothing for now"
    )
    deceased: bool | None = None
    opt_outs: tuple[Literal["all", "appointments", "goals", "groups"], ...] | None = None


class Patient(Details):
    """`clinic.patients`: who a patient is, in the clinic's own words. Outranks details embedded elsewhere."""


class PatientReference(Details):
    """The patient of an appointment or a goal. Embedded details only fill gaps that `clinic.patients` leaves."""

    id: Code = Field(description="the patient's identifier at this source")


class OfPatient(EventData):
    """The state of a thing that belongs to a patient."""

    patient: PatientReference

    def refers(self, source: str) -> tuple[str, ...]:
        """The names of the shared things (courses) to which this one refers."""
        del source
        return ()

    def bare(self, reference: str) -> Self:
        """A copy in which a blind index stands for the patient's details: facts are stored so."""
        return self.model_copy(update={"patient": PatientReference(id=reference)})
