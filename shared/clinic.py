"""What clinics publish: appointments, goals and patients, each event the whole present state of one thing."""

from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, field_serializer, model_validator

from shared.events.types import Code, Day, Instant, Text, Wire, Zone

APPOINTMENTS = "clinic.appointments"
GOALS = "clinic.goals"
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
    """The patient of an appointment or a goal. Embedded details only fill gaps that `clinic.patients` leaves."""

    id: Code = Field(description="the patient's identifier at this source")


class OfPatient(Wire):
    """The state of a thing that belongs to a patient."""

    patient: PatientReference

    def refers(self, source: str) -> tuple[str, ...]:
        """The names of the things of nobody's own to which it refers."""
        del source
        return ()

    def bare(self, reference: str) -> Self:
        """The same without details of the patient, who is known by a blind index instead: facts are kept so."""
        return self.model_copy(update={"patient": PatientReference(id=reference)})


class Appointment(OfPatient):
    """`clinic.appointments`: one appointment."""

    status: AppointmentStatus
    start: Instant | None = None
    end: Instant | None = None
    created: Instant | None = Field(default=None, description="when it was booked (FHIR `created`)")
    mode: Mode = Mode.IN_PERSON
    clinic: Code | None = Field(
        default=None, description="the clinic's code, looked up in the registry of public names"
    )
    zone: Zone | None = Field(default=None, description="the clinic's time zone; else the registry's")
    clinician: Text | None = None
    clinician_email: Code | None = Field(
        default=None, repr=False, description="where the clinician gets the list of the next working day"
    )
    brought_by_others: bool | None = Field(
        default=None,
        description="true for a child, or a person at risk: where missed, they were not brought, and a person looks",
    )
    attends: bool = Field(default=True, description="false where the patient is named for information only")
    cancelled_by: Literal["patient", "clinic"] | None = None

    def bare(self, reference: str) -> Self:
        """Without the clinician's address as well: their list keeps it, sealed."""
        return super().bare(reference).model_copy(update={"clinician_email": None})

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


class GoalStatus(StrEnum):
    """What became of a goal so far. FHIR's lifecycle and achievement (R4 `Goal`) are read as these."""

    ACTIVE = "active"
    ON_HOLD = "on-hold"
    ACHIEVED = "achieved"
    ABANDONED = "abandoned"
    REPLACED = "replaced"
    ENTERED_IN_ERROR = "entered-in-error"


class Goal(OfPatient):
    """`clinic.goals`: one goal that a patient has set. What the goal is stays with the clinic: no message names it."""

    status: GoalStatus = GoalStatus.ACTIVE
    set_on: Day = Field(description="the day on which it was set, by the clinic's calendar")
    review_on: Day | None = Field(default=None, description="the day agreed for asking how it went")
    confidence: int | None = Field(
        default=None, ge=0, le=10, description="how sure the patient was on that day: 0 not sure, 10 very sure"
    )
    clinic: Code | None = Field(
        default=None, description="the clinic's code, looked up in the registry of public names"
    )
    zone: Zone | None = Field(default=None, description="the clinic's time zone; else the registry's")

    @field_serializer("zone", mode="wrap")
    def _zone_by_name(self, value: Any, handler: SerializerFunctionWrapHandler) -> Any:
        return None if value is None else handler(value.key)

    @model_validator(mode="after")
    def _is_reviewed_later(self) -> Self:
        if self.review_on is not None and self.review_on < self.set_on:
            message = "the review lies before the day on which the goal was set"
            raise ValueError(message)
        return self
