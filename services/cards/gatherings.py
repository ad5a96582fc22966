"""Reunions for organisers' lists: organiser, time and place; and the events of the same topic that no list needs."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, field_serializer, model_validator

from services.cards.listed import mailbox
from shared.clinic.courses import Reunion
from shared.clinic.patient import Contact, PatientReference
from shared.events.types import LONGEST_CODE, Code, EventData, Instant, Zone

KIND = "reunion"

STORED_FIELD = "organiser_domain"
"""A field of stored facts alone, by which a fact is distinguished from an event."""


class ListedReunion(EventData):
    """The fields of a reunion's event that a list needs.

    Attributes:
        kind: a reunion or a taster session.
        organiser_email: the address to which the list goes; stored encrypted with personal details, not here.
        organiser_domain: the domain of the address, in lower case; empty where there is no address.

    """

    status: Literal["planned", "cancelled", "entered-in-error"] = "planned"
    start: Instant
    end: Instant | None = None
    clinic: Code | None = None
    zone: Zone | None = None
    kind: Literal["reunion", "taster"] = "reunion"
    organiser_email: Code | None = Field(default=None, exclude=True, repr=False)
    organiser_domain: str = ""

    @field_serializer("zone", mode="wrap")
    def _zone_by_name(self, value: Any, handler: SerializerFunctionWrapHandler) -> Any:
        return None if value is None else handler(value.key)

    @model_validator(mode="before")
    @classmethod
    def _is_a_reunion(cls, data: Any) -> Any:
        """Validate an event as a whole reunion: an event that `reunions` refuses gives no list either."""
        if isinstance(data, Mapping) and STORED_FIELD in data and "capacity" not in data:
            return data
        reunion = Reunion.model_validate(data)
        email = mailbox(reunion.organiser_email)
        domain = email.rpartition("@")[2] if email else ""
        return {
            **{name: getattr(reunion, name) for name in cls.model_fields if name != STORED_FIELD},
            STORED_FIELD: domain,
        }

    @property
    def patient(self) -> PatientReference | None:
        """The recipient of the list: the organiser on the day of the reunion; None where no list is due.

        Like a clinician, an organiser counts as another person on every day.
        """
        email = mailbox(self.organiser_email)
        if email is None or self.status != "planned":
            return None
        name = f"organiser {email} {self.start.astimezone(self.zone or UTC):%Y-%m-%d}"
        contact = Contact(channel="email", value=email, may_answer=False)
        return PatientReference(id=name, contacts=(contact,)) if len(name) <= LONGEST_CODE else None

    def bare(self, reference: str) -> Self:
        """A copy without the address; the fact holds the recipient."""
        del reference
        return self.model_copy(update={"organiser_email": None})


class Unlisted(EventData):
    """A course or an enrolment, which is on no list: nothing of it is stored, and other planners validate it."""

    @property
    def patient(self) -> PatientReference | None:
        """None: it has no recipient."""
        return None

    def bare(self, reference: str) -> Self:
        """The event itself: it holds no data."""
        del reference
        return self
