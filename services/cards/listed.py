"""An appointment as a clinician's list has it: whose list, when and where, and nothing of its patient."""

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

KEPT = "clinician_domain"
"""In what is kept, never in an event: by it the two are told apart."""


class ListedAppointment(EventData):
    """What a list needs of an appointment event.

    Attributes:
        clinician_email: where the list goes; kept with the details of people, sealed, and not here.
        clinician_domain: what stands behind its @, in small letters; empty where there is no address.

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
        """Hold an event against all that an appointment is.

        What one planner refuses, the other must not take for good news: a readable event ends what holds a thing.
        """
        if isinstance(data, Mapping) and KEPT in data and "patient" not in data:
            return data
        appointment = Appointment.model_validate(data)
        email = mailbox(appointment.clinician_email)
        domain = email.rpartition("@")[2] if email else ""
        return {**{name: getattr(appointment, name) for name in cls.model_fields if name != KEPT}, KEPT: domain}

    @property
    def patient(self) -> PatientReference | None:
        """Whose list it is on: the clinician's, on the day on which it begins; None where it is on nobody's.

        A clinician is another person every day, so that a plan is of one day's appointments, not of years of them.
        """
        email = mailbox(self.clinician_email)
        if email is None or self.start is None or self.status not in EXPECTED or not self.attends:
            return None
        name = f"clinician {email} {self.start.astimezone(self.zone or UTC):%Y-%m-%d}"
        contact = Contact(channel="email", value=email, may_answer=False)
        return PatientReference(id=name, contacts=(contact,)) if len(name) <= LONGEST_CODE else None

    def bare(self, reference: str) -> Self:
        """The same without the address; whose it is, the fact knows."""
        del reference
        return self.model_copy(update={"clinician_email": None})


def mailbox(email: str | None) -> str | None:
    """The address in small letters; None where there is none to which a letter could go."""
    return None if email is None else address_of(Contact(channel="email", value=email))
