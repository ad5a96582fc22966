"""What clinics publish: appointments and patients, each event the whole present state of one thing."""

from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, field_serializer, model_validator

from shared.wire import Code, Instant, Text, Wire, Zone

APPOINTMENTS = "clinic.appointments"
PATIENTS = "clinic.patients"


class AppointmentStatus(StrEnum):
    """FHIR R4 `appointmentstatus` (http://hl7.org/fhir/R4/valueset-appointmentstatus.html)."""

    PROPOSED = "proposed"
    PENDING = "pending"
    BOOKED = "booked"
    ARRIVED = "arrived"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"
    NOSHOW = "noshow"
    ENTERED_IN_ERROR = "entered-in-error"
    CHECKED_IN = "checked-in"
    WAITLIST = "waitlist"


WITH_A_START = frozenset(
    {AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN, AppointmentStatus.FULFILLED}
)


class Mode(StrEnum):
    """How patient and clinician meet."""

    IN_PERSON = "in-person"
    TELEPHONE = "telephone"
    VIDEO = "video"


class Contact(Wire):
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
messages as a signed video; whoever signs or speaks in the room is an `interpreter`; any support there, such as a
hearing loop or an advocate, is `support`, and neither of these two says how to write to the patient.
"""


class Details(Wire):
    """What is known of a person. A field that is absent is not known; an empty list is known to be empty."""

    nhs_number: Code | None = Field(default=None, repr=False)
    first_name: Text | None = Field(default=None, repr=False)
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
    """The patient of an appointment. Embedded details only fill gaps that `clinic.patients` leaves."""

    id: Code = Field(description="the patient's identifier at this source")


class Appointment(Wire):
    """`clinic.appointments`: one appointment."""

    status: AppointmentStatus
    patient: PatientReference
    start: Instant | None = None
    end: Instant | None = None
    created: Instant | None = Field(default=None, description="when it was booked (FHIR `created`)")
    mode: Mode = Mode.IN_PERSON
    clinic: Code | None = Field(
        default=None, description="the clinic's code, looked up in the registry of public names"
    )
    zone: Zone | None = Field(default=None, description="the clinic's time zone; else the registry's")
    clinician: Text | None = None
    attends: bool = Field(default=True, description="false where the patient is named for information only")
    cancelled_by: Literal["patient", "clinic"] | None = None

    @field_serializer("zone", mode="wrap")
    def _zone_by_name(self, value: Any, handler: SerializerFunctionWrapHandler) -> Any:
        return None if value is None else handler(value.key)

    @model_validator(mode="after")
    def _times_agree(self) -> Self:
        if self.start is None and self.status in WITH_A_START:
            message = f"an appointment that is {self.status} has a start"
            raise ValueError(message)
        if self.start is not None and self.end is not None and self.end < self.start:
            message = "the end lies before the start"
            raise ValueError(message)
        return self
