"""Appointments as clinics publish them: each event is the whole present state of one appointment."""

from enum import StrEnum
from typing import Any, Literal, Self

from pydantic import (
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    field_serializer,
    model_validator,
)

from shared.clinic.joining import JoinLink
from shared.clinic.patient import OfPatient
from shared.clinic.unread import Unread, UnreadReason, lenient
from shared.events.types import Code, Instant, Text, Zone

APPOINTMENTS = "clinic.appointments"


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


OPTIONAL = frozenset({"end", "created", "clinician", "clinician_email", "brought_by_others", "cancelled_by"})
"""What does not say whether, when, how and where a patient is expected: it is left out where it cannot be read."""


class Appointment(OfPatient):
    """`clinic.appointments`: one appointment."""

    status: AppointmentStatus
    start: Instant | None = None
    end: Instant | None = None
    created: Instant | None = Field(default=None, description="when it was booked (FHIR `created`)")
    mode: Mode = Mode.IN_PERSON
    join_link: JoinLink = Field(
        default=None, repr=False, description="the https address of a video appointment; another one is left out"
    )
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

    _unread: tuple[Unread, ...] = PrivateAttr(default=())

    @property
    def unread(self) -> tuple[Unread, ...]:
        """The details, of the patient as well, that came along and could not be read."""
        return (*self._unread, *super().unread)

    @model_validator(mode="wrap")
    @classmethod
    def _leniently(cls, value: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        if isinstance(value, cls):
            return value
        made, left_out = lenient(value, handler, OPTIONAL)
        if made.start is not None and made.end is not None and made.end < made.start:
            made = made.model_copy(update={"end": None})
            left_out = (*left_out, Unread("end", UnreadReason.BEFORE_START))
        made._unread = left_out  # noqa: SLF001 - its own
        return made

    def bare(self, reference: str) -> Self:
        """A copy without details of the patient and without the clinician's address, which is kept sealed elsewhere."""
        return super().bare(reference).model_copy(update={"clinician_email": None})

    @field_serializer("zone", mode="wrap")
    def _zone_by_name(self, value: Any, handler: SerializerFunctionWrapHandler) -> Any:
        return None if value is None else handler(value.key)

    @model_validator(mode="after")
    def _has_a_start(self) -> Self:
        if self.start is None and self.status in WITH_A_START:
            message = f"an appointment that is {self.status} has a start"
            raise ValueError(message)
        return self
