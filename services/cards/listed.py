"""Appointments for clinicians' lists: clinician, time and place, and nothing of the patient."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any, Self

from pydantic import Field, SerializerFunctionWrapHandler, field_serializer, model_validator

from shared.clinic.appointment import Appointment, AppointmentStatus, Mode
from shared.clinic.patient import Contact, PatientReference
from shared.events.types import LONGEST_CODE, Code, EventData, Instant, Zone
from shared.patients.person import address_of

KIND = "appointment"

EXPECTED = frozenset({AppointmentStatus.BOOKED, AppointmentStatus.CHECKED_IN})
"""Checked in is the paperwork, which many do from home days before."""

STORED_FIELD = "clinician_domain"
"""A field of stored facts alone, by which a fact is distinguished from an event."""


class ListedAppointment(EventData):
    """The fields of an appointment event that a list needs.

    Attributes:
        clinician_email: the address to which the list goes; stored encrypted with personal details, not here.
        clinician_domain: the domain of the address, in lower case; empty where there is no address.

    """

    status: AppointmentStatus
    start: Instant | None = None
    end: Instant | None = None
    mode: Mode = Mode.IN_PERSON
    clinic: Code | None = None
    zone: Zone | None = None
    attends: bool = True
    clinician_email: Code | None = Field(default=None, exclude=True, repr=False)
    clinician_domain: str = ""

    @field_serializer("zone", mode="wrap")
    def _zone_by_name(self, value: Any, handler: SerializerFunctionWrapHandler) -> Any:
        return None if value is None else handler(value.key)

    @model_validator(mode="before")
    @classmethod
    def _is_an_appointment(cls, data: Any) -> Any:
        """Validate an event as a whole appointment.

        An event that one planner refuses must not be accepted by another: a readable event ends the block of a thing.
        """
        if isinstance(data, Mapping) and STORED_FIELD in data and "patient" not in data:
            return data
        appointment = Appointment.model_validate(data)
        email = mailbox(appointment.clinician_email)
        domain = email.rpartition("@")[2] if email else ""
        return {
            **{name: getattr(appointment, name) for name in cls.model_fields if name != STORED_FIELD},
            STORED_FIELD: domain,
        }

    @property
    def patient(self) -> PatientReference | None:
        """The recipient of the list: the clinician on the day of the appointment; None where it is on no list.

        A clinician counts as another person on every day, so that a plan covers one day's appointments, not years.
        """
        email = mailbox(self.clinician_email)
        if email is None or self.start is None or self.status not in EXPECTED or not self.attends:
            return None
        name = f"clinician {email} {self.start.astimezone(self.zone or UTC):%Y-%m-%d}"
        contact = Contact(channel="email", value=email, may_answer=False)
        return PatientReference(id=name, contacts=(contact,)) if len(name) <= LONGEST_CODE else None

    def bare(self, reference: str) -> Self:
        """A copy without the address; the fact holds the recipient."""
        del reference
        return self.model_copy(update={"clinician_email": None})


def mailbox(email: str | None) -> str | None:
    """An e-mail address in lower case; None where there is none, or it is invalid."""
    return (
        None if email is None else address_of(Contact(channel="email", value=email), "GB")
    )  # of an address no country matters
